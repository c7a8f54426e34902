import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import type { EventLog } from "throughline";
import { commandRecord } from "throughline/system-topics";
import { readTopic } from "../examples/shop/driver/log-reading.ts";
import { until } from "../examples/shop/driver/until.ts";
import { KilledInstances } from "./replay/killed-instances.ts";
import { callsFile, openLog, storeFile } from "./replay/ledger.ts";
import { type Expected, Orders } from "./replay/orders.ts";
import { sizes } from "./sizes.ts";

const history = sizes({ test: 20_000, soak: 100_000 });
const seed = Number(process.env.THROUGHLINE_REPLAY_SEED ?? 20_261_125);

type Rows = Record<string, string | number | null>[];

/** What the checks read: the log, and the service's own database. */
class Bench {
  readonly folder: string;
  readonly log: EventLog;
  readonly orders: Orders;
  readonly instances: KilledInstances;
  /** Whatever a failed run left behind tells why. */
  isGood = false;
  #db: DatabaseSync | undefined;
  #ends = new Map<string, number>();

  constructor(folder: string, log: EventLog) {
    this.folder = folder;
    this.log = log;
    this.orders = new Orders(log, 2_000);
    this.instances = new KilledInstances({ folder, instances: 2, seed, cursors: () => this.cursors() });
  }

  all(sql: string): Rows {
    this.#db ??= new DatabaseSync(storeFile(this.folder), { readOnly: true });
    return this.#db.prepare(sql).all() as Rows;
  }

  count(sql: string): number {
    return Number(this.all(`SELECT count(*) AS n FROM (${sql})`)[0]?.n);
  }

  cursors(): Map<string, { offset: number; isAtEnd: boolean }> {
    const rows = this.all(
      "SELECT handler_id || '/' || epoch || '/' || partition AS place, partition, next_offset AS at, until_offset AS last FROM throughline_cursors WHERE topic = 'order'",
    );
    return new Map(
      rows.map(({ place, partition, at, last }) => [
        String(place),
        { offset: Number(at), isAtEnd: Number(at) >= (last === null ? (this.#ends.get(String(partition)) ?? 0) : Number(last)) },
      ]),
    );
  }

  async lookAtEnds(): Promise<void> {
    this.#ends = new Map((await this.log.offsets("order")).map(({ partition, end }) => [String(partition), end]));
  }

  async settled(): Promise<boolean> {
    await this.lookAtEnds();
    const cursors = [...this.cursors().values()];
    const waiting = this.count("SELECT 1 FROM throughline_parked WHERE state = 'waiting'");
    return cursors.length >= 4 && cursors.every(({ isAtEnd }) => isAtEnd) && waiting === 0;
  }

  async replay(handler: string, kind: "rebuild" | "rerun", ratePerSecond: number | null = null): Promise<string> {
    const commandId = randomUUID();
    const range = { fromMs: null, toMs: null, types: null, subjects: null };
    const about = { commandId, service: "ledger", handler, by: "ann", reason: null, atMs: Date.now() };
    await this.log.append([commandRecord({ command: "replay", kind, range, ratePerSecond, publish: false, ...about })]);
    await until(`the ${kind} of ${handler} has begun`, () => this.stateOf(commandId) !== null);
    return commandId;
  }

  stateOf(commandId: string): string | null {
    const [row] = this.all(`SELECT state FROM throughline_epochs WHERE command_id = '${commandId}'`);
    return row === undefined ? null : String(row.state);
  }

  close(): void {
    this.#db?.close();
  }
}

const ledger = "SELECT event_id AS id, subject, sequence, balance FROM ledger";
const byId = (rows: Rows): string[] => rows.map((row) => JSON.stringify(row)).sort();
const expectedRows = (expected: readonly Expected[]): string[] =>
  expected.map(({ id, subject, sequence, balance }) => JSON.stringify({ id, subject, sequence, balance })).sort();

/** Compares without printing a hundred thousand rows. */
function assertSame(actual: readonly string[], expected: readonly string[], what: string): void {
  const found = new Set(actual);
  const wanted = new Set(expected);
  const missing = expected.filter((row) => !found.has(row));
  const wrong = actual.filter((row) => !wanted.has(row));
  const about = `${what}: ${missing.length} missing, ${wrong.length} wrong, ${actual.length - found.size} twice`;
  assert.deepEqual([missing.slice(0, 3), wrong.slice(0, 3), actual.length], [[], [], expected.length], about);
}

function calls(folder: string): Map<string, Set<string>> {
  const byEpoch = new Map<string, Set<string>>();
  for (const line of readFileSync(callsFile(folder), "utf8").trimEnd().split("\n")) {
    const [epoch = "", id = ""] = line.split(" ");
    byEpoch.set(epoch, (byEpoch.get(epoch) ?? new Set()).add(id));
  }
  return byEpoch;
}

async function open(t: TestContext): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), "throughline-replay-"));
  const log = await openLog(folder);
  const bench = new Bench(folder, log);
  t.after(async () => {
    await bench.orders.stopComing();
    await bench.instances.close();
    bench.close();
    await log.close();
    if (bench.isGood) rmSync(folder, { recursive: true, force: true });
    else t.diagnostic(`data and logs are in ${folder}`);
  });
  t.diagnostic(`seed ${seed}; set THROUGHLINE_REPLAY_SEED to run another schedule`);
  return bench;
}

