import type { DescMessage, Message, Registry } from "@bufbuild/protobuf";
import { isFieldSet } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  Edition,
  type EnumDescriptorProto,
  EnumOptionsSchema,
  EnumValueOptionsSchema,
  ExtensionRangeOptionsSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  type FileDescriptorProto,
  FileOptionsSchema,
  MessageOptionsSchema,
  MethodOptionsSchema,
  OneofOptionsSchema,
  type ServiceDescriptorProto,
  ServiceOptionsSchema,
  SymbolVisibility,
} from "@bufbuild/protobuf/wkt";
import { inPackage, jsonNameOf, largestNumber, nameOfScalar } from "./proto-names.ts";
import { writtenOptions } from "./proto-options.ts";
import { bytesOfLiteral, escapedBytes, floatText, literalOf } from "./proto-strings.ts";

/**
 * The text of a file, of which nothing but its meaning decides: names in full, no comments, one statement a line. Read again, it is
 * the same descriptor: message types keep their places, which records on a log refer to.
 * @param registry Of the extensions that options may name.
 */
export function printProto(file: FileDescriptorProto, registry: Registry): string {
  return new Printer(file, registry).file();
}

class Printer {
  readonly #file: FileDescriptorProto;
  readonly #registry: Registry;
  readonly #lines: string[] = [];
  #indent = "";

  constructor(file: FileDescriptorProto, registry: Registry) {
    this.#file = file;
    this.#registry = registry;
  }

