import assert from "node:assert/strict";
import { test } from "node:test";
import { testService } from "@throughline/testing";
import { createMemoryLog, createMemoryStore, createService, defineEvent } from "throughline";
import * as z from "zod";
import { avro } from "../src/encodings/avro/index.ts";
import { protobuf } from "../src/encodings/protobuf/index.ts";

const order = {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int(), note: z.string().optional() }),
} as const;
const OrderCompleted = defineEvent("order.completed", {
  ...order,
  encoding: avro({
    type: "record",
    name: "OrderCompleted",
    fields: [
      { name: "order_id", type: "string" },
      { name: "total", type: "long" },
      { name: "note", type: ["null", "string"], default: null },
    ],
  }),
});
const InvoiceCreated = defineEvent("invoice.created", {
  ...order,
  encoding: protobuf('syntax = "proto3"; message Invoice { string order_id = 1; int64 total = 2; optional string note = 3; }'),
});

test("the test kit gives and shows events in Avro and Protobuf, without a registry", async () => {
  const store = createMemoryStore();
  const billing = createService({
    name: "billing",
    eventLog: createMemoryLog(),
    store,
    from: "earliest",
    publishes: [InvoiceCreated],
  });
  billing.on(OrderCompleted, "create-invoice", async ({ data }, ctx) => {
    await ctx.tx.put(`invoice:${data.order_id}`, data.total);
    await ctx.publish(InvoiceCreated, data);
  });
  await using t = await testService(billing);
  await t.when(OrderCompleted, { order_id: "o-1", total: 25 });
  assert.equal(store.get("invoice:o-1"), 25);
  const published = await t.published(InvoiceCreated);
  assert.deepEqual(
    published.map(({ data }) => data),
    [{ order_id: "o-1", total: 25 }],
  );
  const [all] = await t.published();
  assert.ok(all?.data instanceof Uint8Array, "of whatever contract, it is what stands on the log");
  await assert.rejects(t.when(OrderCompleted, { order_id: "o-1", total: 2 ** 53 }), /EVENT_INVALID|exactly|at most/);
});
