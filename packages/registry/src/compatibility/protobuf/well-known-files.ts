import { clone, type DescFile } from "@bufbuild/protobuf";
import {
  file_google_protobuf_any,
  file_google_protobuf_api,
  file_google_protobuf_compiler_plugin,
  file_google_protobuf_cpp_features,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_go_features,
  file_google_protobuf_java_features,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { typeFiles } from "./google-types.ts";
import { type LinkedProto, linkProto } from "./link-proto.ts";
import { parseProto } from "./parse-proto.ts";

const compiled = new Map<string, DescFile>(
  [
    file_google_protobuf_any,
    file_google_protobuf_api,
    file_google_protobuf_compiler_plugin,
    file_google_protobuf_cpp_features,
    file_google_protobuf_descriptor,
    file_google_protobuf_duration,
    file_google_protobuf_empty,
    file_google_protobuf_field_mask,
    file_google_protobuf_go_features,
    file_google_protobuf_java_features,
    file_google_protobuf_source_context,
    file_google_protobuf_struct,
    file_google_protobuf_timestamp,
    file_google_protobuf_type,
    file_google_protobuf_wrappers,
  ].map((file) => [file.proto.name, file]),
);
const linked = new Map<string, LinkedProto>();

/** A file that each compiler, or each client of Confluent's, brings along, so that nobody registers it; null for others. */
export function wellKnownFile(name: string): LinkedProto | null {
  const known = linked.get(name);
  if (known !== undefined) return known;
  const [file, text] = [compiled.get(name), typeFiles.get(name)];
  if (file === undefined && text === undefined) return null;
  const parsed =
    file === undefined ? parseProto(text ?? "", name) : { file: clone(FileDescriptorProtoSchema, file.proto), options: [] };
  const imports = parsed.file.dependency.flatMap((each) => wellKnownFile(each) ?? []);
  const found = linkProto(parsed, imports);
  linked.set(name, found);
  return found;
}
