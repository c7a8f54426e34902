import assert from "node:assert/strict";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { createService, defineEvent } from "throughline";
import { openSqliteLog, sqlite } from "../src/index.ts";
import { testFolder } from "./store-fixture.ts";

const Placed = defineEvent<"order.placed", { order_id: string; n: number }>("order.placed", {
  version: 1,
  subject: "order_id",
  data: { type: "object", properties: { order_id: { type: "string" }, n: { type: "integer" } }, required: ["order_id", "n"] },
});

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > endsAt) assert.fail(`it did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("a backup that is put in the place of a running service's file is noticed, and nothing is published from it", async (t) => {
  const folder = await testFolder(t);
  const [file, backup] = [join(folder, "orders.db"), join(folder, "backup.db")];
  const store = sqlite({ file });
  const log = await openSqliteLog(join(folder, "events.db"));
  t.after(() => log.close());
  const orders = createService({ name: "orders", eventLog: log, store, log: { silent: true } });
  await using running = await orders.start();
  const publish = (n: number) => orders.publish(Placed, { order_id: "o", n }, { tx: "none" });
  const isSent = () => store.unitOfWork(async (unit) => (await unit.outbox.backlog()).count === 0);
  const sent = async () => (await log.offsets("order")).reduce((sum, { end }) => sum + end, 0);
  await publish(1);
  await until("it is sent", isSent);
  const copy = new DatabaseSync(file);
  copy.exec(`VACUUM INTO '${backup}'`);
  copy.close();
  await publish(2);
  await publish(3);
  await until("they are sent", isSent);

  for (const suffix of ["-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
  renameSync(backup, file);
  await until("the service sees what was put back", async () => !(await running.health()).ready);
  await publish(4);
  assert.match((await running.health()).problems.join(), /the store of "orders" is behind the event log/);
  assert.equal(await sent(), 3);

  const { sequenceEpoch } = await store.unitOfWork((unit) => unit.outbox.numbering());
  await store.unitOfWork((unit) => unit.outbox.openNumbering(sequenceEpoch + 1));
  await until("it goes on", async () => (await sent()) === 4);
  assert.deepEqual((await running.health()).problems, []);
});
