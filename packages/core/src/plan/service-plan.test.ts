import assert from "node:assert/strict";
import { test } from "node:test";
import { adoptEvent, defineEvent } from "../contract/index.ts";
import { servicePlan } from "./service-plan.ts";

const data = {
  type: "object",
  properties: { order_id: { type: "string" }, tenant: { type: "string" }, mail: { type: "string" } },
  required: ["order_id"],
};
const OrderPaid = defineEvent<"order.paid", { order_id: string; tenant?: string; mail?: string }>("order.paid", {
  version: 3,
  subject: "order_id",
  tenant: "tenant",
  personal: ["mail"],
  description: "The money is here.",
  data,
  upcast: { 2: (old) => old, 1: (old) => old },
});
const LegacyOrder = adoptEvent<"legacy.order", { order_id: string }>("legacy.order", {
  version: 1,
  stream: "orders-v1",
  subject: "order_id",
  data,
  decode: () => null,
});

test("a plan tells what a service publishes and what each handler reads, as plain data", () => {
  const plan = servicePlan({
    service: "payments",
    version: "1.2.0",
    owner: "money",
    publishes: [OrderPaid, OrderPaid],
    handlers: [{ name: "import", order: "any", contracts: [LegacyOrder, OrderPaid] }],
    hasStore: true,
    shipsLogs: false,
  });
  assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
  assert.deepEqual([plan.service, plan.version, plan.owner, plan.group], ["payments", "1.2.0", "money", "payments"]);
  assert.deepEqual(plan.publishes, [
    {
      type: "order.paid",
      version: 3,
      stream: "order",
      subject: "order_id",
      tenant: "tenant",
      personal: ["mail"],
      description: "The money is here.",
      compacted: false,
      schema: OrderPaid.schema,
      upcasts: [1, 2],
      encoding: null,
      isAdopted: false,
    },
  ]);
  assert.deepEqual(
    plan.handlers.map(({ name, order, contracts }) => [name, order, contracts.map(({ type, isAdopted }) => [type, isAdopted])]),
    [
      [
        "import",
        "any",
        [
          ["legacy.order", true],
          ["order.paid", false],
        ],
      ],
    ],
  );
  assert.ok(plan.topics.some(({ spec, writes }) => spec.name === "order" && writes));
});

test("the topic of log lines is planned for a service that ships them, and for no other", () => {
  const parts = { service: "payments", version: "1", owner: null, publishes: [], handlers: [] };
  const topicsOf = (hasStore: boolean, shipsLogs: boolean) =>
    servicePlan({ ...parts, hasStore, shipsLogs }).topics.filter(({ spec }) => spec.name === "throughline.logs");
  assert.deepEqual(topicsOf(true, false), []);
  for (const hasStore of [true, false]) {
    const [planned] = topicsOf(hasStore, true);
    assert.deepEqual([planned?.creator, planned?.reads, planned?.writes], ["shared", false, true]);
    assert.deepEqual([planned?.spec.retentionMs, planned?.spec.retentionBytes], [7 * 86_400_000, 1024 ** 3]);
  }
});