  file(): string {
    const { syntax, edition, dependency, publicDependency, weakDependency, optionDependency } = this.#file;
    if (syntax === "editions") this.#say(`edition = "${Edition[edition]?.replace("EDITION_", "") ?? ""}";`);
    else this.#say(`syntax = "${syntax === "" ? "proto2" : syntax}";`);
    if (this.#file.package !== "") this.#say(`package ${this.#file.package};`);
    for (const [index, name] of dependency.entries()) {
      const how = publicDependency.includes(index) ? "public " : weakDependency.includes(index) ? "weak " : "";
      this.#say(`import ${how}${literalOf(name)};`);
    }
    for (const name of optionDependency) this.#say(`import option ${literalOf(name)};`);
    this.#options(FileOptionsSchema, this.#file.options, "");
    const groups = groupsOf(this.#file.extension);
    for (const each of this.#file.messageType) this.#type(each, groups, "");
    for (const each of this.#file.enumType) this.#enum(each, "");
    for (const each of this.#file.extension) if (each.type !== Type.GROUP) this.#extend(each, undefined, "");
    for (const each of this.#file.service) this.#service(each);
    return `${this.#lines.join("\n")}\n`;
  }

  #say(line: string): void {
    this.#lines.push(`${this.#indent}${line}`);
  }

  #block(head: string, inside: () => void): void {
    this.#say(`${head} {`);
    const outer = this.#indent;
    this.#indent = `${outer}  `;
    inside();
    this.#indent = outer;
    this.#say("}");
  }

  #options(schema: DescMessage, options: Message | undefined, place: string): void {
    for (const each of writtenOptions(schema, options, place, this.#registry)) this.#say(`option ${each};`);
  }

  #inBrackets(schema: DescMessage, options: Message | undefined, place: string, own: readonly string[] = []): string {
    const all = [...own, ...writtenOptions(schema, options, place, this.#registry)];
    return all.length === 0 ? "" : ` [${all.join(", ")}]`;
  }

  /** A message, or the extension that it is the group of. */
  #type(message: DescriptorProto, groups: ReadonlyMap<string, FieldDescriptorProto>, outer: string): void {
    const extension = groups.get(message.name);
    if (extension === undefined) this.#message(message, outer);
    else this.#extend(extension, message, outer);
  }

  #message(message: DescriptorProto, outer: string): void {
    this.#block(`${visibilityOf(message.visibility)}message ${message.name}`, () =>
      this.#body(message, `${outer}/${message.name}`),
    );
  }

  #body(message: DescriptorProto, place: string): void {
    this.#options(MessageOptionsSchema, message.options, place);
    const ranges = message.reservedRange.map(({ start, end }) => rangeOf(start, end - 1, largestNumber));
    this.#reserved(ranges, message.reservedName);
    for (const { start, end, options } of message.extensionRange)
      this.#say(
        `extensions ${rangeOf(start, end - 1, largestNumber)}${this.#inBrackets(ExtensionRangeOptionsSchema, options, place)};`,
      );
    const types = new NestedTypes(message, `.${inPackage(this.#file, place.slice(1).replaceAll("/", "."))}.`);
    const groups = groupsOf(message.extension);
    const ofOneof = Map.groupBy(message.field.filter(hasOneof), ({ oneofIndex }) => oneofIndex);
    const field = (each: FieldDescriptorProto, label: string): void => {
      for (const type of types.before(each)) this.#type(type, groups, place);
      this.#field(each, label, types.of(each), place);
    };
    const done = new Set<FieldDescriptorProto>();
    for (const each of message.field) {
      if (done.has(each)) continue;
      const oneof = hasOneof(each) && !each.proto3Optional ? message.oneofDecl[each.oneofIndex] : undefined;
      if (oneof === undefined) {
        field(each, labelOf(each, this.#file));
        continue;
      }
      const members = ofOneof.get(each.oneofIndex) ?? [];
      for (const member of members) for (const type of types.before(member)) this.#type(type, groups, place);
      this.#block(`oneof ${oneof.name}`, () => {
        this.#options(OneofOptionsSchema, oneof.options, `${place}/${oneof.name}`);
        for (const member of members) {
          done.add(member);
          field(member, "");
        }
      });
    }
    for (const type of types.rest()) this.#type(type, groups, place);
    for (const each of message.enumType) this.#enum(each, place);
    for (const each of message.extension) if (each.type !== Type.GROUP) this.#extend(each, undefined, place);
  }

  /** @param type Of a map's entries, or of a group. */
  #field(field: FieldDescriptorProto, label: string, type: DescriptorProto | undefined, place: string): void {
    const here = `${place}/${field.name}`;
    const own: string[] = [];
    if (isFieldSet(field, FieldDescriptorProtoSchema.field.defaultValue)) own.push(`default = ${defaultOf(field)}`);
    if (field.extendee === "" && field.jsonName !== "" && field.jsonName !== jsonNameOf(field.name))
      own.push(`json_name = ${literalOf(field.jsonName)}`);
    const options = this.#inBrackets(FieldOptionsSchema, field.options, here, own);
    if (type === undefined) this.#say(`${label}${typeOf(field)} ${field.name} = ${field.number}${options};`);
    else if (field.type === Type.GROUP)
      this.#block(`${label}group ${type.name} = ${field.number}${options}`, () => this.#body(type, `${place}/${type.name}`));
    else {
      const [key, value] = type.field;
      this.#say(
        `map<${key === undefined ? "" : typeOf(key)}, ${value === undefined ? "" : typeOf(value)}> ${field.name} = ${field.number}${options};`,
      );
    }
  }

  #extend(field: FieldDescriptorProto, type: DescriptorProto | undefined, place: string): void {
    this.#block(`extend ${field.extendee}`, () => this.#field(field, labelOf(field, this.#file), type, place));
  }

  #enum(type: EnumDescriptorProto, outer: string): void {
    const place = `${outer}/${type.name}`;
    this.#block(`${visibilityOf(type.visibility)}enum ${type.name}`, () => {
      this.#options(EnumOptionsSchema, type.options, place);
      const ranges = type.reservedRange.map(({ start, end }) => rangeOf(start, end, 2_147_483_647));
      this.#reserved(ranges, type.reservedName);
      for (const { name, number, options } of type.value)
        this.#say(`${name} = ${number}${this.#inBrackets(EnumValueOptionsSchema, options, `${place}/${name}`)};`);
    });
  }

  #reserved(ranges: readonly string[], names: readonly string[]): void {
    if (ranges.length > 0) this.#say(`reserved ${ranges.join(", ")};`);
    const isBare = this.#file.syntax === "editions";
    if (names.length > 0) this.#say(`reserved ${names.map((name) => (isBare ? name : literalOf(name))).join(", ")};`);
  }

  #service(service: ServiceDescriptorProto): void {
    this.#block(`service ${service.name}`, () => {
      this.#options(ServiceOptionsSchema, service.options, `/${service.name}`);
      for (const { name, inputType, outputType, clientStreaming, serverStreaming, options } of service.method) {
        const head = `rpc ${name}(${clientStreaming ? "stream " : ""}${inputType}) returns (${serverStreaming ? "stream " : ""}${outputType})`;
        const place = `/${service.name}/${name}`;
        if (writtenOptions(MethodOptionsSchema, options, place, this.#registry).length === 0) this.#say(`${head};`);
        else this.#block(head, () => this.#options(MethodOptionsSchema, options, place));
      }
    });
  }
}

