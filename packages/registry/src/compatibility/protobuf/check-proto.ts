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
import { largestNumber, mapEntryName } from "./proto-names.ts";

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
  checkGroups(file.extension, file.messageType, "");
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
  const ranges = inOrder([...message.reservedRange, ...message.extensionRange], place);
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
  for (const each of field)
    if (each.proto3Optional && (syntax !== "proto3" || members[each.oneofIndex] !== 1))
      throw new SchemaInvalid(`${place}/${each.name}`, "is optional as in proto3, and not alone in a oneof of its own");
  for (const [index, { name }] of oneofDecl.entries())
    if (members[index] === 0) throw new SchemaInvalid(`${place}/${name}`, "is a oneof without fields");
  if (syntax === "proto3" && message.extensionRange.length > 0)
    throw new SchemaInvalid(place, "has extensions, which proto3 does not have");
  for (const each of extension) checkNumber(each, `${place}/${each.name}`);
  checkGroups([...field, ...extension], nestedType, place);
  for (const each of nestedType) checkMessage(each, syntax, place);
  for (const each of enumType) checkEnum(each, syntax, place);
  for (const each of nestedType) if (each.options?.mapEntry === true) checkMap(each, field, place);
}

/** A group is a field and its type at once, which stand beside one another. */
function checkGroups(fields: readonly FieldDescriptorProto[], types: readonly DescriptorProto[], place: string): void {
  const names = new Set(types.map(({ name }) => name));
  for (const { type, name, typeName } of fields) {
    const own = typeName.slice(typeName.lastIndexOf(".") + 1);
    if (type === Type.GROUP && (!names.has(own) || own.toLowerCase() !== name))
      throw new SchemaInvalid(`${place}/${name}`, "is a group that is not called as its type, or not beside it");
  }
}

/** What stands in a descriptor for a map is what `map<…>` would have made. */
function checkMap(
  { name, field: [key, value, ...others] }: DescriptorProto,
  fields: readonly FieldDescriptorProto[],
  outer: string,
): void {
  const place = `${outer}/${name}`;
  if (keys.has(key?.type ?? Type.GROUP))
    throw new SchemaInvalid(place, "is a map whose keys are no whole numbers, booleans or strings");
  const of = fields.filter(({ typeName }) => typeName.endsWith(`.${name}`));
  const isMap =
    of.length === 1 &&
    of[0]?.label === Label.REPEATED &&
    mapEntryName(of[0].name) === name &&
    [key?.name, key?.number, value?.name, value?.number].join(" ") === "key 1 value 2" &&
    value?.label === Label.OPTIONAL &&
    others.length === 0;
  if (!isMap) throw new SchemaInvalid(place, "is the type of a map's entries, and no map is as it says");
}

function checkField(field: FieldDescriptorProto, syntax: string, place: string): void {
  checkNumber(field, place);
  if (isFieldSet(field, FieldDescriptorProtoSchema.field.defaultValue) && !isDefault(field))
    throw new SchemaInvalid(place, `has the default ${JSON.stringify(field.defaultValue)}, which is no value of its type`);
  if (syntax !== "proto3") return;
  if (field.label === Label.REQUIRED) throw new SchemaInvalid(place, "is required, which proto3 does not have");
  if (isFieldSet(field, FieldDescriptorProtoSchema.field.defaultValue))
    throw new SchemaInvalid(place, "has a default, which proto3 does not have");
}

const bits = new Map<Type, readonly [low: bigint, high: bigint]>([
  ...[Type.INT32, Type.SINT32, Type.SFIXED32].map((type) => [type, [-(2n ** 31n), 2n ** 31n]] as const),
  ...[Type.INT64, Type.SINT64, Type.SFIXED64].map((type) => [type, [-(2n ** 63n), 2n ** 63n]] as const),
  ...[Type.UINT32, Type.FIXED32].map((type) => [type, [0n, 2n ** 32n]] as const),
  ...[Type.UINT64, Type.FIXED64].map((type) => [type, [0n, 2n ** 64n]] as const),
]);

function isDefault({ type, label, defaultValue }: FieldDescriptorProto): boolean {
  if (label === Label.REPEATED || type === Type.MESSAGE || type === Type.GROUP) return false;
  if (type === Type.BOOL) return defaultValue === "true" || defaultValue === "false";
  if (type === Type.DOUBLE || type === Type.FLOAT)
    return /^-?(?:inf|nan)$/.test(defaultValue) || (defaultValue !== "" && !Number.isNaN(Number(defaultValue)));
  const range = bits.get(type);
  if (range === undefined) return true;
  return /^-?\d{1,20}$/.test(defaultValue) && BigInt(defaultValue) >= range[0] && BigInt(defaultValue) < range[1];
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
  const ranges = inOrder(
    reservedRange.map(({ start, end }) => ({ start, end: end + 1 })),
    place,
  );
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

interface Range {
  readonly start: number;
  /** Not in it. */
  readonly end: number;
}

function inOrder(ranges: readonly Range[], place: string): Range[] {
  const ordered = ranges.toSorted((a, b) => a.start - b.start);
  for (const [index, { start, end }] of ordered.entries()) {
    const before = ordered[index - 1];
    if (start >= end || (before !== undefined && start < before.end))
      throw new SchemaInvalid(place, `has ranges of numbers that are none or overlap, at ${start}`);
  }
  return ordered;
}

/** @param ranges In order. */
function isIn(ranges: readonly Range[], number: number): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.start ?? 0) <= number) low = middle + 1;
    else high = middle;
  }
  return low > 0 && number < (ranges[low - 1]?.end ?? 0);
}
