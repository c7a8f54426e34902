import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { it } from "node:test";
import * as z from "zod";
import { defineEvent, defineReader } from "../src/index.ts";
import type { MemoryLog } from "../src/index.ts";
import { type EventReceipt, readDeadLetter, redriveRecord } from "../src/system-topics/index.ts";
import { eventRecord, isSettled, memory, readAll, receipts, service, until } from "./harness.ts";
import { progress, replay } from "./replay-harness.ts";

const Order = defineEvent("order.completed", {
  version: 2,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int(), note: z.string().optional() }),
  upcast: { 1: ({ sum, ...old }: { order_id: string; sum: number }) => ({ ...old, total: sum }) },
});
const Total = defineReader(Order, { data: z.object({ total: z.int() }) });

const old = (order_id: string, sum: number, sequence: number) =>
  eventRecord(Order, { order_id, sum, other: "x" } as never, sequence, { version: 1 });
const now = (order_id: string, total: unknown, sequence: number) =>
  eventRecord(Order, { order_id, total, note: "n", later: { x: 1 } } as never, sequence);

async function letters(log: MemoryLog) {
  return (await readAll(log, "reader.dlt")).map((record) => readDeadLetter(record)).filter((letter) => letter !== null);
}

it("handlers of every kind get what their reader declares: live, from dead letters, redriven, edited and replayed", async () => {
  const { log, store } = memory(1);
  await log.createTopics([{ name: "order" }]);
  const seen: Record<string, unknown[]> = { one: [], batch: [], call: [], commit: [] };
  const told = (of: string, ...data: unknown[]) => seen[of]!.push(...data);
  const reader = service("reader", log, store);
  reader.on(Total, "one", ({ data, subject }) => void told("one", { ...data, subject }), {
    afterDeadLetter: "continue",
    onReset: () => undefined,
  });
  reader.onBatch(Total, "batch", (events) => void told("batch", ...events.map(({ data }) => data)), {
    afterDeadLetter: "continue",
  });
  reader.on(
    Total,
    "call",
    {
      call: async ({ data }) => told("call", data),
      commit: (_, { data }) => void told("commit", data),
    },
    { replay: "run", afterDeadLetter: "continue" },
  );
  await using _running = await reader.start();
  await log.append([now("o1", 1, 1), old("o2", 2, 1), now("o3", "three", 1)]);
  await until("all is handled", () => isSettled(log, store, ["order"]));
  await until("the letters", async () => (await letters(log)).length === 3);
  assert.deepEqual(seen["one"], [
    { total: 1, subject: "o1" },
    { total: 2, subject: "o2" },
  ]);
  for (const kind of ["batch", "call", "commit"]) {
    await until(kind, () => seen[kind]!.length === 2);
    assert.deepEqual(
      seen[kind]!.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
      [{ total: 1 }, { total: 2 }],
    );
  }

  // A dead letter, redriven with an edited payload that holds more than the reader names.
  const { letter, original } = (await letters(log)).find((each) => each.letter.handler === "one")!;
  const requestId = randomUUID();
  await log.append([
    redriveRecord({
      requestId,
      by: "ann",
      reason: null,
      atMs: Date.now(),
      force: false,
      action: "redrive",
      service: "reader",
      handler: "one",
      failureId: letter.failureId,
      original,
      editedValue: Buffer.from('{"order_id":"o3","total":3,"more":true}'),
    }),
  ]);
  await until("it ran", () => seen["one"]!.length === 3);
  assert.deepEqual(seen["one"].at(-1), { total: 3, subject: "o3" });
  await until("the redrive is answered", async () =>
    (await receipts(log)).some((receipt) => (receipt as EventReceipt).requestId === requestId),
  );

  const rebuilt = await replay(log, "one", { kind: "rerun" });
  await until("it has run again", async () => (await progress(log, rebuilt))?.state === "done");
  assert.deepEqual(seen["one"].slice(3, 5), [
    { total: 1, subject: "o1" },
    { total: 2, subject: "o2" },
  ]);
});

it("what a reader is made of cannot be published, nor declared as published", async () => {
  const { log, store } = memory(1);
  const billing = service("billing", log, store, { publishes: [Order] });
  {
    await using _running = await billing.start();
    await assert.rejects(billing.publish(Total, { total: 1 }, { tx: "none" }), {
      code: "CONTRACT_READ_ONLY",
      message: /defineReader/,
    });
  }
  await assert.rejects(service("other", log, memory().store, { publishes: [Total] }).start(), {
    code: "SERVICE_CANNOT_START",
    message: /it is to publish "order.completed" with what defineReader made of it/,
  });
});

it("a service may read an adopted topic with a reader beside the contract itself", async () => {
  const { log, store } = memory(1);
  await log.createTopics([{ name: "legacy" }]);
  const { adoptEvent } = await import("../src/index.ts");
  const Legacy = adoptEvent("legacy.order", {
    stream: "legacy",
    version: 1,
    subject: "order_id",
    data: z.object({ order_id: z.string(), state: z.string() }),
    decode: ({ value }) => {
      const { id, ...data } = JSON.parse(value?.toString() ?? "") as { id: string; order_id: string; state: string };
      return { id, data };
    },
  });
  const seen: unknown[] = [];
  const reader = service("reader", log, store);
  reader.on(defineReader(Legacy, { data: z.object({ state: z.string() }) }), "less", ({ data }) => void seen.push(data));
  reader.on(Legacy, "more", ({ data }) => void seen.push(data));
  await using _running = await reader.start();
  await log.append([{ topic: "legacy", key: null, value: Buffer.from('{"id":"1","order_id":"o","state":"s"}'), headers: [] }]);
  await until("both saw it", () => seen.length === 2);
  assert.deepEqual(
    seen.toSorted((a, b) => JSON.stringify(a).length - JSON.stringify(b).length),
    [{ state: "s" }, { order_id: "o", state: "s" }],
  );
});
