import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openSqliteRegistryStore, Registry, registryApp } from "../src/index.ts";
import { confluentCases, type ProtobufCase, strictCases } from "./vectors/protobuf-cases.ts";

/** Asks a registry, over its HTTP API, whether the new schema of a case may follow the old one, and why not. */
async function newChecker(level: "BACKWARD" | "FORWARD") {
  const registry = new Registry(await openSqliteRegistryStore(":memory:"));
  const app = registryApp(registry);
  const send = async (method: "POST" | "PUT", url: string, payload: object): Promise<Record<string, unknown>> => {
    const response = await app.inject({ method, url, payload });
    assert.equal(response.statusCode, 200, response.body);
    return JSON.parse(response.body) as Record<string, unknown>;
  };
  let subjects = 0;
  const schemaOf = async (schema: string, files: Readonly<Record<string, string>> = {}): Promise<object> => {
    const references: object[] = [];
    for (const [name, text] of Object.entries(files)) {
      const subject = `file-${(subjects += 1)}`;
      await send("POST", `/subjects/${subject}/versions`, { schemaType: "PROTOBUF", schema: text });
      references.push({ name, subject, version: 1 });
    }
    return { schemaType: "PROTOBUF", schema, references };
  };
  return {
    async kinds({ old, new: candidate, oldFiles, newFiles }: ProtobufCase): Promise<string[]> {
      const subject = `case-${(subjects += 1)}`;
      await send("PUT", `/config/${subject}`, { compatibility: level });
      const [first, next] = [await schemaOf(old, oldFiles), await schemaOf(candidate, newFiles)];
      await send("POST", `/subjects/${subject}/versions`, level === "BACKWARD" ? first : next);
      const asked = level === "BACKWARD" ? next : first;
      const verdict = await send("POST", `/compatibility/subjects/${subject}/versions?verbose=true`, asked);
      const differences = verdict["differences"] as { kind: string; message: string; direction: string }[];
      assert.equal(verdict["is_compatible"], differences.length === 0);
      for (const { message, direction } of differences) {
        assert.match(message, level === "BACKWARD" ? /the new schema/ : /version 1/);
        assert.equal(direction, level.toLowerCase());
      }
      return differences.map(({ kind }) => kind).toSorted();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await app.close();
      await registry.close();
    },
  };
}

describe("Protobuf: what Confluent's registry accepts and refuses", () => {
  it(`all ${confluentCases.length} verdicts are the same, with the same kinds of difference`, async () => {
    await using checker = await newChecker("BACKWARD");
    assert.equal(confluentCases.length, 55);
    for (const each of confluentCases) assert.deepEqual(await checker.kinds(each), each.kinds.toSorted(), each.what);
  });

  it("forward, the sides change places, and the verdict is the same", async () => {
    await using checker = await newChecker("FORWARD");
    for (const each of confluentCases) assert.deepEqual(await checker.kinds(each), each.kinds.toSorted(), each.what);
  });

  it("what it does not compare, and readers would lose or refuse, is refused", async () => {
    await using checker = await newChecker("BACKWARD");
    for (const each of strictCases) assert.deepEqual(await checker.kinds(each), each.kinds.toSorted(), each.what);
  });
});
