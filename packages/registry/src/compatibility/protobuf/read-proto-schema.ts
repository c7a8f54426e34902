import { type DescFile, type FileRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { SchemaInvalid } from "../schema-invalid.ts";
import { checkProto } from "./check-proto.ts";
import { type LinkedProto, linkProto, registryOf } from "./link-proto.ts";
import { normalizedProto } from "./normalize-proto.ts";
import { type ParsedProto, parseProto } from "./parse-proto.ts";
import { printProto } from "./print-proto.ts";
import { jsonNameOf, schemaFile } from "./proto-names.ts";
import { wellKnownFile } from "./well-known-files.ts";

/** More than any schema imports. */
const mostFiles = 500;

/** A `.proto` file with all that it imports. */
export class ProtoSchema {
  readonly descriptor: DescFile;
  /** Of all types that the file and its imports define. */
  readonly registry: FileRegistry;
  readonly #linked: LinkedProto;
  #written: string | undefined;

  /** @throws SchemaInvalid */
  constructor(linked: LinkedProto) {
    this.#linked = linked;
    this.registry = registryOf(linked);
    this.descriptor = this.registry.getFile(linked.file.name) as DescFile;
  }

  /** The same for all texts and descriptors that say the same, whatever their white space, comments, and short names. */
  get written(): string {
    return (this.#written ??= printProto(this.#linked.file, this.registry));
  }

  /** The same, whatever the order of what needs none. */
  get normalized(): string {
    return printProto(normalizedProto(this.#linked.file), this.registry);
  }

  /** A `FileDescriptorProto`. */
  get bytes(): Uint8Array {
    return toBinary(FileDescriptorProtoSchema, this.#linked.file);
  }
}

/**
 * Reads the text of a `.proto` file (proto2, proto3, editions 2023 and 2024), or a `FileDescriptorProto` in base64.
 * @param references The same, by the names under which files import them; Google's well-known types need none.
 * @throws SchemaInvalid
 */
export function readProtoSchema(
  text: string,
  { references = new Map() }: { references?: ReadonlyMap<string, unknown> } = {},
): ProtoSchema {
  if (text.trim() === "") throw new SchemaInvalid("", "defines nothing");
  try {
    const linked = new Importer(references).read(text, schemaFile, []);
    checkUnique(linked);
    return new ProtoSchema(linked);
  } catch (error) {
    if (error instanceof RangeError) throw new SchemaInvalid("", "is nested too deep to be read");
    throw error;
  }
}

/** Whether a text is a descriptor in base64, and no `.proto` file. */
export function isDescriptor(text: string): boolean {
  return text.length > 0 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

class Importer {
  readonly #references: ReadonlyMap<string, unknown>;
  readonly #read = new Map<string, LinkedProto>();

  constructor(references: ReadonlyMap<string, unknown>) {
    this.#references = references;
  }

  read(text: string, name: string, open: readonly string[]): LinkedProto {
    const parsed = isDescriptor(text) ? fromDescriptor(text, name) : parseProto(text, name);
    const imports = parsed.file.dependency.map((each) => this.#imported(each, open));
    for (const each of parsed.file.optionDependency) this.#imported(each, open);
    const linked = linkProto(parsed, imports);
    checkProto(linked.file);
    return linked;
  }

  #imported(name: string, open: readonly string[]): LinkedProto {
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    if (open.includes(name)) throw new SchemaInvalid("", `has imports that go in a circle: ${[...open, name].join(" → ")}`);
    if (this.#read.size + open.length >= mostFiles) throw new SchemaInvalid("", `imports more than ${mostFiles} files`);
    const text = this.#references.get(name);
    if (text !== undefined && typeof text !== "string")
      throw new SchemaInvalid("", `imports ${JSON.stringify(name)}, which is no Protobuf`);
    const file = text === undefined ? wellKnownFile(name) : this.#named(name, text, [...open, name]);
    if (file === null) throw new SchemaInvalid("", `imports ${JSON.stringify(name)}, which is not among its references`);
    this.#read.set(name, file);
    return file;
  }

  #named(name: string, text: string, open: readonly string[]): LinkedProto {
    try {
      return this.read(text, name, open);
    } catch (error) {
      if (!(error instanceof SchemaInvalid) || open.length > 1) throw error;
      throw new SchemaInvalid(error.pointer, `${error.what} (in ${name}, which it imports)`);
    }
  }
}

function fromDescriptor(text: string, name: string): ParsedProto {
  let file: FileDescriptorProto;
  try {
    file = fromBinary(FileDescriptorProtoSchema, Buffer.from(text, "base64"));
  } catch (error) {
    throw new SchemaInvalid("", `is no .proto file and no descriptor of one: ${(error as Error).message}`);
  }
  delete file.sourceCodeInfo;
  if (file.syntax === "proto2") file.syntax = "";
  file.messageType.forEach(nameInJson);
  return { file: Object.assign(file, { name }), options: [] };
}

/** As the compiler hands it on: some leave out what follows from the name. */
function nameInJson({ field, nestedType }: DescriptorProto): void {
  for (const each of field) if (each.jsonName === "") each.jsonName = jsonNameOf(each.name);
  nestedType.forEach(nameInJson);
}

/** Two files that define the same name cannot be used together. */
function checkUnique(linked: LinkedProto): void {
  const definedIn = new Map<string, string>();
  const seen = new Set<LinkedProto>();
  const add = (each: LinkedProto): void => {
    if (seen.has(each)) return;
    seen.add(each);
    for (const name of each.types.keys()) {
      const other = definedIn.get(name);
      if (other !== undefined)
        throw new SchemaInvalid(
          "",
          `defines ${name} twice: in ${[other, each.file.name].map((file) => (file === schemaFile ? "the schema itself" : file)).join(" and in ")}`,
        );
      definedIn.set(name, each.file.name);
    }
    each.imports.forEach(add);
  };
  add(linked);
}
