import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { FastifyInstance } from "fastify";
import { Registry, registryApp, type RegistryStore } from "../src/index.ts";

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

type Call = (
  method: "GET" | "POST" | "PUT" | "DELETE",
  url: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

const json = (schema: unknown, more: object = {}) => ({ schemaType: "JSON", schema: JSON.stringify(schema), ...more });
const avro = (...fields: string[]) => ({
  schema: JSON.stringify({
    type: "record",
    name: "Order",
    fields: fields.map((name) => ({ name, type: "string", default: "" })),
  }),
});
const protobuf = (body: string, more: object = {}) => ({
  schemaType: "PROTOBUF",
  schema: `syntax = "proto3"; package shop; ${body}`,
  ...more,
});
const order = (required: string[] = []) => json({ type: "object", properties: { id: { type: "string" } }, required });

/** What the registry answers, the same over each store. @param openStore A new, empty one. */
export function registryApiSuite(where: string, openStore: () => Promise<RegistryStore>): void {
  const open: (() => Promise<void>)[] = [];
  after(async () => {
    for (const close of open) await close();
  });

  async function newRegistry(): Promise<{ call: Call; app: FastifyInstance }> {
    const registry = new Registry(await openStore());
    const app = registryApp(registry);
    open.push(async () => {
      await app.close();
      await registry.close();
    });
    const call: Call = async (method, url, body, headers = {}) => {
      const response = await app.inject({
        method,
        url,
        headers: { ...(body === undefined ? {} : { "content-type": "application/vnd.schemaregistry.v1+json" }), ...headers },
        ...(body === undefined ? {} : { payload: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      return { status: response.statusCode, body: response.body === "" ? undefined : (JSON.parse(response.body) as unknown) };
    };
    return { call, app };
  }

  describe(`registry on ${where}: subjects and versions`, () => {
    it("registers, looks up and shows; the same schema has the same id everywhere", async () => {
      const { call } = await newRegistry();
      assert.deepEqual(await call("GET", "/subjects"), { status: 200, body: [] });
      assert.deepEqual(await call("POST", "/subjects/order-value/versions", avro("id")), { status: 200, body: { id: 1 } });
      assert.deepEqual((await call("POST", "/subjects/order-value/versions", avro("id"))).body, { id: 1 });
      assert.deepEqual((await call("POST", "/subjects/other-value/versions", { schema: ` ${avro("id").schema} ` })).body, {
        id: 1,
      });
      assert.deepEqual((await call("POST", "/subjects/order-value/versions", avro("id", "note"))).body, { id: 2 });
      assert.deepEqual((await call("GET", "/subjects")).body, ["order-value", "other-value"]);
      assert.deepEqual((await call("GET", "/subjects/order-value/versions")).body, [1, 2]);
      const second = { subject: "order-value", version: 2, id: 2, schema: avro("id", "note").schema };
      assert.deepEqual((await call("GET", "/subjects/order-value/versions/latest")).body, second);
      assert.deepEqual((await call("GET", "/subjects/order-value/versions/-1")).body, second);
      assert.deepEqual((await call("POST", "/subjects/order-value", avro("id", "note"))).body, second);
      assert.deepEqual((await call("GET", "/subjects/order-value/versions/1/schema")).body, JSON.parse(avro("id").schema));
      assert.deepEqual((await call("GET", "/schemas/ids/2?fetchMaxId=true")).body, {
        schema: avro("id", "note").schema,
        maxId: 2,
      });
      assert.deepEqual((await call("GET", "/schemas/ids/1/subjects")).body, ["order-value", "other-value"]);
      assert.deepEqual((await call("GET", "/schemas/ids/1/versions")).body, [
        { subject: "order-value", version: 1 },
        { subject: "other-value", version: 1 },
      ]);
      assert.deepEqual((await call("GET", "/schemas/types")).body, ["JSON", "PROTOBUF", "AVRO"]);
      const all = (await call("GET", "/schemas?subjectPrefix=order&latestOnly=true")).body as { version: number }[];
      assert.deepEqual(all, [second]);
    });

    it("shows what belongs to a schema: its type, references, metadata and rules", async () => {
      const { call } = await newRegistry();
      const more = { metadata: { properties: { owner: "shop" } }, ruleSet: { domainRules: [] } };
      assert.deepEqual((await call("POST", "/subjects/a/versions", json({ type: "string" }, more))).body, { id: 1 });
      assert.deepEqual((await call("POST", "/subjects/a/versions", json({ type: "string" }))).body, { id: 2 });
      assert.deepEqual((await call("GET", "/subjects/a/versions/1")).body, {
        subject: "a",
        version: 1,
        id: 1,
        schemaType: "JSON",
        schema: '{"type":"string"}',
        ...more,
      });
    });

    it("finds the newest version that has what the metadata must have", async () => {
      const { call } = await newRegistry();
      const owned = (owner: string, title: string) =>
        json({ type: "string", title }, { metadata: { properties: { owner, area: "eu" } } });
      for (const body of [owned("shop", "a"), owned("shop", "b"), owned("post", "c"), json({ type: "string" })])
        await call("POST", "/subjects/a/versions", body);
      const version = async (query: string) =>
        ((await call("GET", `/subjects/a/metadata?${query}`)).body as { version: number }).version;
      assert.equal(await version("key=owner&value=shop"), 2);
      assert.equal(await version("key=owner&value=post&key=area&value=eu"), 3);
      assert.equal(await version("deleted=true"), 4);
      const code = async (url: string) => ((await call("GET", url)).body as { error_code: number }).error_code;
      assert.equal(await code("/subjects/a/metadata?key=owner&value=nobody"), 40_402);
      assert.equal(await code("/subjects/a/metadata?key=constructor&value=x"), 40_402);
      assert.equal(await code("/subjects/b/metadata?key=owner&value=shop"), 40_401);
    });

    it("what is deleted is hidden, and gone when it is deleted for good; its id never means another schema", async () => {
      const { call } = await newRegistry();
      for (const body of [avro("a"), avro("a", "b")]) await call("POST", "/subjects/s/versions", body);
      const code = async (...request: Parameters<Call>) => {
        const { status, body } = await call(...request);
        return [status, (body as { error_code?: number }).error_code ?? body];
      };
      assert.deepEqual(await code("DELETE", "/subjects/s/versions/1?permanent=true"), [404, 40_407]);
      assert.deepEqual(await code("DELETE", "/subjects/s/versions/1"), [200, 1]);
      assert.deepEqual(await code("DELETE", "/subjects/s/versions/1"), [404, 40_406]);
      assert.deepEqual(await code("GET", "/subjects/s/versions/1"), [404, 40_402]);
      assert.deepEqual(await code("GET", "/subjects/s/versions"), [200, [2]]);
      assert.deepEqual(await code("GET", "/subjects/s/versions?deleted=true"), [200, [1, 2]]);
      assert.deepEqual(await code("GET", "/subjects/s/versions?deletedOnly=true"), [200, [1]]);
      assert.equal((await call("GET", "/schemas/ids/1")).status, 200);
      assert.deepEqual(await code("DELETE", "/subjects/s?permanent=true"), [404, 40_405]);
      assert.deepEqual(await code("DELETE", "/subjects/s"), [200, [2]]);
      assert.deepEqual(await code("DELETE", "/subjects/s"), [404, 40_404]);
      assert.deepEqual(await code("GET", "/subjects"), [200, []]);
      assert.deepEqual(await code("GET", "/subjects?deleted=true"), [200, ["s"]]);
      assert.deepEqual(await code("DELETE", "/subjects/s?permanent=true"), [200, [1, 2]]);
      assert.deepEqual(await code("DELETE", "/subjects/s"), [404, 40_401]);
      assert.deepEqual(await code("GET", "/schemas/ids/1"), [404, 40_403]);
      assert.deepEqual((await call("POST", "/subjects/t/versions", avro("c"))).body, { id: 3 });
      assert.deepEqual((await call("POST", "/subjects/s/versions", avro("a"))).body, { id: 1 });
    });

    it("a deleted schema that is registered again gets a new version and keeps its id", async () => {
      const { call } = await newRegistry();
      await call("POST", "/subjects/s/versions", avro("a"));
      await call("DELETE", "/subjects/s");
      assert.deepEqual((await call("POST", "/subjects/s/versions", avro("a"))).body, { id: 1 });
      assert.deepEqual((await call("GET", "/subjects/s/versions")).body, [2]);
    });

    it("contexts have ids of their own", async () => {
      const { call } = await newRegistry();
      const subject = encodeURIComponent(":.team:order");
      await call("POST", "/subjects/order/versions", avro("a"));
      assert.deepEqual((await call("POST", `/subjects/${subject}/versions`, avro("b"))).body, { id: 1 });
      assert.deepEqual((await call("GET", "/contexts")).body, [".", ".team"]);
      assert.deepEqual((await call("GET", "/subjects")).body, ["order"]);
      assert.deepEqual((await call("GET", "/subjects?subjectPrefix=:*:")).body, ["order", ":.team:order"]);
      assert.deepEqual((await call("GET", `/schemas/ids/1?subject=${encodeURIComponent(":.team:")}`)).body, {
        schema: avro("b").schema,
      });
    });

    it("an id is found by a subject that does not have it, as deserializers ask: in its context if it has one", async () => {
      const { call } = await newRegistry();
      const byId = async (subject: string) => (await call("GET", `/schemas/ids/1?subject=${encodeURIComponent(subject)}`)).body;
      await call("POST", "/subjects/order.completed.v1/versions", avro("a"));
      assert.deepEqual(await byId("order-value"), { schema: avro("a").schema });
      await call("POST", `/subjects/${encodeURIComponent(":.team:order-value")}/versions`, avro("b"));
      assert.deepEqual(await byId("order-value"), { schema: avro("b").schema });
      assert.deepEqual(await byId(":.team:order-value"), { schema: avro("b").schema });
      const { body } = await call("GET", `/schemas/ids/1?subject=${encodeURIComponent(":.team:other")}`);
      assert.equal((body as { error_code: number }).error_code, 40_403);
    });
  });

  describe(`registry on ${where}: references`, () => {
    const customer = json({ type: "object", properties: { name: { type: "string" } } });
    const reference = { name: "customer.json", subject: "customer", version: 1 };
    const withCustomer = json(
      { type: "object", properties: { customer: { $ref: "customer.json" } } },
      { references: [reference] },
    );

    it("must exist, are kept, and hold what they refer to", async () => {
      const { call } = await newRegistry();
      const refused = await call("POST", "/subjects/order/versions", withCustomer);
      assert.equal((refused.body as { error_code: number }).error_code, 42_201);
      assert.match(
        (refused.body as { message: string }).message,
        /refers to customer version 1 as "customer.json", which is not there/,
      );
      await call("POST", "/subjects/customer/versions", customer);
      assert.deepEqual((await call("POST", "/subjects/order/versions", withCustomer)).body, { id: 2 });
      assert.deepEqual((await call("GET", "/subjects/customer/versions/1/referencedby")).body, [2]);
      assert.equal(((await call("DELETE", "/subjects/customer")).body as { error_code: number }).error_code, 42_206);
      assert.deepEqual(((await call("GET", "/schemas/ids/2")).body as { references: unknown }).references, [reference]);
    });

    it("to the newest version are to the one that it is when they are registered: an id keeps its meaning", async () => {
      const { call } = await newRegistry();
      await call("PUT", "/config", { compatibility: "NONE" });
      const named = (version: number) =>
        json({ $ref: "customer.json" }, { references: [{ name: "customer.json", subject: "customer", version }] });
      await call("POST", "/subjects/customer/versions", customer);
      assert.deepEqual((await call("POST", "/subjects/order/versions", named(-1))).body, { id: 2 });
      assert.deepEqual((await call("POST", "/subjects/other/versions", named(1))).body, { id: 2 });
      await call("POST", "/subjects/customer/versions", json({ type: "number" }));
      const { body } = await call("GET", "/schemas/ids/2");
      assert.deepEqual((body as { references: unknown }).references, [reference]);
      assert.deepEqual((await call("POST", "/subjects/order/versions", named(-1))).body, { id: 4 });
      assert.deepEqual((await call("GET", "/subjects/customer/versions/2/referencedby")).body, [4]);
      assert.equal(((await call("DELETE", "/subjects/customer/versions/1")).body as { error_code: number }).error_code, 42_206);
      const nowhere = await call("POST", "/subjects/z/versions", {
        ...named(-1),
        references: [{ ...reference, subject: "none", version: -1 }],
      });
      assert.equal((nowhere.body as { error_code: number }).error_code, 42_201);
    });

    it("a type that is referred to by two ways is defined once", async () => {
      const { call } = await newRegistry();
      const type = (name: string, field: string) =>
        JSON.stringify({ type: "record", name, fields: [{ name: "x", type: field }] });
      const refer = (...subjects: string[]) => subjects.map((subject) => ({ name: `${subject} of this`, subject, version: 1 }));
      await call("POST", "/subjects/money/versions", { schema: type("Money", "long") });
      await call("POST", "/subjects/price/versions", { schema: type("Price", "Money"), references: refer("money") });
      await call("POST", "/subjects/tax/versions", {
        schema: type("Tax", "Money"),
        references: [{ name: "another name", subject: "money", version: 1 }],
      });
      const bill = { schema: type("Bill", "Price"), references: refer("price", "tax") };
      assert.deepEqual((await call("POST", "/subjects/bill/versions", bill)).body, { id: 4 });
    });

    it("count for compatibility", async () => {
      const { call } = await newRegistry();
      await call("POST", "/subjects/customer/versions", customer);
      await call("POST", "/subjects/order/versions", withCustomer);
      const inside = (name: object) =>
        json({ type: "object", properties: { customer: { type: "object", properties: { name } } } });
      const verdict = async (body: object) =>
        (await call("POST", "/compatibility/subjects/order/versions/latest?verbose=true", body)).body;
      assert.deepEqual(await verdict(inside({ type: "string" })), { is_compatible: true, messages: [], differences: [] });
      assert.equal(((await verdict(inside({ type: "integer" }))) as { is_compatible: boolean }).is_compatible, false);
    });
  });

  describe(`registry on ${where}: Protobuf`, () => {
    const money = protobuf("message Money { int64 cents = 1; }");
    const references = [{ name: "money.proto", subject: "money", version: 1 }];
    const bill = protobuf(
      'import "money.proto"; import "google/protobuf/timestamp.proto"; message Bill { Money sum = 1; google.protobuf.Timestamp at = 2; }',
      {
        references,
      },
    );

    it("the same schema has the same id, whatever its white space, comments and names in full, or as a descriptor", async () => {
      const { call } = await newRegistry();
      await call("POST", "/subjects/money/versions", money);
      assert.deepEqual((await call("POST", "/subjects/bill/versions", bill)).body, { id: 2 });
      const spaced = bill.schema
        .replaceAll(" ", "\n")
        .replace("package", "/* The shop's. */ package")
        .replace("Money sum", ".shop.Money sum");
      assert.deepEqual((await call("POST", "/subjects/bill/versions", { ...bill, schema: spaced })).body, { id: 2 });
      const { schema: serialized } = (await call("GET", "/schemas/ids/2?format=serialized")).body as { schema: string };
      assert.match(serialized, /^[A-Za-z0-9+/]+=*$/);
      assert.deepEqual((await call("POST", "/subjects/other/versions", { ...bill, schema: serialized })).body, { id: 2 });
      const found = await call("POST", "/subjects/bill?format=serialized", { ...bill, schema: serialized });
      assert.deepEqual(found.body, {
        subject: "bill",
        version: 1,
        id: 2,
        schemaType: "PROTOBUF",
        schema: serialized,
        references,
      });
      const shown = { subject: "bill", version: 1, id: 2, schemaType: "PROTOBUF", schema: bill.schema, references };
      assert.deepEqual((await call("GET", "/subjects/bill/versions/1")).body, shown);
      assert.equal(
        ((await call("GET", "/subjects/bill/versions/1?format=serialized")).body as { schema: string }).schema,
        serialized,
      );
      assert.deepEqual((await call("GET", "/subjects/money/versions/1/referencedby")).body, [2]);
    });

    it("a schema that comes as a descriptor is shown as text", async () => {
      const { call, app } = await newRegistry();
      await call("POST", "/subjects/a/versions", money);
      const { schema: serialized } = (await call("GET", "/schemas/ids/1?format=serialized")).body as { schema: string };
      const { call: elsewhere, app: other } = await newRegistry();
      assert.deepEqual((await elsewhere("POST", "/subjects/a/versions", { schemaType: "PROTOBUF", schema: serialized })).body, {
        id: 1,
      });
      assert.match(
        (await other.inject({ url: "/schemas/ids/1/schema" })).body,
        /^syntax = "proto3";\npackage shop;\nmessage Money \{\n {2}int64 cents = 1;\n\}\n$/,
      );
      assert.equal((await app.inject({ url: "/schemas/ids/1/schema" })).body, money.schema);
      assert.equal((await app.inject({ url: "/subjects/a/versions/1/schema?format=serialized" })).body, serialized);
    });

    it("normalised, the order of fields means nothing", async () => {
      const { call } = await newRegistry();
      const [one, two] = ["string id = 1;", "string note = 2;"];
      await call("POST", "/subjects/a/versions?normalize=true", protobuf(`message Order { ${one} ${two} }`));
      const other = protobuf(`message Order { ${two} ${one} }`);
      assert.deepEqual((await call("POST", "/subjects/b/versions?normalize=true", other)).body, { id: 1 });
      assert.deepEqual((await call("POST", "/subjects/b?normalize=true", other)).status, 200);
      assert.deepEqual((await call("POST", "/subjects/c/versions", other)).body, { id: 2 });
    });

    it("an incompatible one is refused, and why is said", async () => {
      const { call } = await newRegistry();
      await call("POST", "/subjects/money/versions", money);
      const asked = protobuf("message Money { string cents = 1; }");
      const message =
        '"/cents" must be string in the new schema; version 1 allows int64 (field_scalar_kind_changed at /Money/cents)';
      assert.deepEqual((await call("POST", "/subjects/money/versions", asked)).body, {
        error_code: 409,
        message: `Schema being registered is incompatible with an earlier schema; ${message}`,
      });
      const verdict = await call("POST", "/compatibility/subjects/money/versions/latest?verbose=true", asked);
      assert.deepEqual((verdict.body as { messages: string[] }).messages, [message]);
    });
  });

  describe(`registry on ${where}: compatibility`, () => {
    it("is asked for by the level of the subject, and explained", async () => {
      const { call } = await newRegistry();
      await call("POST", "/subjects/order/versions", order());
      const refused = await call("POST", "/subjects/order/versions", order(["id"]));
      assert.deepEqual(refused, {
        status: 409,
        body: {
          error_code: 409,
          message:
            'Schema being registered is incompatible with an earlier schema; "/id" must be there in the new schema; version 1 does not require it (required_added at /required)',
        },
      });
      const verdict = await call("POST", "/compatibility/subjects/order/versions?verbose=true", order(["id"]));
      assert.deepEqual(verdict.body, {
        is_compatible: false,
        messages: ['"/id" must be there in the new schema; version 1 does not require it (required_added at /required)'],
        differences: [
          {
            kind: "required_added",
            path: "/id",
            pointer: "/required",
            message: '"/id" must be there in the new schema; version 1 does not require it',
            direction: "backward",
            version: 1,
          },
        ],
      });
      assert.deepEqual((await call("POST", "/compatibility/subjects/order/versions/1", order())).body, { is_compatible: true });
      await call("PUT", "/config/order", { compatibility: "none" });
      assert.deepEqual((await call("POST", "/subjects/order/versions", order(["id"]))).body, { id: 2 });
      assert.equal((await call("POST", "/subjects/order/versions", avro("id"))).status, 200);
      await call("DELETE", "/config/order");
      const other = await call("POST", "/subjects/order/versions", json({ type: "object" }));
      assert.match((other.body as { message: string }).message, /version 3 is AVRO, and the new schema is JSON/);
    });

    it("levels and modes: global, of a subject, and back", async () => {
      const { call } = await newRegistry();
      const answer = async (...request: Parameters<Call>) => (await call(...request)).body as Record<string, unknown>;
      assert.deepEqual(await answer("GET", "/config"), { compatibilityLevel: "BACKWARD" });
      assert.equal((await answer("GET", "/config/s"))["error_code"], 40_408);
      assert.deepEqual(await answer("GET", "/config/s?defaultToGlobal=true"), { compatibilityLevel: "BACKWARD" });
      assert.deepEqual(await answer("PUT", "/config", { compatibility: "FULL" }), { compatibility: "FULL" });
      assert.deepEqual(await answer("PUT", "/config/s", { compatibility: "FORWARD_TRANSITIVE" }), {
        compatibility: "FORWARD_TRANSITIVE",
      });
      assert.deepEqual(await answer("GET", "/config/s"), { compatibilityLevel: "FORWARD_TRANSITIVE" });
      assert.deepEqual(await answer("DELETE", "/config/s"), { compatibilityLevel: "FORWARD_TRANSITIVE" });
      assert.equal((await answer("PUT", "/config/s", { compatibility: "SOME" }))["error_code"], 42_203);
      await answer("PUT", "/config/s", { compatibility: "FULL", compatibilityPolicy: "LENIENT" });
      await answer("PUT", "/config/s", { compatibility: "BACKWARD" });
      assert.deepEqual(await answer("GET", "/config/s"), { compatibilityLevel: "BACKWARD", compatibilityPolicy: "LENIENT" });
      assert.deepEqual(await answer("GET", "/mode"), { mode: "READWRITE" });
      assert.equal((await answer("GET", "/mode/s"))["error_code"], 40_409);
      assert.equal((await answer("PUT", "/mode", { mode: "WRITEONLY" }))["error_code"], 42_204);
      assert.deepEqual(await answer("PUT", "/mode/s", { mode: "READONLY" }), { mode: "READONLY" });
      assert.equal((await answer("POST", "/subjects/s/versions", avro("a")))["error_code"], 42_205);
      assert.deepEqual(await answer("DELETE", "/mode/s"), { mode: "READONLY" });
      assert.deepEqual(await answer("POST", "/subjects/s/versions", avro("a")), { id: 1 });
      assert.equal((await answer("PUT", "/mode/s", { mode: "IMPORT" }))["error_code"], 42_205);
      assert.deepEqual(await answer("PUT", "/mode/t", { mode: "IMPORT" }), { mode: "IMPORT" });
      assert.deepEqual(await answer("POST", "/subjects/t/versions", { ...avro("z"), id: 77, version: 5 }), { id: 77 });
      assert.equal((await answer("POST", "/subjects/t/versions", { ...avro("y"), id: 77 }))["error_code"], 42_205);
      assert.deepEqual(await answer("POST", "/subjects/u/versions", avro("u")), { id: 78 });
    });

    it("brings an id along that clients can write, or is refused", async () => {
      const { call } = await newRegistry();
      await call("PUT", "/mode", { mode: "IMPORT" });
      for (const id of [0, 1.5, 2_147_483_648, "7"]) {
        const { status, body } = await call("POST", "/subjects/s/versions", { ...avro("a"), id });
        assert.deepEqual([status, (body as { error_code: number }).error_code], [422, 42_205], String(id));
      }
      const half = await call("POST", "/subjects/s/versions", { ...avro("a"), id: 7, version: 1.5 });
      assert.equal((half.body as { error_code: number }).error_code, 42_205);
      assert.deepEqual((await call("POST", "/subjects/s/versions", { ...avro("a"), id: 7, version: 0 })).body, { id: 7 });
    });

    it("schemas whose numbers differ in any digit are two, and one where they are written in another way", async () => {
      const { call } = await newRegistry();
      const idOf = async (schema: string, schemaType = "JSON", query = "") =>
        ((await call("POST", `/subjects/s${schema.length}/versions${query}`, { schemaType, schema })).body as { id: number }).id;
      await call("PUT", "/config", { compatibility: "NONE" });
      const others = [
        "9007199254740993",
        "9007199254740992",
        "1e400",
        "null",
        "1e401",
        "0.1",
        "0.10000000000000000001",
        "-1e-400",
        "0",
      ];
      for (const [index, value] of others.entries()) assert.equal(await idOf(`{"default":${value}}`), index + 1, value);
      const same = [
        ["9007199254740993.0", 1],
        ["90071992547409930e-1", 1],
        ["1E+400", 3],
        ["10e399", 3],
        ["0.10", 6],
        ["-0", 9],
      ] as const;
      for (const [value, id] of same) assert.equal(await idOf(`{"default":${value}}`), id, value);
      const digits = (schema: string) => ({ schemaType: "JSON", schema });
      await call("POST", "/subjects/digits/versions", digits('{"const":9007199254740993}'));
      await call("PUT", "/config/digits", { compatibility: "BACKWARD" });
      const other = await call("POST", "/subjects/digits/versions", digits('{"const":9007199254740992}'));
      assert.equal(other.status, 409);
      assert.match(JSON.stringify(other.body), /9007199254740993/);
      await call("DELETE", "/config/digits");
      assert.equal(await idOf('{"const":9007199254740993,"title":"a"}', "JSON", "?normalize=true"), 11);
      assert.equal(await idOf('{"title":"a","const":9007199254740992}', "JSON", "?normalize=true"), 12);
      assert.equal(
        ((await call("GET", "/schemas/ids/11")).body as { schema: string }).schema,
        '{"const":9007199254740993,"title":"a"}',
      );
      const long = (value: string) => `{"type":"record","name":"R","fields":[{"name":"a","type":"long","default":${value}}]}`;
      assert.equal(await idOf(long("9223372036854775807"), "AVRO"), 13);
      assert.equal(await idOf(long("9223372036854775806"), "AVRO"), 14);
      assert.equal(await idOf(long("-9223372036854775808"), "AVRO"), 15);
      for (const value of ["9223372036854775808", "-9223372036854775809", "1e19", "1e400", "0.5"]) {
        const { status, body } = await call("POST", "/subjects/r/versions", { schema: long(value) });
        assert.deepEqual([status, (body as { error_code: number }).error_code], [422, 42_201], value);
      }
    });

    it("normalised, the order of members means nothing", async () => {
      const { call } = await newRegistry();
      const [one, other] = ['{"type":"object","title":"a"}', '{"title":"a","type":"object"}'];
      assert.deepEqual((await call("POST", "/subjects/a/versions?normalize=true", { schemaType: "JSON", schema: one })).body, {
        id: 1,
      });
      assert.deepEqual((await call("POST", "/subjects/b/versions?normalize=true", { schemaType: "JSON", schema: other })).body, {
        id: 1,
      });
      assert.deepEqual((await call("POST", "/subjects/c/versions", { schemaType: "JSON", schema: one })).body, { id: 2 });
    });
  });

  describe(`registry on ${where}: bad input has the right code, and the server stays up`, () => {
    const cases: [what: string, request: Parameters<Call>, status: number, code: number, message: RegExp][] = [
      ["no JSON", ["POST", "/subjects/s/versions", "{"], 400, 400, /the body is no JSON/],
      ["no object", ["POST", "/subjects/s/versions", "[]"], 400, 400, /must be a JSON object/],
      ["no schema", ["POST", "/subjects/s/versions", {}], 422, 42_201, /"schema" must be the text of one/],
      ["an empty schema", ["POST", "/subjects/s/versions", { schema: "" }], 422, 42_201, /it is no JSON/],
      [
        "an unknown kind",
        ["POST", "/subjects/s/versions", { schema: "{}", schemaType: "XML" }],
        422,
        42_201,
        /is not one of JSON, PROTOBUF, AVRO/,
      ],
      ["an unknown type", ["POST", "/subjects/s/versions", { schema: '"text"' }], 422, 42_201, /names the type "text"/],
      [
        "a wrong schema",
        ["POST", "/subjects/s/versions", json({ type: "text" })],
        422,
        42_201,
        /"\/type" must name types of JSON/,
      ],
      [
        "bad references",
        ["POST", "/subjects/s/versions", { ...avro("a"), references: [{ name: "x" }] }],
        422,
        42_201,
        /must be a list of/,
      ],
      [
        "a missing reference",
        ["POST", "/subjects/s/versions", { ...avro("a"), references: [{ name: "x", subject: "x", version: 1 }] }],
        422,
        42_201,
        /refers to x version 1/,
      ],
      [
        "nested without end",
        ["POST", "/subjects/s/versions", { schemaType: "JSON", schema: `${'{"items":'.repeat(600)}{}${"}".repeat(600)}` }],
        422,
        42_201,
        /nested deeper than 500 levels/,
      ],
      [
        "nested without any end",
        ["POST", "/subjects/s/versions", { schema: `${"[".repeat(500_000)}${"]".repeat(500_000)}` }],
        422,
        42_201,
        /nested deeper than 1000 levels/,
      ],
      [
        "no Protobuf",
        ["POST", "/subjects/s/versions", { schemaType: "PROTOBUF", schema: "{}" }],
        422,
        42_201,
        /is no .proto file: line 1, column 1/,
      ],
      [
        "an empty Protobuf",
        ["POST", "/subjects/s/versions", { schemaType: "PROTOBUF", schema: "" }],
        422,
        42_201,
        /defines nothing/,
      ],
      [
        "no descriptor of Protobuf",
        ["POST", "/subjects/s/versions", { schemaType: "PROTOBUF", schema: Buffer.from("no descriptor").toString("base64") }],
        422,
        42_201,
        /no descriptor of one/,
      ],
      [
        "an unknown import of Protobuf",
        ["POST", "/subjects/s/versions", protobuf('import "x.proto"; message A {}')],
        422,
        42_201,
        /imports "x.proto", which is not among its references/,
      ],
      [
        "a missing reference of Protobuf, looked up",
        [
          "POST",
          "/compatibility/subjects/s/versions",
          protobuf("message A {}", { references: [{ name: "x", subject: "x", version: 1 }] }),
        ],
        422,
        42_201,
        /refers to x version 1/,
      ],
      [
        "Protobuf that is nested without end",
        ["POST", "/subjects/s/versions", protobuf("message A {".repeat(100_000))],
        422,
        42_201,
        /nested deeper than 64 messages/,
      ],
      [
        "Protobuf that is a reference and no Protobuf",
        ["POST", "/subjects/s/versions", protobuf("message A { .x.Y y = 1; }")],
        422,
        42_201,
        /names the type .x.Y/,
      ],
      [
        "a reference inside to nothing",
        ["POST", "/subjects/s/versions", json({ properties: { a: { $ref: "#/nope" } } })],
        422,
        42_201,
        /"\/properties\/a" refers to "#\/nope", which is not there/,
      ],
      [
        "a reference to a document that it does not name, checked",
        ["POST", "/compatibility/subjects/s/versions", json({ $ref: "b.json" })],
        422,
        42_201,
        /refers to "b.json", which is not there/,
      ],
      [
        "metadata that is nested without any end",
        ["POST", "/subjects/s/versions", `{"schema":"\\"int\\"","metadata":${"[".repeat(200_000)}${"]".repeat(200_000)}}`],
        400,
        400,
        /nested deeper than 1000 levels/,
      ],
      ["a path that is no text", ["GET", "/subjects/%FF/versions"], 400, 400, /not a valid url component/],
      ["a name that is too long", ["GET", `/subjects/${"x".repeat(2_500)}/versions`], 414, 414, /max param length/i],
      ["a version in another way", ["GET", "/subjects/s/versions/01"], 422, 42_202, /'01' is not a valid version id/],
      ["an id as a power", ["GET", "/schemas/ids/1e0"], 404, 40_403, /Schema 1e0 not found/],
      ["an id in base 16", ["GET", "/schemas/ids/0x1"], 404, 40_403, /Schema 0x1 not found/],
      ["an id that is a space", ["GET", "/schemas/ids/%20"], 404, 40_403, /not found/],
      ["an id above 32 bits", ["GET", "/schemas/ids/9007199254740993"], 404, 40_403, /not found/],
      ["a bad version", ["GET", "/subjects/s/versions/zero"], 422, 42_202, /'zero' is not a valid version id/],
      ["a missing subject", ["GET", "/subjects/s/versions/1"], 404, 40_401, /Subject 's' not found/],
      ["a missing id", ["GET", "/schemas/ids/9"], 404, 40_403, /Schema 9 not found/],
      ["an id that is none", ["GET", "/schemas/ids/x"], 404, 40_403, /Schema x not found/],
      ["another media type", ["POST", "/subjects/s/versions", "a=b", { "content-type": "text/plain" }], 415, 415, /media type/i],
      ["no such place", ["GET", "/nothing"], 404, 404, /Not Found/],
    ];
    for (const [what, request, status, code, message] of cases)
      it(what, async () => {
        const { call } = await newRegistry();
        const answer = await call(...request);
        const { error_code, message: said } = answer.body as { error_code: number; message: string };
        assert.deepEqual([answer.status, error_code], [status, code]);
        assert.match(said, message);
        assert.deepEqual((await call("POST", "/subjects/ok/versions", avro("a"))).body, { id: 1 });
      });

    it("five megabytes are a schema like any other", async () => {
      const { call } = await newRegistry();
      const schema = json({ enum: Array.from({ length: 300_000 }, (_, n) => `value ${n} of very many`) });
      assert.ok(schema.schema.length > 5_000_000);
      assert.deepEqual((await call("POST", "/subjects/s/versions", schema)).body, { id: 1 });
      assert.equal((await call("GET", "/schemas/ids/1")).status, 200);
    });

    it("five megabytes of Protobuf, too", async () => {
      const { call } = await newRegistry();
      const fields = Array.from(
        { length: 160_000 },
        (_, n) => `string a_field_among_very_many_${n} = ${n < 18_999 ? n + 1 : n + 1_001};`,
      );
      const schema = protobuf(`message Order { ${fields.join("\n")} }`);
      assert.ok(schema.schema.length > 5_000_000);
      assert.deepEqual((await call("POST", "/subjects/s/versions", schema)).body, { id: 1 });
      assert.deepEqual((await call("POST", "/compatibility/subjects/s/versions", schema)).body, { is_compatible: true });
    });

    it("imports of Protobuf in a circle are refused", async () => {
      const { call } = await newRegistry();
      await call("PUT", "/config", { compatibility: "NONE" });
      const to = (name: string, version: number) => [{ name, subject: name, version }];
      await call("POST", "/subjects/a.proto/versions", protobuf("message A {}"));
      await call(
        "POST",
        "/subjects/b.proto/versions",
        protobuf('import "a.proto"; message B {}', { references: to("a.proto", 1) }),
      );
      const circle = protobuf('import "b.proto"; message A {}', { references: to("b.proto", 1) });
      const { status, body } = await call("POST", "/subjects/a.proto/versions", circle);
      assert.deepEqual([status, (body as { error_code: number }).error_code], [422, 42_201]);
      assert.match((body as { message: string }).message, /defines shop.A twice: in the schema itself and in a.proto/);
    });

    it("references in a circle cannot be made, and are refused where they are", async () => {
      const { call } = await newRegistry();
      await call("PUT", "/config", { compatibility: "NONE" });
      const to = (subject: string, version: number) => [{ name: subject, subject, version }];
      await call("POST", "/subjects/a/versions", json({ type: "object" }));
      await call("POST", "/subjects/b/versions", json({ $ref: "a" }, { references: to("a", 1) }));
      const { body } = await call("POST", "/subjects/a/versions", json({ $ref: "b" }, { references: to("b", 1) }));
      assert.deepEqual(body, { id: 3 });
      // Of a subject's own version that is not there yet.
      const circle = await call("POST", "/subjects/a/versions", json({ $ref: "a" }, { references: to("a", 3) }));
      assert.equal((circle.body as { error_code: number }).error_code, 42_201);
    });

    it("media types: the client's, else Confluent's own", async () => {
      const { app } = await newRegistry();
      const type = async (accept?: string) =>
        String((await app.inject({ url: "/subjects", headers: accept === undefined ? {} : { accept } })).headers["content-type"]);
      assert.equal(await type(), "application/vnd.schemaregistry.v1+json");
      assert.equal(await type("application/json"), "application/json");
      const refused = await app.inject({ url: "/subjects/%FF/versions" });
      assert.match(String(refused.headers["content-type"]), /^application\/vnd\.schemaregistry\.v1\+json/);
      assert.equal(
        await type("application/vnd.schemaregistry.v1+json, application/json; q=0.5"),
        "application/vnd.schemaregistry.v1+json",
      );
    });
  });
}
