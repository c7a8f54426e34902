import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { publisherSchema, readerSchema } from "throughline/contracts";
import { sizes } from "../../../e2e/sizes.ts";
import { checkCompatibility, openSqliteRegistryStore, Registry, registryApp } from "../src/index.ts";
import { SchemaMaker } from "./schema-maker.ts";

const order = (properties: object, required: readonly string[] = ["id"], more: object = {}): Record<string, unknown> => ({
  type: "object",
  properties: { id: { type: "string" }, ...properties },
  required,
  ...more,
});
const note = { note: { type: "string" } };
const full = (old: object, candidate: object, policy: "STRICT" | "LENIENT" = "LENIENT") =>
  checkCompatibility({
    type: "JSON",
    level: "FULL_TRANSITIVE",
    policy,
    candidate: { schema: candidate },
    versions: [{ version: 1, schema: old }],
  });

describe("the lenient policy", () => {
  for (const [what, more] of [
    ["open", {}],
    ["closed", { additionalProperties: false }],
    ["draft-07", { $schema: "http://json-schema.org/draft-07/schema#" }],
  ] as const)
    test(`lets an optional property come and go in ${what} schemas, which the strict one refuses`, () => {
      const [without, having] = [order({}, ["id"], more), order(note, ["id"], more)];
      assert.deepEqual(full(without, having), []);
      assert.deepEqual(full(having, without), []);
      assert.notDeepEqual(full(without, having, "STRICT"), []);
    });

  test("lets it come in one of several alternatives, and in a part of a composed object", () => {
    const union = (more: object) => ({
      oneOf: [order({ kind: { const: "card" }, ...more }, ["id", "kind"]), order({ kind: { const: "cash" } }, ["id", "kind"])],
    });
    const composed = (more: object) => ({
      allOf: [{ $ref: "#/$defs/base" }, order(more)],
      $defs: { base: { type: "object", properties: { tenant: { type: "string" } } } },
    });
    for (const shape of [union, composed]) {
      assert.deepEqual(full(shape({}), shape(note)), []);
      assert.deepEqual(full(shape(note), shape({})), []);
    }
  });

  test("refuses what breaks a reader all the same, with the place in the schema that was given", () => {
    assert.partialDeepStrictEqual(full(order({}), order(note, ["id", "note"])), [
      { kind: "required_added", path: "/note", pointer: "/required", direction: "backward" },
    ]);
    assert.partialDeepStrictEqual(full(order(note), order({ note: { type: "integer" } })), [
      { kind: "type_narrowed", pointer: "/properties/note/type", direction: "backward" },
      { kind: "type_narrowed", pointer: "/properties/note/type", direction: "forward" },
    ]);
    const union = (type: string) => ({ oneOf: [order({ a: { type } }), { type: "null" }] });
    assert.equal(full(union("string"), union("integer"))[0]?.pointer, "/oneOf");
  });

  test("takes an object that says which other properties it takes at its word", () => {
    const loose = order({}, ["id"], { additionalProperties: true });
    assert.partialDeepStrictEqual(full(loose, order(note)), [{ path: "/note", direction: "backward" }]);
  });

  test("knows the names that unevaluatedProperties leaves only where they can be counted", () => {
    const candidate = { type: "object", properties: { x1: { type: "integer" } } };
    const closedWith = (part: object) => ({
      type: "object",
      properties: { id: { type: "string" } },
      allOf: [part],
      unevaluatedProperties: false,
    });
    const reads = (old: object) =>
      checkCompatibility({
        type: "JSON",
        level: "BACKWARD",
        candidate: { schema: candidate },
        versions: [{ version: 1, schema: old }],
      });
    assert.deepEqual(reads(closedWith({ properties: { y: { type: "string" } } })), []);
    for (const part of [
      { patternProperties: { "^x": { type: "string" } } },
      { additionalProperties: { type: "string" } },
      { unevaluatedProperties: { type: "string" } },
      { anyOf: [{ properties: { x1: { type: "string" } } }, {}] },
      { if: { properties: { x1: { type: "string" } } } },
    ])
      assert.notDeepEqual(reads(closedWith(part)), [], JSON.stringify(part));
    // No keyword of its draft: it restricts nothing.
    const seven = { $schema: "http://json-schema.org/draft-07/schema#", ...closedWith({}) };
    assert.notDeepEqual(reads(seven), []);
  });

  test("rules over HTTP where it is set, is answered, and goes with the configuration", async () => {
    const registry = new Registry(await openSqliteRegistryStore(":memory:"));
    const app = registryApp(registry);
    const call = async (method: "GET" | "PUT" | "POST" | "DELETE", url: string, payload?: object) => {
      const response = await app.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
      return JSON.parse(response.body) as Record<string, unknown>;
    };
    const asked = (schema: object) => ({ schemaType: "JSON", schema: JSON.stringify(schema) });
    await call("PUT", "/config/s", { compatibility: "FULL_TRANSITIVE", compatibilityPolicy: "lenient" });
    assert.deepEqual(await call("GET", "/config/s"), { compatibilityLevel: "FULL_TRANSITIVE", compatibilityPolicy: "LENIENT" });
    assert.deepEqual(await call("GET", "/config"), { compatibilityLevel: "BACKWARD" });
    await call("POST", "/subjects/s/versions", asked(order({})));
    assert.deepEqual(await call("POST", "/subjects/s/versions", asked(order(note))), { id: 2 });
    assert.equal((await call("POST", "/subjects/s/versions", asked(order(note, ["id", "note"]))))["error_code"], 409);
    assert.equal((await call("PUT", "/config/s", { compatibilityPolicy: "SOME" }))["error_code"], 42_203);
    await call("DELETE", "/config/s");
    assert.equal((await call("POST", "/subjects/s/versions", asked(order({}, ["id", "x"]))))["error_code"], 409);
    await call("PUT", "/config", { compatibilityPolicy: "LENIENT" });
    assert.deepEqual(await call("GET", "/config"), { compatibilityLevel: "BACKWARD", compatibilityPolicy: "LENIENT" });
    await app.close();
    await registry.close();
  });
});

