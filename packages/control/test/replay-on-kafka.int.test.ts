import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openKafkaLog } from "@throughline/kafka";
import { createMemoryStore, createService, defineEvent, jsonSchema } from "throughline";
import type { EventLog } from "throughline/seams";
import { type RunningKafka, startKafka } from "../../../scripts/services/kafka.ts";
import { testControl } from "./control-server.ts";
import { eventRecord } from "./small-log.ts";

const OrderCompleted = defineEvent("order.completed", {
  version: 1,
  subject: "order_id",
  data: jsonSchema<{ order_id: string }>({
    type: "object",
    properties: { order_id: { type: "string" } },
    required: ["order_id"],
  }),
});

let kafka: RunningKafka;
let log: EventLog;
before(async () => {
  kafka = await startKafka();
  log = await openKafkaLog(kafka.url);
});
after(async () => {
  await log.close();
  await kafka.close();
});

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + 60_000;
  while (!(await condition())) {
    assert.ok(Date.now() < endsAt, `it did not happen within 60 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test("on Kafka a rerun is planned and run by time and by offset, and each event that the plan counts is handled once", async (t) => {
  const startMs = Date.now() - 600_000;
  await log.createTopics([{ name: "order", partitions: 2 }]);
  const records = Array.from({ length: 40 }, (_, n) =>
    eventRecord({ id: `e-${n}`, type: "order.completed", subject: `o-${n}`, atMs: startMs + n * 1_000 }),
  );
  await log.append(records);
  const seen: string[] = [];
  const billingLog = await openKafkaLog(kafka.url);
  t.after(() => billingLog.close());
  const store = createMemoryStore();
  const billing = createService({ name: "billing", eventLog: billingLog, store, from: "earliest", log: { silent: true } });
  billing.on(OrderCompleted, "create-invoice", async ({ subject }, ctx) => void seen.push(`${ctx.epoch} ${subject}`));
  const running = await billing.start();
  t.after(() => running.close());
  const { app, get, indexer } = await testControl(t, log);
  indexer.start();
  const post = async (path: string, payload: object) => {
    const answer = await app.inject({ method: "POST", url: `/api/v1${path}`, payload });
    return { status: answer.statusCode, body: answer.json() };
  };
  const rerun = { service: "billing", handler: "create-invoice", kind: "rerun" };
  await until("live is done", async () => seen.length === 40);
  await until("it is announced", async () => (await post("/replays/plan", rerun)).status === 200);

  const ends = await log.offsets("order");
  const [first] = ends;
  const ranges = [
    { fromMs: startMs + 10_000, toMs: startMs + 20_000 },
    { places: [{ topic: "order", partition: first!.partition, fromOffset: 2, toOffset: first!.end - 1 }] },
    { subjects: ["o-7", "o-8"], toMs: startMs + 8_000 },
    { fromMs: Date.now() + 3_600_000 },
  ];
  const counts = [10, first!.end - 3, 1, 0];
  for (const [n, range] of ranges.entries()) {
    const { body: plan } = await post("/replays/plan", { ...rerun, ...range });
    assert.deepEqual([plan.handed["order.completed"], plan.counted.isWhole], [counts[n], true], JSON.stringify(range));
    const before = seen.length;
    let id = "";
    await until("it is taken", async () => {
      const { status, body } = await post("/replays", { ...rerun, ...range, reason: "totals" });
      id = body.id;
      return status === 202;
    });
    await until("it is done", async () => {
      const { state, problem } = (await get(`/replays/${id}`)).body;
      assert.notEqual(state, "refused", problem);
      return state === "done";
    });
    const handled = seen.slice(before);
    assert.equal(handled.length, counts[n], JSON.stringify(range));
    assert.ok(handled.every((one) => one.startsWith(`${n + 2} `)));
  }
});
