import assert from "node:assert/strict";
import { test } from "node:test";
import { COMPATIBILITY, SchemaRegistry, SchemaType } from "@kafkajs/confluent-schema-registry";
import { startRegistry } from "../src/index.ts";

// The client of others, unmodified.
test("@kafkajs/confluent-schema-registry registers, serialises, deserialises, evolves, and is refused", async () => {
  await using server = await startRegistry({ store: "sqlite::memory:", port: 0 });
  const client = new SchemaRegistry({ host: server.url });
  const avro = (...fields: object[]): string =>
    JSON.stringify({ type: "record", name: "Order", namespace: "shop", fields: [{ name: "id", type: "string" }, ...fields] });

  const first = await client.register({ type: SchemaType.AVRO, schema: avro() }, { subject: "order-value" });
  const second = await client.register(
    { type: SchemaType.AVRO, schema: avro({ name: "note", type: "string", default: "" }) },
    { subject: "order-value" },
  );
  assert.deepEqual([first.id, second.id], [1, 2]);
  const bytes = await client.encode(second.id, { id: "o-1", note: "hurry" });
  assert.deepEqual([...bytes.subarray(0, 5)], [0, 0, 0, 0, 2]);
  // Another process knows nothing but the bytes.
  const other = new SchemaRegistry({ host: server.url });
  assert.deepEqual({ ...((await other.decode(bytes)) as object) }, { id: "o-1", note: "hurry" });
  assert.equal(await other.getLatestSchemaId("order-value"), 2);
  assert.equal(await other.getRegistryId("order-value", 1), 1);
  await assert.rejects(
    client.register({ type: SchemaType.AVRO, schema: avro({ name: "total", type: "long" }) }, { subject: "order-value" }),
    /"\/total" has no default in the new schema; version 2 does not have it/,
  );

  const json = await client.register(
    {
      type: SchemaType.JSON,
      schema: JSON.stringify({ type: "object", properties: { id: { type: "string" } }, required: ["id"] }),
    },
    { subject: "customer-value", compatibility: COMPATIBILITY.FULL },
  );
  const encoded = await client.encode(json.id, { id: "c-1" });
  assert.deepEqual(await other.decode(encoded), { id: "c-1" });
  await assert.rejects(client.encode(json.id, { id: 1 }));
  const config = await (await fetch(`${server.url}/config/customer-value`)).json();
  assert.deepEqual(config, { compatibilityLevel: "FULL" });

  const proto = (field: string): string =>
    `syntax = "proto3"; package shop; message Bill { string id = 1; Line line = 2; } message Line { ${field} }`;
  const bill = await client.register({ type: SchemaType.PROTOBUF, schema: proto("string sku = 1;") }, { subject: "bill-value" });
  const message = await client.encode(bill.id, { id: "b-1", line: { sku: "s-1" } });
  assert.deepEqual(JSON.parse(JSON.stringify(await other.decode(message))), { id: "b-1", line: { sku: "s-1" } });
  const next = await client.register(
    { type: SchemaType.PROTOBUF, schema: proto("string sku = 1; int32 count = 2;") },
    { subject: "bill-value" },
  );
  assert.notEqual(next.id, bill.id);
  assert.equal(
    (await client.register({ type: SchemaType.PROTOBUF, schema: proto("string sku = 1 ;") }, { subject: "bill-value" })).id,
    bill.id,
  );
  await assert.rejects(
    client.register({ type: SchemaType.PROTOBUF, schema: proto("double sku = 1;") }, { subject: "bill-value" }),
    /"\/line\/sku" must be double in the new schema; version 2 allows string/,
  );
});
