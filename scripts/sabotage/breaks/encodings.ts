import type { Break } from "../break.ts";

const encodings = "packages/registry/src/encodings";
const core = "packages/core/src/encoding";
const tests = ["packages/registry/test/encoded-events.test.ts"];
const avroTests = ["packages/registry/test/avro-encoding.test.ts"];
const protobufTests = ["packages/registry/test/protobuf-encoding.test.ts"];

/** R1, R6, R14 for events in Avro and Protobuf. */
export const encodingBreaks: readonly Break[] = [
  {
    name: "numbers of 64 bits are rounded when they are read",
    rule: "R1",
    file: `${encodings}/problem-list.ts`,
    find: "if (!Number.isSafeInteger(number))",
    replace: "if (Number.isNaN(number))",
    tests: [...avroTests, ...protobufTests],
  },
  {
    name: "Avro is read as deep as somebody wrote it",
    rule: "R6",
    file: `${encodings}/avro/byte-reader.ts`,
    find: "if (this.#depth > deepestData)",
    replace: "if (this.#depth < 0)",
    tests: avroTests,
  },
  {
    name: "what Protobuf's Value holds is refused as something else where it is too deep",
    rule: "R1",
    file: `${encodings}/protobuf/well-known-messages.ts`,
    find: "if (isOfDepth(error)) throw",
    replace: "if (error === null) throw",
    tests: protobufTests,
  },
  {
    name: "properties without a field of Avro are lost",
    rule: "R1",
    file: `${encodings}/avro/avro-encoder.ts`,
    find: "if (!names.has(name) && value[name] !== undefined)",
    replace: "if (names.size === 0)",
    tests: avroTests,
  },
  {
    name: "plain fields of Protobuf may be left out",
    rule: "R1",
    file: `${encodings}/protobuf/message-of-data.ts`,
    find: "presence === Presence.IMPLICIT &&",
    replace: "presence === Presence.EXPLICIT &&",
    tests: protobufTests,
  },
  {
    name: "data is read by the reader's schema, whatever it was written with",
    rule: "R13",
    file: `${encodings}/avro/avro.ts`,
    find: "const from = typeOf(writer);",
    replace: "const from = type ?? typeOf(writer);",
    tests: avroTests,
  },
  {
    name: "what was encoded is not read again",
    rule: "R1",
    file: `${core}/encode-data.ts`,
    find: "readData(contract, contract.version, decoded(contract, encoding, bytes)",
    replace: "if (own === null) readData(contract, contract.version, decoded(contract, encoding, bytes)",
    tests,
  },
  {
    name: "an event of an unknown schema is a dead letter at once",
    rule: "R6",
    file: "packages/core/src/handling/outcome-book.ts",
    find: 'if (isThroughlineError(error, "EVENT_SCHEMA_UNKNOWN"))',
    replace: "if (error === null)",
    tests,
  },
  {
    name: "a registry that is away is a warning each time",
    rule: "R14",
    file: `${core}/encoded-schemas.ts`,
    find: "if (error !== null && !this.#isAway)",
    replace: "if (error !== null)",
    tests,
  },
  {
    name: "the ids of a lock hold everywhere",
    rule: "R13",
    file: `${core}/encoded-schemas.ts`,
    find: "if (lock === null || registry === null || lock.registry === registry.url) return lock;",
    replace: "if (lock === null || registry === null || lock.registry !== null) return lock;",
    tests,
  },
  {
    name: "old data is read as if it were new before it is lifted",
    rule: "R13",
    file: `${core}/decode-data.ts`,
    find: 'version === contract.version ? "reader" : "writer"',
    replace: '"reader"',
    tests,
  },
];
