import assert from "node:assert/strict";
import { test } from "node:test";
import { type DescFile, toJson } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { typeFiles } from "../src/compatibility/protobuf/google-types.ts";
import { wellKnownFile } from "../src/compatibility/protobuf/well-known-files.ts";

const folder = "@confluentinc/schemaregistry/dist";
/** Confluent's client has the first in an older form, without rules, and the other not at all. */
const notThere = ["confluent/meta.proto", "confluent/type/variant.proto"];

/** What stands on the wire, and in JSON. */
function wire(file: FileDescriptorProto): unknown {
  const {
    package: name,
    dependency = [],
    messageType,
    enumType,
    extension,
  } = toJson(FileDescriptorProtoSchema, file) as Record<string, never>;
  const parts = { name, dependency, messageType, enumType, extension };
  return JSON.parse(
    JSON.stringify(parts, (key, value: unknown) => (key === "options" || key === "jsonName" ? undefined : value)),
  );
}

test("the types that clients bring along are the same as theirs", async () => {
  let compared = 0;
  for (const name of typeFiles.keys()) {
    if (notThere.includes(name)) continue;
    const path = name.replace("confluent/type/", "confluent/types/").replace(".proto", "_pb.js");
    const module = (await import(`${folder}/${path}`)) as Record<string, DescFile>;
    const theirs = Object.entries(module).find(([each]) => each.startsWith("file_"))?.[1];
    assert.deepEqual(
      wire((wellKnownFile(name) as { file: FileDescriptorProto }).file),
      wire(theirs?.proto as FileDescriptorProto),
      name,
    );
    compared += 1;
  }
  assert.equal(compared, typeFiles.size - notThere.length);
});