test("a registry's file from before there was a policy gets a place for it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-registry-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "registry.db");
  const older = new DatabaseSync(file);
  older.exec(`CREATE TABLE settings (
    context TEXT NOT NULL, subject TEXT NOT NULL, level TEXT, mode TEXT, normalize INTEGER, PRIMARY KEY (context, subject)
  ) STRICT, WITHOUT ROWID; INSERT INTO settings VALUES ('.', 's', 'FULL', NULL, NULL)`);
  older.close();
  for (const policy of [null, "LENIENT"] as const) {
    const registry = new Registry(await openSqliteRegistryStore(file));
    const { own } = await registry.settings({ context: ".", name: "s" });
    assert.deepEqual([own.level, own.policy], ["FULL", policy]);
    await registry.changeSettings({ context: ".", name: "s" }, { policy: "LENIENT" });
    await registry.close();
  }
});

const pairs = sizes({ test: 1_500, soak: 30_000 });

test(`of ${pairs} pairs of schemas none goes with the lenient policy whose reader refuses what a publisher may write`, () => {
  const seed = Number(process.env["THROUGHLINE_SCHEMAS_SEED"] ?? 20_261_127);
  const make = new SchemaMaker(seed);
  const ajv = new Ajv2020({ strict: false, logger: false, validateSchema: false });
  const counts = { accepted: 0, refuted: 0, values: 0 };
  for (let pair = 0; pair < pairs; pair += 1) {
    const old = make.schema();
    const candidate = make.chance(0.7) ? make.changed(old) : make.schema();
    if (typeof old === "boolean" || typeof candidate === "boolean") continue;
    const [byPublisher, byReader] = [publisherSchema(old), readerSchema(candidate)].map((schema) => ajv.compile(schema));
    const found = checkCompatibility({
      type: "JSON",
      level: "BACKWARD",
      policy: "LENIENT",
      candidate: { schema: candidate },
      versions: [{ version: 1, schema: old }],
    });
    if (found.length === 0) counts.accepted += 1;
    for (let n = 0; n < 200; n += 1) {
      const value = make.value();
      // Ajv lets some empty arrays through `contains`, which ask for one item at least.
      if (JSON.stringify(old).includes("contains") && JSON.stringify(value).includes("[]")) continue;
      if (answer(byPublisher, value) !== true) continue;
      counts.values += 1;
      if (answer(byReader, value) !== false) continue;
      counts.refuted += 1;
      const pairInWords = `${JSON.stringify(old)} and then ${JSON.stringify(candidate)}`;
      assert.ok(found.length > 0, `${pairInWords} refuses ${JSON.stringify(value)}; seed ${seed}`);
      break;
    }
  }
  console.log(JSON.stringify(counts));
  assert.ok(counts.accepted > pairs / 5 && counts.refuted > pairs / 5);
});

/** Null where Ajv throws. */
function answer(check: ((value: unknown) => unknown) | undefined, value: unknown): boolean | null {
  try {
    return check?.(value) === true;
  } catch {
    return null;
  }
}
