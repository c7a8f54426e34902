import { create } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  type FileDescriptorProto,
  MessageOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { type OptionText, optionsOf } from "./parse-option.ts";
import { jsonNameOf, mapEntryName, scalarNamed } from "./proto-names.ts";
import { bytesOfLiteral, escapedBytes, floatText, textOfLiterals } from "./proto-strings.ts";
import type { ProtoTokens } from "./proto-tokens.ts";

interface Reading {
  readonly tokens: ProtoTokens;
  readonly file: FileDescriptorProto;
  readonly options: OptionText[];
}

export interface FieldScope {
  /** Where the type of a map's entries, or of a group, is put. */
  readonly nestedType: DescriptorProto[];
  readonly place: string;
  readonly depth: number;
  readonly isInOneof?: boolean;
  /** Reads the braces of a group. */
  readonly body: (reading: Reading, message: DescriptorProto, place: string, depth: number) => void;
}

/** A field, from its label or type to its end. */
export function fieldOf(reading: Reading, scope: FieldScope): FieldDescriptorProto {
  const { tokens, file } = reading;
  const { offset } = tokens.next;
  const label = ["optional", "required", "repeated"].find((each) => tokens.takeIf(each));
  if (label !== undefined && scope.isInOneof === true)
    tokens.fail(`has "${label}" in a oneof, whose fields have no label`, offset);
  const field = create(FieldDescriptorProtoSchema, {
    label: label === "repeated" ? Label.REPEATED : label === "required" ? Label.REQUIRED : Label.OPTIONAL,
  });
  if (label === "optional" && file.syntax === "proto3") field.proto3Optional = true;
  const type = tokens.fullName("the type of a field", { mayBeAbsolute: true });
  if (type === "map" && tokens.is("<")) {
    if (label !== undefined || scope.isInOneof === true) tokens.fail("has a map with a label, or in a oneof", offset);
    map(reading, field, scope);
  } else {
    if (label === undefined && file.syntax === "" && scope.isInOneof !== true)
      tokens.fail("has a field without optional, required or repeated, one of which proto2 asks for", offset);
    if (type === "group" && tokens.next.kind === "word") return group(reading, field, scope);
    const scalar = scalarNamed(type);
    if (scalar === undefined) field.typeName = type;
    else field.type = scalar;
    field.name = tokens.name("the name of a field");
    numbered(reading, field, scope.place);
  }
  tokens.expect(";");
  return field;
}

/** `= 1 [name = value]`. */
function numbered(reading: Reading, field: FieldDescriptorProto, place: string): void {
  const { tokens } = reading;
  tokens.expect("=");
  field.number = tokens.integer("the number of a field");
  field.jsonName = jsonNameOf(field.name);
  optionsOf(reading, field, FieldOptionsSchema, `${place}/${field.name}`, (name) => {
    if (name !== "default" && name !== "json_name") return false;
    tokens.take();
    tokens.expect("=");
    if (name === "json_name") field.jsonName = textOfLiterals(tokens.strings("a name"));
    else field.defaultValue = defaultOf(tokens, field.type);
    return true;
  });
}

/** As descriptors have it. */
function defaultOf(tokens: ProtoTokens, type: Type): string {
  if (tokens.next.kind === "string") {
    const literals = tokens.strings("a value");
    return type === Type.BYTES ? escapedBytes(Buffer.concat(literals.map(bytesOfLiteral))) : textOfLiterals(literals);
  }
  const sign = tokens.takeIf("-") ? "-" : "";
  const { kind, text } = tokens.next;
  if (kind === "word") return `${sign}${tokens.take().text}`;
  if (kind !== "number") tokens.unexpected("a value");
  tokens.take();
  if (type === Type.FLOAT || type === Type.DOUBLE)
    return `${sign}${floatText(Number(/^0x/i.test(text) ? text : text.replace(/f$/i, "")), type === Type.DOUBLE)}`;
  const digits = /^0\d/.test(text) ? `0o${text.slice(1)}` : text;
  return /^(?:0[xX][\da-fA-F]+|0o[0-7]+|\d+)$/.test(digits) ? `${sign}${BigInt(digits)}` : `${sign}${text}`;
}

function map(reading: Reading, field: FieldDescriptorProto, { nestedType, place }: FieldScope): void {
  const { tokens } = reading;
  tokens.expect("<");
  const entry = (name: string, number: number): FieldDescriptorProto => {
    const type = tokens.fullName(`the type of the ${name}s of a map`, { mayBeAbsolute: true });
    const scalar = scalarNamed(type);
    return create(FieldDescriptorProtoSchema, {
      name,
      number,
      label: Label.OPTIONAL,
      jsonName: name,
      ...(scalar === undefined ? { typeName: type } : { type: scalar }),
    });
  };
  const key = entry("key", 1);
  tokens.expect(",");
  const value = entry("value", 2);
  tokens.expect(">");
  field.name = tokens.name("the name of a field");
  const name = mapEntryName(field.name);
  nestedType.push(
    create(DescriptorProtoSchema, { name, field: [key, value], options: create(MessageOptionsSchema, { mapEntry: true }) }),
  );
  Object.assign(field, { label: Label.REPEATED, type: Type.MESSAGE, typeName: name });
  numbered(reading, field, place);
}

function group(
  reading: Reading,
  field: FieldDescriptorProto,
  { nestedType, place, depth, body }: FieldScope,
): FieldDescriptorProto {
  const { tokens, file } = reading;
  if (file.syntax !== "") tokens.fail("has a group, which only proto2 has");
  const name = tokens.name("the name of a group");
  if (!/^[A-Z]/.test(name)) tokens.fail(`has a group ${name}, whose name must begin with a capital letter`);
  Object.assign(field, { name: name.toLowerCase(), type: Type.GROUP, typeName: name });
  numbered(reading, field, place);
  const message = create(DescriptorProtoSchema, { name });
  nestedType.push(message);
  body(reading, message, `${place}/${name}`, depth + 1);
  return field;
}
