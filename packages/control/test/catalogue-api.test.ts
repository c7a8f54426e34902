import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test, type TestContext } from "node:test";
import { Ajv } from "ajv";
import { announcedContracts, contractsRecord, type PublishedContract } from "throughline/system-topics";
import { announceOrder, orderCompleted, orderRecord } from "./announced-order.ts";
import { testControl } from "./control-server.ts";
import { SmallLog } from "./small-log.ts";
import { xRegistryProblems } from "./xregistry-rules.ts";

interface Named {
  readonly kind: string;
}

const properties = orderCompleted.schema["properties"] as Record<string, unknown>;
const second: PublishedContract = {
  ...orderCompleted,
  version: 2,
  schema: {
    ...orderCompleted.schema,
    properties: { ...properties, total: { type: "number" }, currency: { enum: ["EUR", "USD"] } },
    required: ["order_id", "total", "currency"],
  },
};

const shipped: PublishedContract = {
  ...orderCompleted,
  type: "order.shipped",
  encoding: { schemaType: "AVRO", schema: '{"type":"record","name":"Shipped","fields":[{"name":"order_id","type":"string"}]}' },
};
const weighed: PublishedContract = {
  ...orderCompleted,
  type: "Order.Completed",
  encoding: { schemaType: "PROTOBUF", schema: 'syntax = "proto3"; message Weighed { string order_id = 1; }' },
};

async function shop(t: TestContext, more: Parameters<typeof testControl>[2] = {}, published: readonly PublishedContract[] = []) {
  const small = new SmallLog();
  await announceOrder(small, "create-invoice");
  const both = announcedContracts("orders", {
    publishes: [orderCompleted, second, { ...orderCompleted, type: "order.cancelled" }, ...published],
    handlers: [],
  });
  await small.append(contractsRecord(both));
  await small.announce("orders", [], {
    contracts: both.hash,
    publishes: ["order.completed", "order.cancelled", ...published.map(({ type }) => type)],
    atMs: Date.now(),
  });
  await small.announce("mailer", [{ name: "greet", types: [{ type: "customer.joined", version: 1 }] }], { atMs: Date.now() });
  await small.append(orderRecord('{"order_id":"o-1","total":12345678901234567890,"customer":{"email":"ada@example.org"}}'));
  await small.event({ id: "p-1", type: "parcel.sent", source: "carrier", atMs: Date.now() });
  await small.event({ id: "x-1", type: "order.completed", source: "importer", atMs: Date.now() - 5_000 });
  const control = await testControl(t, small.log, more);
  await control.indexer.catchUp();
  return control;
}

test("the catalogue tells who publishes and reads what, and where what came is not what was declared", async (t) => {
  const { get } = await shop(t);
  const { status, body } = await get("/catalogue");
  assert.equal(status, 200, JSON.stringify(body));
  const drift = Object.fromEntries(
    body.items.map(({ type, drift: found }: { type: string; drift: Named[] }) => [type, found.map(({ kind }) => kind)]),
  );
  assert.deepEqual(drift, {
    "customer.joined": ["read-not-published"],
    "order.cancelled": ["declared-never-seen"],
    "order.completed": ["source-not-declared"],
    "parcel.sent": ["seen-not-declared"],
  });
  const order = body.items.find(({ type }: { type: string }) => type === "order.completed");
  assert.deepEqual(
    order.versions.map(({ version, isCurrent }: { version: number; isCurrent: boolean }) => [version, isCurrent]),
    [
      [1, true],
      [2, true],
    ],
  );
  assert.deepEqual([order.owner, order.publishers, order.topics, order.count], ["team-orders", ["orders"], ["order"], 2]);
  assert.deepEqual(order.readers, [
    {
      service: "billing",
      handler: "create-invoice",
      version: 1,
      lifts: [],
      fields: ["order_id", "total", "customer", "customer.email", "customer.name"],
    },
  ]);
});

