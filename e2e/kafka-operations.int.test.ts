import assert from "node:assert/strict";
import { test } from "node:test";
import { openKafkaLog } from "@throughline/kafka";
import { createMemoryStore, createService, defineEvent } from "throughline";
import * as z from "zod";
import { startKafka } from "../scripts/services/kafka.ts";
import { until } from "./bad-input/until.ts";
import { startProgram, throughline } from "./outbox/processes.ts";

const OrderCompleted = defineEvent("order.completed", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int() }),
});

test("a service on Kafka is seen, paused, resumed and healed from the command line", { timeout: 280_000 }, async (t) => {
  await using kafka = await startKafka();
  const handled: string[] = [];
  let isBroken = true;
  const store = createMemoryStore();
  const service = createService({
    name: "billing",
    eventLog: () => openKafkaLog({ url: kafka.url, topicPollMs: 500 }),
    store,
    from: "earliest",
    publishes: [OrderCompleted],
    retryDelaysMs: [50],
    log: { silent: true },
  });
  service.on(OrderCompleted, "create-invoice", ({ data }) => {
    if (data.order_id === "poison" && isBroken) throw new Error("the tax table has no such country");
    handled.push(`${data.order_id} ${data.total}`);
  });
  await using _running = await service.start();
  const publish = (order_id: string, total: number): Promise<unknown> =>
    store.transaction(async (tx) => service.publish(OrderCompleted, { order_id, total }, { tx }));
  const on = (...args: string[]): Promise<Record<string, unknown>> => throughline(t, ...args, "--events", kafka.url);

  const tail = startProgram(
    t,
    "packages/cli/src/main.ts",
    "events",
    "tail",
    "order",
    "--from",
    "earliest",
    "--events",
    kafka.url,
    "--json",
  );
  await publish("poison", 1);
  await publish("fine", 2);
  await until("the healthy one is handled", () => handled.includes("fine 2"), 60_000);
  await until("it is shown", () => tail.lines.some((line) => line.includes("fine")), 60_000);
  tail.child.kill("SIGTERM");
  await tail.ended;

  const failures = async (): Promise<string> => JSON.stringify(await on("failed"));
  await until("the other one is a dead letter", async () => (await failures()).includes("tax table"), 60_000);
  isBroken = false;
  await on("redrive", "--service", "billing", "--yes");
  await until("it is handled after the redrive", () => handled.includes("poison 1"), 60_000);
  assert.ok(!(await failures()).includes("tax table"));

  await on("pause", "billing", "create-invoice", "--note", "the tax table is being loaded");
  await publish("waits", 3);
  assert.match(JSON.stringify(await on("lag")), /billing/);
  assert.ok(!handled.includes("waits 3"));
  await on("resume", "billing", "create-invoice", "--note", "it is loaded");
  await until("it goes on", () => handled.includes("waits 3"), 60_000);

  assert.match(JSON.stringify(await on("flow", "--subject", "waits")), /create-invoice/);
  const doctor = startProgram(t, "packages/cli/src/main.ts", "doctor", "--events", kafka.url, "--json");
  await doctor.ended;
  assert.match(doctor.lines.join("\n"), /billing/);
});