test(
  `a backfill, a rebuild and a rerun of ${history} events under kill -9, while orders keep coming`,
  { timeout: 15 * 60_000 },
  async (t) => {
    const bench = await open(t);
    const { log, orders, instances, folder } = bench;
    let kills = 0;
    const took = (what: string, sinceMs: number): void => {
      t.diagnostic(`${what}: ${((Date.now() - sinceMs) / 1000).toFixed(1)} s, ${instances.kills - kills} kills`);
      assert.ok(instances.kills > kills, "nothing was killed meanwhile");
      kills = instances.kills;
    };
    await log.createTopics([{ name: "order", partitions: 4 }]);
    await orders.append(history);

    let startedMs = Date.now();
    await instances.start();
    instances.kill();
    orders.keepComing(20);
    await t.test("the backfill hands over to live with no gap and no duplicate", async () => {
      const handed = () => bench.count(ledger) >= history + 300;
      await until("it is in live", handed, { timeoutMs: 240_000, everyMs: 200 });
      await orders.stopComing();
      await instances.stopKilling();
      await until("all is handled", () => bench.settled(), { timeoutMs: 60_000, everyMs: 100 });
      took("backfill", startedMs);
      assertSame(byId(bench.all(ledger)), expectedRows(orders.expected), "the ledger");
      assert.deepEqual(bench.all("SELECT * FROM throughline_parked"), []);
    });

    const live = byId(bench.all(ledger));
    await t.test("the rebuild equals the live result row by row, and publishes nothing again", async () => {
      startedMs = Date.now();
      instances.kill();
      orders.keepComing(20);
      const id = await bench.replay("write", "rebuild");
      await until("it is done", () => bench.stateOf(id) === "done", { timeoutMs: 240_000, everyMs: 200 });
      await orders.stopComing();
      await instances.stopKilling();
      await until("all is handled", () => bench.settled(), { timeoutMs: 60_000, everyMs: 100 });
      took("rebuild", startedMs);
      const rebuilt = byId(bench.all(ledger));
      const found = new Set(rebuilt);
      assert.deepEqual(live.filter((row) => !found.has(row)).slice(0, 3), []);
      assertSame(rebuilt, expectedRows(orders.expected), "the ledger");
      assert.equal(bench.count("SELECT 1 FROM ledger WHERE epoch <> 2"), 0);
      const published = new Map<string, Set<number>>();
      for (const { value } of await until("all is published", () => publishedAll(bench), { timeoutMs: 60_000 })) {
        const { order_id, sequence, epoch } = JSON.parse(Buffer.from(value ?? "").toString()) as Record<string, string | number>;
        const key = `${order_id}/${sequence}`;
        published.set(key, (published.get(key) ?? new Set()).add(Number(epoch)));
      }
      assert.deepEqual([...published].filter(([, epochs]) => epochs.size > 1).slice(0, 3), []);
    });

    await t.test("the rerun changes nothing live, and no replay repeats a call", async () => {
      await until("all mails are out", () => bench.count("SELECT 1 FROM mails") > 0 && bench.settled(), { timeoutMs: 60_000 });
      const mailed = new Set(bench.all("SELECT event_id AS id FROM mails").map(({ id }) => String(id)));
      const before = liveState(bench);
      startedMs = Date.now();
      instances.kill();
      const ids = [await bench.replay("write", "rerun"), await bench.replay("mail", "rerun")];
      await until("they are done", () => ids.every((id) => bench.stateOf(id) === "done"), { timeoutMs: 240_000, everyMs: 200 });
      const rebuild = await bench.replay("mail", "rebuild");
      await until("mail is rebuilt", () => bench.stateOf(rebuild) === "done", { timeoutMs: 240_000, everyMs: 200 });
      await instances.stopKilling();
      await until("all is handled", () => bench.settled(), { timeoutMs: 60_000, everyMs: 100 });
      took("reruns", startedMs);
      assert.deepEqual(liveState(bench), before);
      assertSame(byId(bench.all(`${ledger} WHERE epoch = 3`)), expectedRows(orders.expected), "what the rerun wrote");
      for (const [epoch, called] of calls(folder))
        if (epoch !== "1")
          assert.deepEqual([...called].filter((id) => mailed.has(id)).slice(0, 3), [], `called again in ${epoch}`);
      bench.isGood = true;
    });
  },
);

/** The events that were published, once each is there. */
async function publishedAll(bench: Bench): Promise<Awaited<ReturnType<typeof readTopic>> | false> {
  if (bench.count("SELECT 1 FROM throughline_outbox WHERE topic = 'ledger'") > 0) return false;
  return readTopic(bench.log, "ledger");
}

/** Everything that is kept of the live run, and what it made. */
function liveState(bench: Bench): Record<string, string> {
  const [row] = bench.all(
    "SELECT h.id, h.live_epoch AS epoch FROM throughline_handlers h JOIN throughline_handler_names n ON n.handler_id = h.id WHERE n.name = 'write'",
  );
  const ofRun = `handler_id = ${row?.id} AND epoch = ${row?.epoch}`;
  const state: Record<string, string> = { epoch: String(row?.epoch) };
  for (const table of ["cursors", "inbox", "positions", "lost_sequences", "parked"]) {
    const rows = bench.all(`SELECT * FROM throughline_${table} WHERE ${ofRun}`);
    state[table] =
      `${rows.length} rows, ${hash(byId(table === "cursors" ? rows.map(({ reported_offset: _, ...rest }) => rest) : rows))}`;
  }
  for (const table of ["ledger", "balances"])
    state[table] = hash(byId(bench.all(`SELECT * FROM ${table} WHERE epoch = ${row?.epoch}`)));
  return state;
}

function hash(rows: readonly string[]): string {
  let value = 0;
  for (const row of rows) for (let i = 0; i < row.length; i++) value = (Math.imul(value, 31) + row.charCodeAt(i)) | 0;
  return String(value);
}
