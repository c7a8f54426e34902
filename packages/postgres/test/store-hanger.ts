/** Locks a cursor and writes an inbox row, and then hangs inside its transaction. Arguments: address, limit in milliseconds. */
import { systemSurroundings } from "throughline";
import { postgres } from "../src/index.ts";

const [, , url = "", limit = ""] = process.argv;
const store = postgres({ url, transactionLimitMs: Number(limit) });
await store.open({ service: "billing", surroundings: systemSurroundings });
// The store's own timers keep no process alive.
const alive = setInterval(() => undefined, 1_000);
const outcome = await store
  .unitOfWork(async (unit) => {
    const run = { handlerId: 1, epoch: 1 };
    await unit.cursors.lock({ ...run, topicId: "t", partition: 0 });
    await unit.inbox.add(run, [{ key: "k", partition: 0, offset: 0, outcome: "applied", handledAtMs: 1, durationMicros: 1 }]);
    process.stdout.write("hanging\n");
    await new Promise(() => undefined);
  })
  .then(
    () => "committed",
    (error: { code: string }) => error.code,
  );
process.stdout.write(`${outcome}\n`);
clearInterval(alive);
await store.close();
