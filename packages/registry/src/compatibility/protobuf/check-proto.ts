import { isFieldSet } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { SchemaInvalid } from "../schema-invalid.ts";
import { largestNumber } from "./proto-names.ts";

const nameRule = /^[A-Za-z_]\w*$/;
const keys = new Set([Type.DOUBLE, Type.FLOAT, Type.BYTES, Type.GROUP, Type.MESSAGE, Type.ENUM]);

/** What the language asks of a file whose names are resolved, so that each compiler takes it. @throws SchemaInvalid */
export function checkProto(file: FileDescriptorProto): void {
  if (file.package !== "" && !file.package.split(".").every((part) => nameRule.test(part)))
    throw new SchemaInvalid("", `has a package whose name is none: ${JSON.stringify(file.package)}`);
  checkNames(
    [...file.messageType, ...file.enumType, ...file.enumType.flatMap(({ value }) => value), ...file.extension, ...file.service],
    "",
  );
  for (const each of file.messageType) checkMessage(each, file.syntax, "");
  for (const each of file.enumType) checkEnum(each, file.syntax, "");
  for (const each of file.extension) checkNumber(each, `/${each.name}`);
  for (const { name, method } of file.service) checkNames(method, `/${name}`);
}

/** Names of one scope: the values of an enum stand beside it. */
function checkNames(all: readonly { readonly name: string }[], place: string): void {
  const seen = new Set<string>();
  for (const { name } of all) {
    if (!nameRule.test(name)) throw new SchemaInvalid(place, `defines ${JSON.stringify(name)}, which is no name`);
    if (seen.has(name)) throw new SchemaInvalid(`${place}/${name}`, "is defined twice");
    seen.add(name);
  }
}

function checkMessage(message: DescriptorProto, syntax: string, outer: string): void {
  const place = `${outer}/${message.name}`;
  const { field, oneofDecl, nestedType, enumType, extension } = message;
  checkNames(
    [...field, ...oneofDecl, ...nestedType, ...enumType, ...enumType.flatMap(({ value }) => value), ...extension],
    place,
  );
  const reserved = new Set(message.reservedName);
  const ranges = [...message.reservedRange, ...message.extensionRange].toSorted((a, b) => a.start - b.start);
  const numbers = new Map<number, string>();
  const members = oneofDecl.map(() => 0);
  for (const each of field) {
    const here = `${place}/${each.name}`;
    checkField(each, syntax, here);
    const other = numbers.get(each.number);
    if (other !== undefined) throw new SchemaInvalid(here, `has the number ${each.number}, which ${other} has`);
    numbers.set(each.number, each.name);
    if (reserved.has(each.name) || isIn(ranges, each.number))
      throw new SchemaInvalid(here, `has a name or a number (${each.number}) that ${message.name} reserves`);
    if (isFieldSet(each, FieldDescriptorProtoSchema.field.oneofIndex)) {
      if (members[each.oneofIndex] === undefined) throw new SchemaInvalid(here, "is in a oneof that is not there");
      members[each.oneofIndex] = (members[each.oneofIndex] ?? 0) + 1;
    }
  }
  for (const [index, { name }] of oneofDecl.entries())
    if (members[index] === 0) throw new SchemaInvalid(`${place}/${name}`, "is a oneof without fields");
  if (syntax === "proto3" && message.extensionRange.length > 0)
    throw new SchemaInvalid(place, "has extensions, which proto3 does not have");
  for (const each of extension) checkNumber(each, `${place}/${each.name}`);
  for (const each of nestedType) checkMessage(each, syntax, place);
  for (const each of enumType) checkEnum(each, syntax, place);
  for (const { options, field: entry, name } of nestedType)
    if (options?.mapEntry === true && (entry.length !== 2 || keys.has(entry[0]?.type ?? Type.GROUP)))
      throw new SchemaInvalid(`${place}/${name}`, "is a map whose keys are no whole numbers, booleans or strings");
}

function checkField(field: FieldDescriptorProto, syntax: string, place: string): void {
  checkNumber(field, place);
  if (syntax !== "proto3") return;
  if (field.label === Label.REQUIRED) throw new SchemaInvalid(place, "is required, which proto3 does not have");
  if (isFieldSet(field, FieldDescriptorProtoSchema.field.defaultValue))
    throw new SchemaInvalid(place, "has a default, which proto3 does not have");
}

function checkNumber({ number }: FieldDescriptorProto, place: string): void {
  if (number < 1 || number > largestNumber)
    throw new SchemaInvalid(place, `has the number ${number}; it may be 1 to ${largestNumber}`);
  if (number >= 19_000 && number < 20_000)
    throw new SchemaInvalid(place, `has the number ${number}; 19000 to 19999 are for Protocol Buffers itself`);
}

function checkEnum(
  { name, value, options, reservedName, reservedRange }: EnumDescriptorProto,
  syntax: string,
  outer: string,
): void {
  const place = `${outer}/${name}`;
  if (value.length === 0) throw new SchemaInvalid(place, "is an enum without values");
  if (syntax === "proto3" && value[0]?.number !== 0) throw new SchemaInvalid(place, "is an enum whose first value is not 0");
  const numbers = new Map<number, string>();
  const reserved = new Set(reservedName);
  const ranges = reservedRange.map(({ start, end }) => ({ start, end: end + 1 })).toSorted((a, b) => a.start - b.start);
  for (const each of value) {
    const other = numbers.get(each.number);
    if (other !== undefined && options?.allowAlias !== true)
      throw new SchemaInvalid(
        `${place}/${each.name}`,
        `has the number ${each.number}, which ${other} has (allow_alias allows it)`,
      );
    numbers.set(each.number, each.name);
    if (reserved.has(each.name) || isIn(ranges, each.number))
      throw new SchemaInvalid(`${place}/${each.name}`, `has a name or a number (${each.number}) that ${name} reserves`);
  }
}

/** @param ranges By their starts; their ends are not in them. */
function isIn(ranges: readonly { readonly start: number; readonly end: number }[], number: number): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.start ?? 0) <= number) low = middle + 1;
    else high = middle;
  }
  return low > 0 && number < (ranges[low - 1]?.end ?? 0);
}
