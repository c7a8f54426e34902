// Runs under runUntilSignal's watchdog, and does what it is told. node watched-program.ts WHAT
import { createMemoryLog, createMemoryStore, createService, runUntilSignal } from "../src/index.ts";
import { eventRecord, OrderUpdated } from "./harness.ts";

const [what] = process.argv.slice(2);
const log = createMemoryLog({ defaultPartitions: 1 });
const service = createService({ name: "watched", eventLog: log, store: createMemoryStore(), from: "earliest" });
service.on(OrderUpdated, "stand-still", async () => {
  if (what === "loop") for (;;);
  if (what === "microtasks") for (;;) await Promise.resolve();
});
await log.createTopics([{ name: "order" }]);
await log.append([eventRecord(OrderUpdated, { order_id: "o", total: 1 }, 1)]);
process.exitCode = await runUntilSignal(service, {
  standstillMs: what === "unwatched" ? 0 : 600,
  onStart: () => {
    process.stdout.write("started\n");
    if (what === "unwatched") {
      const endsAt = Date.now() + 1_500;
      while (Date.now() < endsAt);
      process.stdout.write("went on\n");
    }
  },
});