test("one type shows what changed between its versions, whether that is proven to fit, and an example without personal values", async (t) => {
  const asked: unknown[] = [];
  const { get } = await shop(t, {
    compatibility: (versions) => {
      asked.push(versions);
      return [{ direction: "backward", path: "/currency", message: "must be there" }];
    },
  });
  const { body } = await get("/catalogue/order.completed");
  await get("/catalogue/order.completed");
  assert.deepEqual(body.diffs, [
    {
      from: 1,
      to: 2,
      fields: [
        { path: "total", change: "changed", before: "integer", after: "number" },
        { path: "currency", change: "added", before: null, after: 'one of "EUR", "USD"' },
      ],
      breaks: [{ direction: "backward", path: "/currency", message: "must be there" }],
    },
  ]);
  assert.equal(asked.length, 1);
  assert.match(body.example.payload.text, /12345678901234567890/);
  assert.doesNotMatch(JSON.stringify(body.example), /example\.org/);
  assert.equal((await get("/catalogue/parcel.sent")).body.example.payload.kind, "hidden");
  assert.equal((await get("/catalogue/nothing")).status, 404);
});

test("the AsyncAPI document is valid, and names what each service sends and receives", async (t) => {
  const { get } = await shop(t);
  const { body } = await get("/catalogue/asyncapi.json");
  const path = createRequire(import.meta.url).resolve("@asyncapi/specs/schemas/3.0.0-without-$id.json");
  const schema = JSON.parse(readFileSync(path, "utf8")) as object;
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
  const isValid = validate(structuredClone(body) as unknown);
  assert.ok(isValid, JSON.stringify(validate.errors?.slice(0, 5), null, 1));
  assert.deepEqual(Object.keys(body.operations).toSorted(), [
    "billing.create-invoice.receives.order.completed.v1",
    "orders.sends.order.cancelled.v1",
    "orders.sends.order.completed.v1",
    "orders.sends.order.completed.v2",
  ]);
  for (const { channel, messages } of Object.values<{ channel: { $ref: string }; messages: { $ref: string }[] }>(body.operations))
    for (const { $ref } of [channel, ...messages]) {
      const found = $ref
        .slice(2)
        .split("/")
        .reduce((node, name) => node?.[name.replaceAll("~1", "/").replaceAll("~0", "~")], body);
      assert.ok(found, $ref);
    }
  assert.ok(!validate({ ...body, asyncapi: "2.0.0" } as unknown));
});

test("the CloudEvents registry names each message's type, envelope and schema", async (t) => {
  const { get } = await shop(t);
  const { body } = await get("/catalogue/xregistry.json");
  const message = body.messagegroups.order.messages["order.completed"];
  assert.equal(message.envelope, "CloudEvents/1.0");
  assert.equal(message.envelopemetadata.type.value, "order.completed");
  const schema = message.dataschemauri
    .split("/")
    .slice(1)
    .reduce((node: Record<string, unknown>, name: string) => node[name] as Record<string, unknown>, body);
  assert.deepEqual(Object.keys(schema.versions), ["1", "2"]);
  assert.deepEqual(body.endpoints.order.messagegroups, ["/messagegroups/order"]);
});

test("the CloudEvents registry keeps the rules of xRegistry, with Avro, Protobuf and names that differ in their case", async (t) => {
  const { get } = await shop(t, {}, [shipped, weighed]);
  const { body } = await get("/catalogue/xregistry.json");
  assert.deepEqual(xRegistryProblems(body), []);
  const { messages } = body.messagegroups.order;
  assert.deepEqual(
    Object.values<{ name: string; dataschemaformat: string; datacontenttype: string }>(messages)
      .map(({ name, dataschemaformat, datacontenttype }) => [name, dataschemaformat, datacontenttype])
      .toSorted(),
    [
      ["Order.Completed", "Protobuf/3", "application/protobuf"],
      ["order.cancelled", "JsonSchema/draft/2020-12", "application/json"],
      ["order.completed", "JsonSchema/draft/2020-12", "application/json"],
      ["order.shipped", "Avro/1.12.0", "application/avro"],
    ],
  );
  const broken = structuredClone(body);
  broken.endpoints.order.protocoloptions = { options: { topic: "order" } };
  broken.messagegroups.order.messages["order.shipped"].dataschemaformat = "Avro";
  delete broken.schemagroups.order.schemas["order.cancelled"];
  assert.equal(xRegistryProblems(broken).length, 3);
});
