import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { until } from "./bad-input/until.ts";
import { countIn, eventsIn, numbersAstray, rowsOf } from "./outbox/evidence.ts";
import { startProgram, throughline } from "./outbox/processes.ts";
import { isSoak, sizes } from "./sizes.ts";

/** How long the service goes on after the backup, and how many events it publishes in that time at least. */
const backupAgeMs = sizes({ test: 3_000, soak: 30_000 });
const undoneAtLeast = sizes({ test: 200, soak: 2_000 });
const patienceMs = 60_000;

test(
  `an orders store put back to a backup of ${backupAgeMs / 1_000} s ago under load: one clear error, store recover goes on, and nobody loses or doubles an event silently`,
  { timeout: isSoak ? 600_000 : 180_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "throughline-restored-"));
    let held = false;
    t.after(() => {
      if (held) rmSync(folder, { recursive: true, force: true });
      else t.diagnostic(`data is in ${folder}`);
    });
    const [events, file, backup] = [join(folder, "events.db"), join(folder, "orders.db"), join(folder, "backup.db")];
    const consumers = [
      { name: "billing", order: "sequential" },
      { name: "analytics", order: "any" },
    ].map((one) => ({ ...one, file: join(folder, `${one.name}.db`) }));

    const orders = startProgram(t, "e2e/outbox/publisher.ts", events, file, "orders-1");
    await until("orders are placed", () => orders.lines.filter((line) => line.startsWith("placed")).length > 100, patienceMs);
    const running = consumers.map((one) => startProgram(t, "e2e/outbox/consumer.ts", events, one.file, one.name, one.order));
    const handled = (of: { file: string }): { event_id: string; order_id: string; n: number }[] =>
      existsSync(of.file) && tableExists(of.file)
        ? rowsOf(of.file, "SELECT event_id, order_id, n FROM handled ORDER BY place")
        : [];
    for (const one of consumers) await until(`${one.name} handles them`, () => handled(one).length > 100, patienceMs);

    // A backup, as one makes it: consistent, while the service works.
    exec(file, `VACUUM INTO '${backup}'`);
    const sentBefore = await countIn(events, "order");
    await pause(backupAgeMs);
    await until("many were sent since", async () => (await countIn(events, "order")) - sentBefore > undoneAtLeast, patienceMs);

    orders.child.kill("SIGKILL");
    await orders.ended;
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
    copyFileSync(backup, file);

    const again = startProgram(t, "e2e/outbox/publisher.ts", events, file, "orders-1");
    const errors = (): string[] => again.lines.filter((line) => line.includes("STORE_BEHIND_LOG"));
    await until("it says that its store is behind", () => errors().length > 0, patienceMs);
    const sentWhenStopped = await countIn(events, "order");
    const backlog = (): number => rowsOf<{ n: number }>(file, "SELECT count(*) AS n FROM throughline_outbox")[0]?.n ?? 0;
    await until("what it publishes waits in the outbox", () => backlog() > 200, patienceMs);
    assert.equal(await countIn(events, "order"), sentWhenStopped, "nothing is sent");
    assert.equal(errors().length, 1, "one error");
    assert.match(errors()[0] ?? "", /the store of \\"orders\\" is behind the event log: .*throughline store recover/);

    const args = ["store", "recover", "--store", `sqlite:${file}`, "--events", `sqlite:${events}`];
    const looked = await throughline(t, ...args, "--dry-run");
    assert.equal(looked["recovered"], false);
    const recovered = await throughline(t, ...args, "--yes");
    assert.deepEqual([recovered["recovered"], recovered["opens"]], [true, 1]);
    await until("it goes on", async () => (await countIn(events, "order")) > sentWhenStopped + 300, patienceMs);

    again.child.kill("SIGTERM");
    assert.equal(await again.ended, 0);
    assert.equal(backlog(), 0, "what was published has left");

    // From here on: only the databases and the log.
    const present = rowsOf<{ event_id: string; order_id: string; n: number }>(
      file,
      "SELECT event_id, order_id, n FROM placed ORDER BY id",
    );
    for (const one of consumers)
      await until(
        `${one.name} has handled the present history`,
        () => {
          const ids = new Set(handled(one).map(({ event_id }) => event_id));
          return present.every(({ event_id }) => ids.has(event_id));
        },
        patienceMs,
      );
    for (const { child } of running) child.kill("SIGTERM");
    for (const { ended } of running) assert.equal(await ended, 0);

    const sent = await eventsIn(events, "order");
    assert.deepEqual(numbersAstray(sent), []);
    const presentIds = new Set(present.map(({ event_id }) => event_id));
    const undone = new Set(sent.map(({ id }) => id).filter((id) => !presentIds.has(id)));
    t.diagnostic(`${present.length} events of the present history, ${undone.size} undone and reported`);
    assert.ok(undone.size > undoneAtLeast / 2, `${undone.size} were undone`);
    const report = recovered["undone"] as { events: number; examples: { id: string }[] };
    assert.equal(report.events, undone.size, "each is reported");
    assert.deepEqual(
      report.examples.filter(({ id }) => !undone.has(id)),
      [],
    );
    for (const one of consumers) {
      const rows = handled(one);
      assert.equal(new Set(rows.map(({ event_id }) => event_id)).size, rows.length, `${one.name} handled none twice`);
      assert.deepEqual(
        rows.filter(({ event_id }) => !presentIds.has(event_id) && !undone.has(event_id)),
        [],
      );
      assert.deepEqual(rowsOf(one.file, "SELECT reason FROM throughline_parked"), [], `${one.name} holds nothing`);
      assert.equal(await countIn(events, `${one.name}.dlt`), 0, `${one.name} has no dead letters`);
    }
    // In order: each subject's present history as it was committed.
    const byOrder = (rows: readonly { event_id: string; order_id: string }[]) =>
      Object.fromEntries(
        [...Map.groupBy(rows, ({ order_id }) => order_id)]
          .toSorted(([a], [b]) => a.localeCompare(b))
          .map(([order_id, of]) => [order_id, of.map(({ event_id }) => event_id)]),
      );
    assert.deepEqual(byOrder(handled(consumers[0]!).filter(({ event_id }) => presentIds.has(event_id))), byOrder(present));
    held = true;
  },
);

function exec(file: string, sql: string): void {
  const db = new DatabaseSync(file, { timeout: 10_000 });
  try {
    db.exec(sql);
  } finally {
    db.close();
  }
}

const tableExists = (file: string): boolean =>
  rowsOf(file, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'handled'").length > 0;
