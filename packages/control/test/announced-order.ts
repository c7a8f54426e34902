import type { NewRecord } from "throughline/seams";
import { announcedContracts, contractsRecord, type PublishedContract, type ReadContract } from "throughline/system-topics";
import { encodeEvent, withSequence } from "throughline";
import type { SmallLog } from "./small-log.ts";

const text = { type: "string" };

/** What the orders service of these tests promises: its customer's e-mail address is personal. */
export const orderCompleted: PublishedContract = {
  type: "order.completed",
  version: 1,
  stream: "order",
  subject: "order_id",
  tenant: null,
  personal: ["customer.email"],
  compacted: false,
  schema: {
    type: "object",
    properties: {
      order_id: text,
      total: { type: "integer" },
      customer: { type: "object", properties: { email: text, name: text } },
    },
    required: ["order_id", "total"],
    additionalProperties: false,
  },
};

/** Announces that orders publishes it, and, where a handler of billing is named, that it reads it. */
export async function announceOrder(small: SmallLog, handler?: string, contract = orderCompleted): Promise<void> {
  const orders = announcedContracts("orders", { publishes: [contract], handlers: [] });
  await small.append(contractsRecord(orders));
  await small.announce("orders", [], { publishes: [contract.type], contracts: orders.hash, atMs: Date.now() });
  if (handler === undefined) return;
  const { compacted: _, ...facts } = contract;
  const read: ReadContract = { ...facts, lifts: [], adopted: false };
  const billing = announcedContracts("billing", {
    publishes: [],
    handlers: [{ name: handler, order: "sequential", reads: [read] }],
  });
  await small.append(contractsRecord(billing));
  await small.announce("billing", [{ name: handler }], { contracts: billing.hash, atMs: Date.now() });
}

/** An order's event with data as it is written here, so that no number is rounded on its way. */
export function orderRecord(
  data: string,
  more: { subject?: string; id?: string; tenantId?: string; atMs?: number } = {},
): NewRecord {
  const { subject = "o-1", id = "e-1", tenantId = null, atMs = Date.now() } = more;
  const { key, headers } = encodeEvent({
    id,
    source: "orders",
    type: "order.completed",
    subject,
    timeMs: atMs,
    dataVersion: 1,
    data: {},
    correlationId: "flow-1",
    tenantId,
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  });
  return { topic: "order", key, value: Buffer.from(data), headers: withSequence(headers, 1, 0), timestampMs: atMs };
}
