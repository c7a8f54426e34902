import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { sqlite } from "@throughline/sqlite";
import { createMemoryLog, createMemoryStore, createService, defineEvent, systemSurroundings } from "throughline";
import { markRecord } from "throughline/system-topics";
import { runCommand } from "../../test/run-command.ts";
import { storesByUrl } from "../adapters.ts";

const Placed = defineEvent<"order.placed", { order_id: string; n: number }>("order.placed", {
  version: 1,
  subject: "order_id",
  data: { type: "object", properties: { order_id: { type: "string" }, n: { type: "integer" } }, required: ["order_id", "n"] },
});

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > endsAt) throw new Error(`it did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** An orders service that sent n events, and the store as it was after the first. */
async function orders(t: TestContext, count: number) {
  const log = createMemoryLog({ defaultPartitions: 1 });
  const store = createMemoryStore();
  const service = createService({ name: "orders", eventLog: log, store, log: { silent: true } });
  const running = await service.start();
  t.after(() => running.close());
  const publish = async (order_id: string, n: number) => service.publish(Placed, { order_id, n }, { tx: "none" });
  const isSent = () => store.unitOfWork(async (unit) => (await unit.outbox.backlog()).count === 0);
  await publish("o-0", 0);
  await until("the first is sent", isSent);
  const backup = store.snapshot();
  for (let n = 1; n < count; n++) await publish(`o-${n}`, n);
  await until("all are sent", isSent);
  return { log, store, publish, isSent, backup };
}

test("store recover has nothing to do where nothing was put back", async (t) => {
  const { log, store } = await orders(t, 3);
  const { exitCode, stdout } = await runCommand(log, ["store", "recover", "--store", "x"], { store });
  assert.equal(exitCode, 0);
  assert.match(stdout, /gives numbers in numbering 0 and has given 3[^]*there is nothing to recover/);
  const json = (await runCommand(log, ["store", "recover", "--store", "x", "--json"], { store })).json();
  assert.deepEqual([json.behind, json.recovered, json.opens], [null, false, null]);
});

test("store recover shows what was undone, asks, and opens the next numbering", async (t) => {
  const { log, store, publish, isSent, backup } = await orders(t, 15);
  store.restore(backup);
  await publish("o-1", 99);
  const args = ["store", "recover", "--store", "x"];
  const refused = await runCommand(log, args, { store });
  assert.equal(refused.exitCode, 2);
  assert.match(refused.stdout, /behind the log: the log holds number 1 \(numbering 0\) of subject "o-1"/);
  assert.match(refused.stdout, /14 events of 14 subjects stand in the log though this store knows nothing of them/);
  assert.match(refused.stdout, /… and 4 more/);
  assert.match(refused.stdout, /open numbering 1/);
  assert.equal(await isSent(), false, "without an answer nothing is written");
  const dry = await runCommand(log, [...args, "--dry-run", "--json"], { store });
  assert.deepEqual([dry.json().recovered, dry.json().undone.events, dry.json().waiting], [false, 14, 1]);
  const done = await runCommand(log, [...args, "--yes", "--json"], { store });
  assert.equal(done.exitCode, 0);
  assert.deepEqual([done.json().recovered, done.json().opens], [true, 1]);
  await until("the running service goes on", isSent);
  const { numbering } = (await runCommand(log, [...args, "--json"], { store })).json();
  assert.equal(numbering, 1);
});

test("store recover takes a numbering from the log, never one that was used", async (t) => {
  const { log, store, publish, isSent, backup } = await orders(t, 2);
  const recover = async () => (await runCommand(log, ["store", "recover", "--store", "x", "--yes", "--json"], { store })).json();
  for (const opens of [1, 2, 3]) {
    store.restore(backup);
    await publish("o-1", 1);
    assert.equal((await recover()).opens, opens);
    await until("it is sent", isSent);
  }
});

test("store recover believes a mark whose events retention has removed", async (t) => {
  const { log, store, publish } = await orders(t, 1);
  const { storeId } = await store.unitOfWork((unit) => unit.outbox.numbering());
  await log.append([markRecord({ service: "orders", storeId, sequenceEpoch: 5, given: 9, atMs: 1, ends: {} })]);
  await publish("o-1", 1);
  const { behind, opens } = (await runCommand(log, ["store", "recover", "--store", "x", "--yes", "--json"], { store })).json();
  assert.match(behind, /numbering 0, and the log was sent events of numbering 5/);
  assert.equal(opens, 6);
});

test("store stopped lists what the log refused, and store repair lets it go on", async (t) => {
  const { log, store, publish } = await orders(t, 1);
  let isRefusing = true;
  log.refuse(({ key }) =>
    isRefusing &&
    Buffer.from(key ?? [])
      .toString()
      .startsWith("bad")
      ? "forbidden"
      : undefined,
  );
  const id = await publish("bad-1", 1);
  await publish("bad-1", 2);
  const other = await publish("bad-2", 1);
  const stopped = () => store.unitOfWork((unit) => unit.outbox.stopped());
  await until("both subjects stop", async () => (await stopped()).length === 2);
  const list = await runCommand(log, ["store", "stopped", "--store", "x"], { store });
  assert.match(list.stdout, /bad-1[^]*LOG_RECORD_REFUSED: [^]*bad-2/);
  const run = (...args: string[]) => runCommand(log, ["store", "repair", "--store", "x", ...args], { store });
  for (const args of [["--retry"], [id], [id, "--retry", "--skip"], [id, "--all", "--retry"]])
    assert.equal((await run(...args, "--yes")).exitCode, 2);
  assert.equal((await run("nothing", "--retry", "--yes")).exitCode, 1);
  assert.equal((await run(id, "--retry")).exitCode, 2, "nobody confirmed");
  isRefusing = false;
  assert.equal((await run(id, "--retry", "--yes")).exitCode, 0);
  assert.equal((await run("--all", "--skip", "--yes", "--json")).json().repaired[0].eventId, other);
  await until("all is sent", () => store.unitOfWork(async (unit) => (await unit.outbox.backlog()).count === 0));
  assert.match((await runCommand(log, ["store", "stopped", "--store", "x"], { store })).stdout, /No subject is stopped/);
});

test("store migrate and store sql leave the same tables, which a service then opens", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-store-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const tables = (file: string) => {
    const db = new DatabaseSync(file);
    const rows = db.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name").all();
    db.close();
    return rows;
  };
  const [own, theirs] = [join(folder, "own.db"), join(folder, "theirs.db")];
  for (const file of [own, theirs]) new DatabaseSync(file).close();
  const applied = await storesByUrl.migrate(`sqlite:${own}`, 1);
  assert.ok(applied.length > 0);
  assert.deepEqual(await storesByUrl.migrate(`sqlite:${own}`, 1), []);
  const db = new DatabaseSync(theirs);
  db.exec(storesByUrl.sql(`sqlite:${theirs}`, 0));
  db.exec(storesByUrl.sql(`sqlite:${theirs}`, applied.length));
  db.close();
  assert.deepEqual(tables(theirs), tables(own));
  await assert.rejects(storesByUrl.open(`sqlite:${theirs}`), { code: "CLI_STORE_UNCLAIMED" });
  const store = sqlite({ file: theirs, migrate: false });
  await store.open({ service: "orders", surroundings: systemSurroundings });
  await store.close();
  const opened = await storesByUrl.open(`sqlite:${theirs}`);
  assert.equal(opened.service, "orders");
  await opened.store.close();
});
