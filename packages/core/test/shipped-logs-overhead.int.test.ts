import assert from "node:assert/strict";
import { test } from "node:test";
import { eventRecord, isSettled, memory, OrderCompleted, service, until } from "./harness.ts";

const events = 2_000;
const rounds = 5;

/** Microseconds of this process's processor for each event, with a handler that logs one line. */
async function round(ship: boolean): Promise<number> {
  const parts = memory();
  await parts.log.createTopics([{ name: "order" }]);
  const records = Array.from({ length: events }, (_, n) =>
    eventRecord(OrderCompleted, { order_id: `o-${n}`, total: n }, null, { id: `e-${n}` }),
  );
  await parts.log.append(records);
  const billing = service("billing", parts.log, parts.store, { log: { destination: { write: () => {} }, ship } });
  billing.on(OrderCompleted, "create-invoice", ({ data }, ctx) => ctx.log.info({ total: data.total }, "invoice created"));
  const before = process.cpuUsage();
  const running = await billing.start();
  await until("all are handled", () => isSettled(parts.log, parts.store, ["order"]), 60_000);
  await running.close();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / events;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

test("shipping its lines costs a service far less than handling its events, in one run with and without", async (t) => {
  const without: number[] = [];
  const withIt: number[] = [];
  await round(true);
  for (let n = 0; n < rounds; n++) {
    without.push(await round(false));
    withIt.push(await round(true));
  }
  const [off, on] = [median(without), median(withIt)];
  t.diagnostic(`${off.toFixed(1)} µs an event without, ${on.toFixed(1)} µs with: ${(on - off).toFixed(1)} µs for each line`);
  // On a store in memory handling costs next to nothing, and so this is the worst that it can look.
  assert.ok(on < off * 2, `${on.toFixed(1)} µs with, ${off.toFixed(1)} µs without`);
});
