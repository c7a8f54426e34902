import { create } from "@bufbuild/protobuf";
import {
  Edition,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileOptionsSchema,
  MethodDescriptorProtoSchema,
  MethodOptionsSchema,
  ServiceDescriptorProtoSchema,
  ServiceOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { extendIn, typeIn } from "./parse-message.ts";
import { type OptionText, optionOf } from "./parse-option.ts";
import { textOfLiterals } from "./proto-strings.ts";
import { ProtoTokens } from "./proto-tokens.ts";

export interface ParsedProto {
  /** Names of types stand in it as in the text, and options not at all. */
  readonly file: FileDescriptorProto;
  readonly options: readonly OptionText[];
}

/** A file that is being read. */
export interface Reading {
  readonly tokens: ProtoTokens;
  readonly file: FileDescriptorProto;
  readonly options: OptionText[];
}

/** Reads the text of a `.proto` file: proto2, proto3, and the editions 2023 and 2024. @throws SchemaInvalid */
export function parseProto(text: string, name: string): ParsedProto {
  const reading = { tokens: new ProtoTokens(text), file: create(FileDescriptorProtoSchema, { name }), options: [] };
  const { tokens, file } = reading;
  syntax(reading);
  while (tokens.next.kind !== "end") {
    if (tokens.takeIf(";")) continue;
    if (tokens.takeIf("import")) imported(reading);
    else if (tokens.takeIf("package")) {
      if (file.package !== "") tokens.fail("names a second package");
      file.package = tokens.fullName("the name of a package");
      tokens.expect(";");
    } else if (tokens.takeIf("option")) optionOf(reading, file, FileOptionsSchema, "");
    else if (tokens.takeIf("service")) service(reading);
    else if (tokens.takeIf("extend")) extendIn(reading, file.extension, { nestedType: file.messageType, place: "", depth: 0 });
    else if (!typeIn(reading, file.messageType, file.enumType, "", 0))
      tokens.unexpected("a message, an enum or another definition");
  }
  return reading;
}

function syntax({ tokens, file }: Reading): void {
  while (tokens.takeIf(";"));
  const word = ["syntax", "edition"].find((each) => tokens.takeIf(each));
  if (word === undefined) return;
  tokens.expect("=");
  const { offset } = tokens.next;
  const value = textOfLiterals(tokens.strings(`a text that names the ${word}`));
  if (word === "syntax") {
    if (value !== "proto2" && value !== "proto3") tokens.fail(`has the syntax "${value}", which is not proto2 or proto3`, offset);
    if (value === "proto3") file.syntax = value;
  } else {
    const edition = new Map([
      ["2023", Edition.EDITION_2023],
      ["2024", Edition.EDITION_2024],
    ]).get(value);
    if (edition === undefined) return tokens.fail(`has the edition "${value}", which is not 2023 or 2024`, offset);
    Object.assign(file, { syntax: "editions", edition });
  }
  tokens.expect(";");
}

function imported({ tokens, file }: Reading): void {
  const how = ["public", "weak", "option"].find((each) => tokens.takeIf(each));
  const name = textOfLiterals(tokens.strings("the name of a file"));
  tokens.expect(";");
  if (how === "option") {
    file.optionDependency.push(name);
    return;
  }
  if (how === "public") file.publicDependency.push(file.dependency.length);
  if (how === "weak") file.weakDependency.push(file.dependency.length);
  file.dependency.push(name);
}

function service(reading: Reading): void {
  const { tokens, file } = reading;
  const found = create(ServiceDescriptorProtoSchema, { name: tokens.name("the name of a service") });
  file.service.push(found);
  tokens.expect("{");
  while (!tokens.takeIf("}")) {
    if (tokens.takeIf(";")) continue;
    if (tokens.takeIf("option")) optionOf(reading, found, ServiceOptionsSchema, `/${found.name}`);
    else found.method.push(method(reading, found.name));
  }
}

function method(reading: Reading, ofService: string) {
  const { tokens } = reading;
  tokens.expect("rpc");
  const found = create(MethodDescriptorProtoSchema, { name: tokens.name("the name of a method") });
  const message = (): { isStream: boolean; name: string } => {
    tokens.expect("(");
    const isStream = tokens.takeIf("stream");
    const name = tokens.fullName("the name of a message", { mayBeAbsolute: true });
    tokens.expect(")");
    return { isStream, name };
  };
  const input = message();
  tokens.expect("returns");
  const output = message();
  Object.assign(found, { inputType: input.name, outputType: output.name });
  if (input.isStream) found.clientStreaming = true;
  if (output.isStream) found.serverStreaming = true;
  if (tokens.takeIf(";")) return found;
  tokens.expect("{");
  while (!tokens.takeIf("}")) {
    if (tokens.takeIf(";")) continue;
    tokens.expect("option");
    optionOf(reading, found, MethodOptionsSchema, `/${ofService}/${found.name}`);
  }
  return found;
}
