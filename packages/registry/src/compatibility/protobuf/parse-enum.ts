import { create } from "@bufbuild/protobuf";
import {
  EnumDescriptorProto_EnumReservedRangeSchema,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  EnumValueDescriptorProtoSchema,
  EnumValueOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { type OptionText, optionOf, optionsOf } from "./parse-option.ts";
import { reservedIn } from "./parse-reserved.ts";
import type { ProtoTokens } from "./proto-tokens.ts";

const largestInt = 2_147_483_647;

/** An enum, after the word `enum`. */
export function enumOf(
  reading: { readonly tokens: ProtoTokens; readonly options: OptionText[] },
  place: string,
): EnumDescriptorProto {
  const { tokens } = reading;
  const found = create(EnumDescriptorProtoSchema, { name: tokens.name("the name of an enum") });
  const here = `${place}/${found.name}`;
  tokens.expect("{");
  while (!tokens.takeIf("}")) {
    if (tokens.takeIf(";")) continue;
    if (tokens.takeIf("option")) optionOf(reading, found, EnumOptionsSchema, here);
    else if (tokens.takeIf("reserved"))
      reservedIn(tokens, found.reservedName, -largestInt - 1, largestInt, ([start, end]) =>
        found.reservedRange.push(create(EnumDescriptorProto_EnumReservedRangeSchema, { start, end })),
      );
    else {
      const value = create(EnumValueDescriptorProtoSchema, { name: tokens.name("the name of a value") });
      found.value.push(value);
      tokens.expect("=");
      value.number = tokens.integer("the number of a value");
      if (value.number !== (value.number | 0)) tokens.fail(`has a value whose number ${value.number} is no int32`);
      optionsOf(reading, value, EnumValueOptionsSchema, `${here}/${value.name}`);
      tokens.expect(";");
    }
  }
  return found;
}
