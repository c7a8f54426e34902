import { create, createFileRegistry, type FileRegistry, isFieldSet } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  FieldDescriptorProto_Type as Type,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { SchemaInvalid } from "../schema-invalid.ts";
import type { ParsedProto } from "./parse-proto.ts";
import { inPackage } from "./proto-names.ts";
import { addOption, namesExtension } from "./proto-options.ts";

type Kind = "message" | "enum" | "extension";

interface Defined {
  readonly kind: Kind;
  /** Of an enum. It is closed when what is not one of them is no value: those of proto2. */
  readonly values?: ReadonlySet<string>;
  readonly isClosed?: boolean;
}

/** Types that have a name. */
const named = new Set([Type.MESSAGE, Type.GROUP, Type.ENUM]);

/** A file whose names are resolved: each type is named in full, with a dot before it. */
export interface LinkedProto {
  readonly file: FileDescriptorProto;
  /** What it defines, by full names. */
  readonly types: ReadonlyMap<string, Defined>;
  readonly imports: readonly LinkedProto[];
}

/** Resolves the names in a file, and puts its options in. @param imports In the order of the file's own. @throws SchemaInvalid */
export function linkProto({ file, options }: ParsedProto, imports: readonly LinkedProto[]): LinkedProto {
  const linked: LinkedProto = { file, types: typesOf(file), imports };
  const scope = new Scope(linked);
  for (const option of options) {
    if (option.path[0]?.name === "map_entry" && !option.path[0].isExtension)
      throw new SchemaInvalid(option.place, "has the option map_entry, which is for compilers: say map<…>");
    if (!namesExtension(option)) addOption(option, (name) => name);
  }
  scope.resolveAll();
  const custom = options.filter(namesExtension);
  if (custom.length > 0) {
    const registry = registryOf(linked);
    for (const option of custom) {
      const [first] = option.path;
      const extendee =
        first?.isExtension === true ? registry.getExtension(scope.extension(first.name, option.place))?.extendee : undefined;
      if (first !== undefined && extendee !== undefined && extendee.typeName !== option.schema.typeName)
        throw new SchemaInvalid(option.place, `has the option (${first.name}), which is one of ${extendee.typeName}`);
      addOption(option, (name) => scope.extension(name, option.place), registry);
    }
  }
  return linked;
}

/** Descriptors of a file and all that it imports. @throws SchemaInvalid */
export function registryOf(linked: LinkedProto): FileRegistry {
  const seen = new Set<LinkedProto>();
  // Each after those that it imports.
  const inOrder: FileDescriptorProto[] = [];
  const add = (each: LinkedProto): void => {
    if (seen.has(each)) return;
    seen.add(each);
    each.imports.forEach(add);
    inOrder.push(each.file);
  };
  add(linked);
  try {
    return createFileRegistry(create(FileDescriptorSetSchema, { file: inOrder }));
  } catch (error) {
    throw new SchemaInvalid("", `cannot be understood: ${(error as Error).message}`);
  }
}

function typesOf(file: FileDescriptorProto): Map<string, Defined> {
  const found = new Map<string, Defined>();
  const add = (name: string, defined: Defined, place: string): string => {
    if (found.has(name)) throw new SchemaInvalid(place, "is defined twice");
    found.set(name, defined);
    return name;
  };
  const addEnum = ({ name, value }: EnumDescriptorProto, outer: string, place: string): void => {
    const values = new Set(value.map((each) => each.name));
    add(`${outer}${name}`, { kind: "enum", values, isClosed: file.syntax === "" }, `${place}/${name}`);
  };
  const addMessage = (message: DescriptorProto, outer: string, place: string): void => {
    const here = `${place}/${message.name}`;
    const name = `${add(`${outer}${message.name}`, { kind: "message" }, here)}.`;
    for (const each of message.nestedType) addMessage(each, name, here);
    for (const each of message.enumType) addEnum(each, name, here);
    for (const each of message.extension) add(`${name}${each.name}`, { kind: "extension" }, `${here}/${each.name}`);
  };
  const prefix = inPackage(file, "");
  for (const each of file.messageType) addMessage(each, prefix, "");
  for (const each of file.enumType) addEnum(each, prefix, "");
  for (const each of file.extension) add(`${prefix}${each.name}`, { kind: "extension" }, `/${each.name}`);
  return found;
}

