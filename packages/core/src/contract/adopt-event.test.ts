import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { adoptEvent, isAdopted } from "./adopt-event.ts";
import { defineEvent } from "./define-event.ts";
import type { EventData } from "./event-contract.ts";
import { isContract } from "./is-contract.ts";

const options = {
  stream: "orders-v1",
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), state: z.string() }),
  decode: () => ({ id: "c1", data: { order_id: "o1", state: "open" } }),
} as const;

test("an adopting contract is a contract, with its decoder in it", () => {
  const LegacyOrder = adoptEvent("legacy.order-changed", {
    ...options,
    tenant: "state",
    description: "What the mainframe says.",
  });
  assert.ok(isContract(LegacyOrder) && isAdopted(LegacyOrder) && Object.isFrozen(LegacyOrder));
  assert.equal(LegacyOrder.stream, "orders-v1");
  assert.equal(LegacyOrder.decode, options.decode);
  assert.deepEqual([LegacyOrder.tenant, LegacyOrder.description], ["state", "What the mainframe says."]);
  assert.ok(!isAdopted(defineEvent("order.changed", { version: 1, subject: "order_id", data: options.data })));
});

test("every problem of a definition is told at once, what adopting asks for included", () => {
  const { stream: _, decode: __, ...without } = options;
  assert.throws(() => adoptEvent("Legacy", { ...without, subject: "nothing" } as never), {
    code: "CONTRACT_INVALID",
    message: /\/type .*\/stream must name the existing topic; \/decode must be a function .*\/subject /,
  });
  assert.throws(() => adoptEvent("legacy.order", { ...options, stream: "billing.dlt" }), { code: "CONTRACT_INVALID" });
});

test("the data's type is the schema's, and decode must answer with it", () => {
  const LegacyOrder = adoptEvent("legacy.order-changed", options);
  const data: EventData<typeof LegacyOrder> = { order_id: "o1", state: "open" };
  assert.equal(data.state, "open");
  // @ts-expect-error: state is a string
  adoptEvent("legacy.order-changed", { ...options, decode: () => ({ id: "c1", data: { order_id: "o1", state: 1 } }) });
  // @ts-expect-error: an event is known by its id
  adoptEvent("legacy.order-changed", { ...options, decode: () => ({ data: { order_id: "o1", state: "open" } }) });
});
