import { create } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProto_ExtensionRangeSchema,
  DescriptorProto_ReservedRangeSchema,
  DescriptorProtoSchema,
  Edition,
  type EnumDescriptorProto,
  ExtensionRangeOptionsSchema,
  type FieldDescriptorProto,
  type FileDescriptorProto,
  MessageOptionsSchema,
  OneofDescriptorProtoSchema,
  OneofOptionsSchema,
  SymbolVisibility,
} from "@bufbuild/protobuf/wkt";
import { enumOf } from "./parse-enum.ts";
import { type FieldScope, fieldOf } from "./parse-field.ts";
import { type OptionText, optionOf, optionsOf } from "./parse-option.ts";
import { rangesOf, reservedIn } from "./parse-reserved.ts";
import { largestNumber } from "./proto-names.ts";
import type { ProtoTokens } from "./proto-tokens.ts";

interface Reading {
  readonly tokens: ProtoTokens;
  readonly file: FileDescriptorProto;
  readonly options: OptionText[];
}

/** Deeper than any schema that is written by people. */
const deepestMessage = 64;

/** A message or an enum, if one comes next. */
export function typeIn(
  reading: Reading,
  messages: DescriptorProto[],
  enums: EnumDescriptorProto[],
  place: string,
  depth: number,
): boolean {
  const { tokens, file } = reading;
  const isShown = file.edition >= Edition.EDITION_2024 && (tokens.is("export") || tokens.is("local"));
  const visibility = isShown
    ? { visibility: tokens.take().text === "export" ? SymbolVisibility.VISIBILITY_EXPORT : SymbolVisibility.VISIBILITY_LOCAL }
    : {};
  if (tokens.takeIf("enum")) enums.push(Object.assign(enumOf(reading, place), visibility));
  else if (tokens.takeIf("message")) {
    const message = create(DescriptorProtoSchema, { name: tokens.name("the name of a message"), ...visibility });
    messages.push(message);
    body(reading, message, `${place}/${message.name}`, depth + 1);
  } else return false;
  return true;
}

/** `extend Message { … }`. */
export function extendIn(reading: Reading, into: FieldDescriptorProto[], scope: Omit<FieldScope, "body">): void {
  const { tokens } = reading;
  const extendee = tokens.fullName("the name of a message", { mayBeAbsolute: true });
  tokens.expect("{");
  while (!tokens.takeIf("}")) {
    if (tokens.takeIf(";")) continue;
    into.push(Object.assign(fieldOf(reading, { ...scope, body }), { extendee }));
  }
}

function body(reading: Reading, message: DescriptorProto, place: string, depth: number): void {
  const { tokens } = reading;
  const { field, nestedType, enumType, extension } = message;
  if (depth > deepestMessage) tokens.fail(`is nested deeper than ${deepestMessage} messages`);
  tokens.expect("{");
  while (!tokens.takeIf("}")) {
    if (tokens.takeIf(";") || typeIn(reading, nestedType, enumType, place, depth)) continue;
    if (tokens.takeIf("option")) optionOf(reading, message, MessageOptionsSchema, place);
    else if (tokens.takeIf("extend")) extendIn(reading, extension, { nestedType, place, depth });
    else if (tokens.takeIf("extensions")) extensionsIn(reading, message, place);
    else if (tokens.takeIf("reserved"))
      reservedIn(tokens, message.reservedName, 1, largestNumber, ([start, last]) =>
        message.reservedRange.push(create(DescriptorProto_ReservedRangeSchema, { start, end: last + 1 })),
      );
    else if (tokens.takeIf("oneof")) oneofIn(reading, message, place, depth);
    else field.push(fieldOf(reading, { nestedType, place, depth, body }));
  }
  addOneofsOfCompiler(message);
}

function oneofIn(reading: Reading, message: DescriptorProto, place: string, depth: number): void {
  const { tokens } = reading;
  const oneof = create(OneofDescriptorProtoSchema, { name: tokens.name("the name of a oneof") });
  const oneofIndex = message.oneofDecl.push(oneof) - 1;
  const { nestedType } = message;
  tokens.expect("{");
  while (!tokens.takeIf("}")) {
    if (tokens.takeIf(";")) continue;
    if (tokens.takeIf("option")) optionOf(reading, oneof, OneofOptionsSchema, `${place}/${oneof.name}`);
    else message.field.push(Object.assign(fieldOf(reading, { nestedType, place, depth, body, isInOneof: true }), { oneofIndex }));
  }
}

/** For the compiler, what is `optional` in proto3 is alone in a oneof; these come after all others. */
function addOneofsOfCompiler(message: DescriptorProto): void {
  const names = new Set([...message.field, ...message.oneofDecl].map(({ name }) => name));
  for (const field of message.field) {
    if (!field.proto3Optional) continue;
    let name = field.name.startsWith("_") ? field.name : `_${field.name}`;
    while (names.has(name)) name = `X${name}`;
    names.add(name);
    field.oneofIndex = message.oneofDecl.push(create(OneofDescriptorProtoSchema, { name })) - 1;
  }
}

function extensionsIn(reading: Reading, message: DescriptorProto, place: string): void {
  const ranges = rangesOf(reading.tokens, 1, largestNumber).map(([start, last]) =>
    create(DescriptorProto_ExtensionRangeSchema, { start, end: last + 1 }),
  );
  message.extensionRange.push(...ranges);
  const [first, ...others] = ranges;
  const before = reading.options.length;
  if (first !== undefined) optionsOf(reading, first, ExtensionRangeOptionsSchema, place);
  // They are said once, and hold for each of the ranges.
  const said = reading.options.slice(before);
  for (const holder of others) reading.options.push(...said.map((option) => ({ ...option, holder })));
  reading.tokens.expect(";");
}