/** The types inside of a message, in their order: those of maps and groups come with their fields. */
class NestedTypes {
  readonly #types: readonly DescriptorProto[];
  readonly #places = new Map<string, number>();
  readonly #ofFields = new Set<number>();
  #written = 0;

  /** @param prefix Of their full names. */
  constructor({ nestedType, field }: DescriptorProto, prefix: string) {
    this.#types = nestedType;
    for (const [index, { name }] of nestedType.entries()) this.#places.set(`${prefix}${name}`, index);
    for (const each of field) {
      const index = this.#indexOf(each);
      if (index !== undefined) this.#ofFields.add(index);
    }
  }

  of(field: FieldDescriptorProto): DescriptorProto | undefined {
    const index = this.#indexOf(field);
    return index === undefined ? undefined : this.#types[index];
  }

  /** What must be written before a field, so that everything keeps its place. */
  before(field: FieldDescriptorProto): DescriptorProto[] {
    return this.#until(this.#indexOf(field) ?? 0);
  }

  rest(): DescriptorProto[] {
    return this.#until(this.#types.length);
  }

  #until(end: number): DescriptorProto[] {
    const found: DescriptorProto[] = [];
    for (; this.#written < end; this.#written += 1) {
      const type = this.#types[this.#written];
      if (type !== undefined && !this.#ofFields.has(this.#written)) found.push(type);
    }
    return found;
  }

  #indexOf({ type, typeName }: FieldDescriptorProto): number | undefined {
    if (type !== Type.GROUP && type !== Type.MESSAGE) return undefined;
    const index = this.#places.get(typeName);
    const isOwn = index !== undefined && (type === Type.GROUP || this.#types[index]?.options?.mapEntry === true);
    return isOwn ? index : undefined;
  }
}

/** Extensions that are groups, by the names of those. */
function groupsOf(extensions: readonly FieldDescriptorProto[]): Map<string, FieldDescriptorProto> {
  const groups = extensions.filter(({ type }) => type === Type.GROUP);
  return new Map(groups.map((field) => [field.typeName.slice(field.typeName.lastIndexOf(".") + 1), field]));
}

const hasOneof = (field: FieldDescriptorProto): boolean => isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex);
const typeOf = ({ type, typeName }: FieldDescriptorProto): string => nameOfScalar(type) ?? typeName;

function labelOf({ label, proto3Optional }: FieldDescriptorProto, { syntax }: FileDescriptorProto): string {
  if (label === Label.REPEATED) return "repeated ";
  if (label === Label.REQUIRED) return "required ";
  return proto3Optional || syntax === "" ? "optional " : "";
}

function defaultOf({ type, defaultValue }: FieldDescriptorProto): string {
  if (type === Type.STRING) return literalOf(defaultValue);
  if (type === Type.BYTES) return `"${escapedBytes(bytesOfLiteral(`"${defaultValue}"`))}"`;
  if ((type === Type.DOUBLE || type === Type.FLOAT) && /\d/.test(defaultValue))
    return floatText(Number(defaultValue), type === Type.DOUBLE);
  return defaultValue;
}

function rangeOf(first: number, last: number, largest: number): string {
  if (first === last) return String(first);
  return `${first} to ${last === largest ? "max" : last}`;
}

function visibilityOf(visibility: SymbolVisibility): string {
  if (visibility === SymbolVisibility.VISIBILITY_EXPORT) return "export ";
  return visibility === SymbolVisibility.VISIBILITY_LOCAL ? "local " : "";
}
