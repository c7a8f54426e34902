/**
 * What shipping its lines costs a service: prints microseconds of the processor for each event, without and with, of a handler that logs
 * one line. Rounds take turns in this process, which is none of the test runner's: that one watches every promise.
 */
import { eventRecord, isSettled, memory, OrderCompleted, service, until } from "./harness.ts";

const events = 4_000;
const rounds = 5;

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

const measured = { without: [] as number[], with: [] as number[] };
await round(true);
for (let n = 0; n < rounds; n++) {
  measured.without.push(await round(false));
  measured.with.push(await round(true));
}
console.log(JSON.stringify({ without: median(measured.without), with: median(measured.with) }));
