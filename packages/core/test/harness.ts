import * as z from "zod";
import {
  createMemoryLog,
  createMemoryStore,
  createService,
  defineEvent,
  encodeEvent,
  type EventContract,
  type MemoryLog,
  type MemoryStore,
  type MemoryTx,
  type Service,
  type ServiceOptions,
  withSequence,
} from "../src/index.ts";
import type { EventLog, LogRecord, NewRecord } from "../src/seams/index.ts";
import { type Receipt, readReceipt } from "../src/system-topics/index.ts";

const order = z.object({ order_id: z.string(), total: z.int() });
export const OrderCreated = defineEvent("order.created", { version: 1, subject: "order_id", data: order });
export const OrderUpdated = defineEvent("order.updated", { version: 1, subject: "order_id", data: order });
export const OrderCompleted = defineEvent("order.completed", { version: 1, subject: "order_id", data: order });
export const InvoiceCreated = defineEvent("invoice.created", { version: 1, subject: "order_id", data: order });

export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const endsAt = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endsAt) throw new Error(`it did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

export function service(
  name: string,
  log: EventLog,
  store: MemoryStore,
  options: Partial<ServiceOptions<MemoryTx>> = {},
): Service<MemoryTx> {
  return createService({
    name,
    eventLog: log,
    store,
    from: "earliest",
    log: { silent: true },
    retryDelaysMs: [3, 5, 8],
    ...options,
  });
}

export function memory(partitions = 3): { log: MemoryLog; store: MemoryStore } {
  return { log: createMemoryLog({ defaultPartitions: partitions }), store: createMemoryStore() };
}

let counter = 0;

/** A record as the relay of an orders service would append it. */
export function eventRecord(
  contract: EventContract,
  data: { order_id: string; total: number },
  sequence: number | null,
  more: { id?: string; timestampMs?: number; sequenceEpoch?: number; version?: number } = {},
): NewRecord {
  const id = more.id ?? `01900000-0000-7000-8000-${String(++counter).padStart(12, "0")}`;
  const { key, value, headers } = encodeEvent({
    id,
    source: "orders",
    type: contract.type,
    subject: data.order_id,
    timeMs: more.timestampMs ?? Date.now(),
    dataVersion: more.version ?? contract.version,
    data,
    correlationId: `c-${data.order_id}`,
  });
  const numbered = sequence === null ? headers : withSequence(headers, sequence, more.sequenceEpoch ?? 0);
  return {
    topic: contract.stream,
    key,
    value,
    headers: numbered,
    ...(more.timestampMs === undefined ? {} : { timestampMs: more.timestampMs }),
  };
}

export async function readAll(log: MemoryLog, topic: string): Promise<LogRecord[]> {
  if (!(await log.topics()).some(({ name }) => name === topic)) return [];
  const records: LogRecord[] = [];
  for (const { partition } of await log.offsets(topic))
    for await (const batch of log.read({ topic, partition, fromOffset: 0 })) records.push(...batch);
  return records;
}

export async function receipts(log: MemoryLog): Promise<Receipt[]> {
  return (await readAll(log, "throughline.receipts"))
    .map(({ value }) => readReceipt(value))
    .filter((receipt) => receipt !== null);
}

/** True when the handler's live cursors stand at the ends and nothing waits. */
export async function isSettled(log: MemoryLog, store: MemoryStore, topics: readonly string[]): Promise<boolean> {
  return store.unitOfWork(async (unit) => {
    const cursors = await unit.cursors.list();
    const waiting = (await unit.parked.counts()).filter(({ state }) => state === "waiting");
    if (waiting.length > 0) return false;
    for (const topic of topics) {
      for (const { partition, end } of await log.offsets(topic)) {
        const here = cursors.filter(
          (cursor) => cursor.topic === topic && cursor.partition === partition && cursor.untilOffset === null,
        );
        if (here.length === 0 || here.some((cursor) => cursor.offset < end)) return false;
      }
    }
    return true;
  });
}

/** As after a crash before any receipt was sent. */
export async function forgetReports(store: MemoryStore): Promise<void> {
  await store.unitOfWork(async (unit) => {
    for (const cursor of await unit.cursors.list()) {
      await unit.cursors.remove(cursor, cursor.offset);
      await unit.cursors.add([{ ...cursor, reportedOffset: 0 }]);
    }
  });
}
