import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { InboxRow, NewOutboxRow, PositionRow, Run } from "throughline/seams";
import { systemSurroundings } from "throughline";
import { type SqliteStore, sqlite } from "../src/index.ts";

/*
 * Events a second through the store, one effect each, in batches of 500: by the seam's calls, as the runtime makes them, against
 * the same statements written by hand. Usage: node packages/sqlite/bench/store-speed.ts [batches = 100]
 */

const batches = Number(process.argv[2] ?? 100);
const batchSize = 500;
const rounds = 5;
const effectTable =
  "CREATE TABLE IF NOT EXISTS invoices (id INTEGER PRIMARY KEY, order_id TEXT NOT NULL, total INTEGER NOT NULL)";
const effectSql = "INSERT INTO invoices (order_id, total) VALUES (?, ?)";

const folder = await mkdtemp(join(tmpdir(), "throughline-speed-"));
try {
  const rates = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, measure] of Object.entries({ byHand, shared, withSavepoints, withPositions, publishAndRelay })) {
      const { wallMs, cpuMs } = await measure(join(folder, `${name}-${round}.db`));
      for (const [unit, ms] of Object.entries({ second: wallMs, "CPU second": cpuMs })) {
        const row = `${name.padEnd(16)} events a ${unit.padEnd(10)}`;
        rates.set(row, [...(rates.get(row) ?? []), (batches * batchSize * 1_000) / ms]);
      }
    }
  }
  for (const [name, all] of rates) {
    const sorted = all.toSorted((a, b) => a - b);
    console.log(
      `${name} ${Math.round(sorted[Math.floor(rounds / 2)] ?? 0)
        .toLocaleString("en")
        .padStart(9)}`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

interface Spent {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** CPU time too, for machines where others work. */
function startWatch(): () => Spent {
  const since = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { wallMs: performance.now() - since, cpuMs: (user + system) / 1_000 };
  };
}

/** Inbox look-up, effect, inbox row and cursor, in the fewest calls. */
async function byHand(file: string): Promise<Spent> {
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16384; ${effectTable};
    CREATE TABLE inbox (handler INTEGER, epoch INTEGER, key BLOB, part INTEGER, off INTEGER, outcome INTEGER, at INTEGER, micros INTEGER, PRIMARY KEY (handler, epoch, key)) WITHOUT ROWID;
    CREATE INDEX inbox_by_age ON inbox (at);
    CREATE TABLE cursors (handler INTEGER PRIMARY KEY, next INTEGER); INSERT INTO cursors VALUES (1, 0)`);
  const find = db.prepare("SELECT 1 FROM inbox WHERE handler = 1 AND epoch = 1 AND key = ?");
  const add = db.prepare("INSERT INTO inbox VALUES (1, 1, ?, 0, ?, 0, ?, 10)");
  const effect = db.prepare(effectSql);
  const move = db.prepare("UPDATE cursors SET next = ? WHERE handler = 1 AND next = ?");
  const keys = Array.from({ length: batches }, (_, batch) =>
    keysOf(batch).map((key) => Buffer.from(key.replaceAll("-", ""), "hex")),
  );
  const stop = startWatch();
  for (const [batch, some] of keys.entries()) {
    const from = batch * batchSize;
    db.exec("BEGIN IMMEDIATE");
    for (const key of some) find.get(key);
    for (let i = 0; i < batchSize; i += 1) effect.run("o-1", i);
    for (const [i, key] of some.entries()) add.run(key, from + i, 1);
    move.run(from + batchSize, from);
    db.exec("COMMIT");
  }
  const spent = stop();
  db.close();
  return spent;
}

function shared(file: string): Promise<Spent> {
  return handle(file, { savepoint: false, positions: false });
}

function withSavepoints(file: string): Promise<Spent> {
  return handle(file, { savepoint: true, positions: false });
}

function withPositions(file: string): Promise<Spent> {
  return handle(file, { savepoint: false, positions: true });
}

/** The runtime's calls for each batch. */
async function handle(file: string, { savepoint, positions }: { savepoint: boolean; positions: boolean }): Promise<Spent> {
  const { store, run } = await opened(file);
  const key = { ...run, topicId: "t", partition: 0 };
  await store.unitOfWork((unit) =>
    unit.cursors.add([
      { ...key, topic: "order", offset: 0, originOffset: 0, untilOffset: null, logTimeMs: 0, reportedOffset: 0 },
    ]),
  );
  const all = Array.from({ length: batches }, (_, batch) => keysOf(batch));
  const subjects = Array.from({ length: batchSize }, (_, i) => `order-${i * 7_919}`);
  const stop = startWatch();
  for (const [batch, keys] of all.entries()) {
    const from = batch * batchSize;
    await store.unitOfWork(async (unit) => {
      await unit.cursors.lock(key);
      await unit.inbox.find(run, keys);
      if (positions) await unit.positions.find(run, "order", subjects);
      for (let i = 0; i < batchSize; i += 1)
        await unit.isolate(async (tx) => tx.run(effectSql, "o-1", i), { savepoint, alone: false });
      await unit.inbox.add(
        run,
        keys.map((each, i): InboxRow => ({
          key: each,
          partition: 0,
          offset: from + i,
          outcome: "applied",
          handledAtMs: 1,
          durationMicros: 10,
        })),
      );
      if (positions)
        await unit.positions.save(
          run,
          "order",
          subjects.map((subject): PositionRow => ({ subject, sequence: batch + 1, sequenceEpoch: 0, baseline: 1, parked: 0 })),
        );
      await unit.cursors.move(key, from, from + batchSize, 1);
    });
  }
  const spent = stop();
  await store.close();
  return spent;
}

/** 460-byte events with 12 headers into the outbox, numbered, and removed as sent. */
async function publishAndRelay(file: string): Promise<Spent> {
  const { store } = await opened(file);
  const headers = Array.from({ length: 12 }, (_, i) => [`ce_attribute${i}`, Buffer.from(`a value of header ${i}`)] as const);
  const value = Buffer.alloc(460, "x");
  const stop = startWatch();
  for (let batch = 0; batch < batches; batch += 1) {
    const rows = keysOf(batch).map((eventId, i): NewOutboxRow => ({
      eventId,
      topic: "order",
      subject: `order-${i}`,
      key: value.subarray(0, 10),
      value,
      headers,
      createdAtMs: 1,
      once: false,
    }));
    await store.unitOfWork((unit) => unit.outbox.add(rows));
    const numbered = await store.unitOfWork((unit) => unit.outbox.number(batchSize));
    await store.unitOfWork((unit) => unit.outbox.sent(numbered.map(({ ticket }) => ticket)));
  }
  const spent = stop();
  await store.close();
  return spent;
}

async function opened(file: string): Promise<{ store: SqliteStore; run: Run }> {
  const store = sqlite({ file, tables: effectTable });
  await store.open({ service: "billing", surroundings: systemSurroundings });
  const [handler] = await store.unitOfWork((unit) => unit.handlers.register([{ name: "h", renamedFrom: [], types: [] }], 1));
  return { store, run: { handlerId: handler?.id ?? 0, epoch: 1 } };
}

/** UUIDv7s, as a busy publisher makes them. */
function keysOf(batch: number): string[] {
  return Array.from({ length: batchSize }, () => {
    const random = Buffer.from(crypto.getRandomValues(new Uint8Array(10))).toString("hex");
    const time = (1_760_000_000_000 + batch).toString(16).padStart(12, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6, 18)}`;
  });
}
