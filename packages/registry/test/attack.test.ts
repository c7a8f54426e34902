import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openSqliteRegistryStore, type RegistryServer, startRegistry } from "../src/index.ts";

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** In processor time of this process, in which the server runs: the machine is shared. */
  readonly ms: number;
}

describe("a registry that is attacked over HTTP answers, and goes on", () => {
  let server: RegistryServer;
  before(async () => {
    server = await startRegistry({ store: await openSqliteRegistryStore(":memory:"), port: 0 });
  });
  after(() => server.close());

  const send = async (method: string, path: string, text?: string): Promise<Answer> => {
    const used = process.cpuUsage();
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(text === undefined ? {} : { body: text }),
    });
    const body = (await response.json()) as Readonly<Record<string, unknown>>;
    const { user, system } = process.cpuUsage(used);
    return { status: response.status, body, ms: (user + system) / 1_000 };
  };
  const asked = (schema: string, schemaType = "JSON", more: object = {}): string =>
    JSON.stringify({ schemaType, schema, ...more });
  const register = (subject: string, ...schema: Parameters<typeof asked>): Promise<Answer> =>
    send("POST", `/subjects/${subject}/versions`, asked(...schema));
  const isAlive = async (): Promise<void> => assert.deepEqual((await send("GET", "/schemas/types")).status, 200);
  const tangled = (choices: number): string =>
    JSON.stringify({
      $ref: "#/$defs/node",
      $defs: {
        node: {
          oneOf: Array.from({ length: choices }, (_, index) => ({
            type: "object",
            properties: { [`p${index}`]: { $ref: "#/$defs/node" }, q: { $ref: "#/$defs/node" } },
            required: [`p${index}`],
          })),
        },
      },
    });

  test("a check with all versions, each of them written to take long", async () => {
    await send("PUT", "/config/slow", JSON.stringify({ compatibility: "NONE" }));
    for (let choices = 20; choices < 28; choices += 1) assert.equal((await register("slow", tangled(choices))).status, 200);
    await send("PUT", "/config/slow", JSON.stringify({ compatibility: "FULL_TRANSITIVE" }));
    const { body, ms } = await send("POST", "/compatibility/subjects/slow/versions?verbose=true", asked(tangled(30)));
    assert.equal(body["is_compatible"], false);
    assert.ok(ms < 4_000, `${ms} ms`);
    assert.equal((await register("slow", tangled(30))).status, 409);
    await isAlive();
  });

  test("a pattern on which engines go back without end, and a name that it does not match", async () => {
    await register("pattern", JSON.stringify({ type: "object", required: [`${"a".repeat(40)}!`] }));
    const schema = JSON.stringify({ type: "object", patternProperties: { "^(a+)+$": { type: "number" } } });
    const { status, ms } = await register("pattern", schema);
    assert.equal(status, 409);
    assert.ok(ms < 1_000, `${ms} ms`);
  });

  for (const [what, text] of [
    ["brackets without end", "[".repeat(1_000_000)],
    ["a body nested a million times", `{"schema":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`],
    ["metadata nested without end", `{"schema":"\\"string\\"","metadata":${"[".repeat(200_000)}${"]".repeat(200_000)}}`],
    ["rules nested without end", `{"schema":"\\"string\\"","ruleSet":${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}}`],
  ] as const)
    test(what, async () => {
      const { status, ms } = await send("POST", "/subjects/body/versions", text);
      assert.equal(status, 400);
      assert.ok(ms < 2_000, `${ms} ms`);
      await isAlive();
    });

  const refused: readonly (readonly [what: string, schema: string, type?: string, more?: object])[] = [
    ["millions of schemas in one", `{"anyOf":[{}${",{}".repeat(3_000_000)}]}`],
    ["a schema nested without end", `${'{"not":'.repeat(900)}{}${"}".repeat(900)}`],
    ["a constant with a million digits", `{"const":1${"0".repeat(1_000_000)}1}`],
    ["a divisor with a million digits behind the point", `{"multipleOf":1.${"0".repeat(1_000_000)}1}`],
    ["a power without end", '{"const":1e999999999999}'],
    [
      "more references than anybody has",
      "{}",
      "JSON",
      { references: Array(2_000).fill({ name: "a", subject: "s", version: 1 }) },
    ],
  ];
  for (const [what, schema, type, more] of refused)
    test(what, async () => {
      const { status, body, ms } = await register("schema", schema, type, more);
      assert.deepEqual([status, body["error_code"]], [422, 42_201], JSON.stringify(body).slice(0, 300));
      assert.ok(ms < 4_000, `${ms} ms`);
      await isAlive();
    });

  test("numbers that are nearly 0, where they are compared", async () => {
    await register("tiny", '{"enum":[1e-999999999]}');
    const { status, ms } = await register("tiny", '{"multipleOf":1e-300}');
    assert.equal(status, 409);
    assert.ok(ms < 1_000, `${ms} ms`);
  });

  test("tens of thousands of parts that all refer to another", async () => {
    const schema = `{"$defs":{"a":{}},"allOf":[{"$ref":"#/$defs/a"}${',{"$ref":"#/$defs/a"}'.repeat(45_000)}]}`;
    assert.equal((await register("parts", schema)).status, 200);
    const { status, ms } = await register("parts", schema.replace('"a":{}', '"a":{"type":"object"}'));
    assert.equal(status, 409);
    assert.ok(ms < 6_000, `${ms} ms`);
    await isAlive();
  });
});