/** What a file can see: what it defines, what it imports, and what those import `public`. */
class Scope {
  readonly #linked: LinkedProto;
  readonly #seen = new Map<string, Defined>();

  constructor(linked: LinkedProto) {
    this.#linked = linked;
    const added = new Set<LinkedProto>();
    const add = (each: LinkedProto): void => {
      if (added.has(each)) return;
      added.add(each);
      for (const [name, defined] of each.types) this.#seen.set(name, defined);
      const isPublic = new Set(each.file.publicDependency);
      for (const [index, other] of each.imports.entries()) if (each === linked || isPublic.has(index)) add(other);
    };
    add(linked);
  }

  resolveAll(): void {
    const { file } = this.#linked;
    for (const each of file.messageType) this.#message(each, inPackage(file, each.name), `/${each.name}`);
    for (const each of file.extension) this.#field(each, file.package, `/${each.name}`);
    for (const { name: ofService, method } of file.service)
      for (const each of method) {
        const place = `/${ofService}/${each.name}`;
        const scope = inPackage(file, ofService);
        each.inputType = `.${this.#find(each.inputType, scope, place, ["message"])}`;
        each.outputType = `.${this.#find(each.outputType, scope, place, ["message"])}`;
      }
  }

  /** The full name of an extension that an option names. */
  extension(name: string, place: string): string {
    const { file } = this.#linked;
    return this.#find(name, inPackage(file, place.slice(1).replaceAll("/", ".")), place, ["extension"]);
  }

  #message(message: DescriptorProto, name: string, place: string): void {
    for (const each of message.field) this.#field(each, name, `${place}/${each.name}`);
    for (const each of message.extension) this.#field(each, name, `${place}/${each.name}`);
    for (const each of message.nestedType) this.#message(each, `${name}.${each.name}`, `${place}/${each.name}`);
  }

  #field(field: FieldDescriptorProto, scope: string, place: string): void {
    if (field.extendee !== "") field.extendee = `.${this.#find(field.extendee, scope, place, ["message"])}`;
    const { type } = FieldDescriptorProtoSchema.field;
    const isNamed = field.typeName !== "";
    if (isFieldSet(field, type) && isNamed !== named.has(field.type))
      throw new SchemaInvalid(place, "has a type that does not go with its name");
    if (!isNamed) {
      if (!isFieldSet(field, type)) throw new SchemaInvalid(place, "has no type");
      return;
    }
    const found = this.#find(field.typeName, scope, place, ["message", "enum"]);
    const { kind, values, isClosed } = this.#seen.get(found) ?? {};
    field.typeName = `.${found}`;
    if (isClosed === true && this.#linked.file.syntax === "proto3")
      throw new SchemaInvalid(place, `is the enum ${found} of a file in proto2, which proto3 does not allow`);
    if (!isFieldSet(field, type)) field.type = kind === "enum" ? Type.ENUM : Type.MESSAGE;
    else if ((field.type === Type.ENUM) !== (kind === "enum"))
      throw new SchemaInvalid(place, `says that ${found} is something else than it is`);
    if (isFieldSet(field, FieldDescriptorProtoSchema.field.defaultValue) && values?.has(field.defaultValue) !== true)
      throw new SchemaInvalid(place, `has the default ${field.defaultValue}, which ${found} does not have`);
  }

  /** From the inside to the outside, as the language has it. */
  #find(name: string, scope: string, place: string, kinds: readonly Kind[]): string {
    const isThere = (full: string): boolean => kinds.some((kind) => kind === this.#seen.get(full)?.kind);
    if (name.startsWith(".")) {
      if (isThere(name.slice(1))) return name.slice(1);
    } else
      for (let outer = scope; ; outer = outer.slice(0, Math.max(outer.lastIndexOf("."), 0))) {
        const full = outer === "" ? name : `${outer}.${name}`;
        if (isThere(full)) return full;
        if (outer === "") break;
      }
    const what = kinds.includes("extension") ? "the option" : "the type";
    throw new SchemaInvalid(place, `names ${what} ${name}, which is defined neither here nor in a file that is imported`);
  }
}
