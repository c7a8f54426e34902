import type { Break } from "../break.ts";

const tests = ["packages/registry/test/soundness.test.ts"];

/** What lets a change through that breaks a consumer. */
export const registryBreaks: readonly Break[] = [
  {
    name: "branches of oneOf that overlap are let through",
    rule: "R13",
    file: "packages/registry/src/compatibility/json-schema/choice-rules.ts",
    find: "other === branch || prover.isEmpty(known.and([other]), depth)",
    replace: "other === branch || true",
    tests,
  },
  {
    name: "properties that nobody speaks of are not compared",
    rule: "R13",
    file: "packages/registry/src/compatibility/json-schema/object-rules.ts",
    find: "if (additionalProperties === null) return found;",
    replace: "if (additionalProperties !== undefined) return found;",
    tests,
  },
  {
    name: "a required property is not asked for",
    rule: "R13",
    file: "packages/registry/src/compatibility/json-schema/object-rules.ts",
    find: "if (!facts.required.has(name))",
    replace: "if (name === null)",
    tests,
  },
  {
    name: "a schema that holds itself is taken for proven where it stands",
    rule: "R13",
    file: "packages/registry/src/compatibility/json-schema/containment.ts",
    find: "depth >= depth)\n        return [this.say",
    replace: "depth > depth)\n        return [this.say",
    tests: ["packages/registry/test/bounds.test.ts"],
  },
  {
    name: "the id of a schema that is gone means another one",
    rule: "R13",
    file: "packages/registry/src/registry/sqlite-registry-store.ts",
    find: "SELECT last_id FROM contexts WHERE context = ?",
    replace: "SELECT max(schema_id) AS last_id FROM versions WHERE context = ?",
    tests: ["packages/registry/test/api.test.ts"],
  },
  {
    name: "a text for a number is let through in Protobuf",
    rule: "R13",
    file: "packages/registry/src/compatibility/protobuf/proto-places.ts",
    find: '  string: "text",',
    replace: '  string: "number",',
    tests: ["packages/registry/test/protobuf-vectors.test.ts"],
  },
  {
    name: "fields of Protobuf that exclude one another now are let through",
    rule: "R13",
    file: "packages/registry/src/compatibility/protobuf/proto-differences.ts",
    find: "if (together.size < 2) return;",
    replace: "if (together.size < 200) return;",
    tests: ["packages/registry/test/protobuf-vectors.test.ts"],
  },
  {
    name: "messages of imported files are not compared",
    rule: "R13",
    file: "packages/registry/src/compatibility/protobuf/proto-differences.ts",
    find: "reader: after, place",
    replace: "reader: before, place",
    tests: ["packages/registry/test/protobuf-vectors.test.ts"],
  },
  {
    name: "the same Protobuf has another id with other white space",
    rule: "R13",
    file: "packages/registry/src/registry/schema-kinds.ts",
    find: "(isNormalized ? schema.normalized : schema.written)",
    replace: "(isNormalized ? schema.normalized : text)",
    tests: ["packages/registry/test/api.test.ts"],
  },
  {
    name: "message types of Protobuf lose their places when they are written",
    rule: "R13",
    file: "packages/registry/src/compatibility/protobuf/print-proto.ts",
    find: "return this.#until(this.#indexOf(field) ?? 0);",
    replace: "return this.#until(field.number > 0 ? 0 : 1);",
    tests: ["packages/registry/test/protobuf.test.ts"],
  },
];
