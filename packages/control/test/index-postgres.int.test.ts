import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import pg from "pg";
import { auditRecord } from "throughline/system-topics";
import { startPostgres, unsynced } from "../../../scripts/services/postgres.ts";
import { createIndexer, type IndexStore, openPostgresIndex, openSqliteIndex } from "../src/index.ts";
import { expirySuite } from "./expired-receipts.ts";
import { answersOf } from "./index-answers.ts";
import { filled, indexerOf, indexSuite } from "./index-suite.ts";
import { logLinesSuite } from "./log-lines-suite.ts";
import { correlationOf, longLog, topicsOfAFlow } from "./long-log.ts";
import { noonMs, SmallLog } from "./small-log.ts";

const server = await startPostgres({ settings: unsynced });
after(() => server.close());
let databases = 0;

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

async function newDatabase(): Promise<string> {
  const name = `index_${(databases += 1)}`;
  await onServer(server.url(), `CREATE DATABASE ${name}`);
  return server.url(name);
}

async function opened(t: TestContext, url: string): Promise<IndexStore> {
  const store = await openPostgresIndex(url);
  t.after(() => store.close());
  return store;
}

function sqlite(t: TestContext): IndexStore {
  const folder = mkdtempSync(join(tmpdir(), "index-"));
  const store = openSqliteIndex(join(folder, "index.db"));
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return store;
}

for (const suite of [indexSuite, logLinesSuite])
  suite("PostgreSQL", async (t) => {
    const url = await newDatabase();
    return { store: await opened(t, url), open: () => opened(t, url) };
  });

expirySuite("PostgreSQL", async (t) => ({ store: await opened(t, await newDatabase()) }));

/** Numbers that look drawn, and are the same each time. */
function draws(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A log in which everything happens that an index tells of, in an order that a seed draws. */
async function eventfulLog(seed: number): Promise<{ log: SmallLog; ids: string[]; subjects: string[] }> {
  const log = new SmallLog();
  const draw = draws(seed);
  const ids: string[] = [];
  const subjects = ["o-0", "o-1", "o-2"];
  const outcomes = ["applied", "retried", "parked", "dead", "duplicate", "stale", "discarded", "refused"] as const;
  const pick = <T>(from: readonly T[]): T => from[draw(from.length)]!;
  const audit = (entry: object) => log.append(auditRecord(entry as Parameters<typeof auditRecord>[0]));
  for (let n = 0; n < 160; n++) {
    const service = pick(["billing", "notifications"]);
    const atMs = noonMs + draw(5_000);
    const at = draw(Math.max(1, ids.length));
    const failureId = `f-${draw(25)}`;
    if (n % 7 === 0)
      await log.lines(
        service,
        [{ eventId: ids.at(-1) ?? "e-0", correlationId: `flow-${n % 6}`, message: `line ${n}`, atMs }],
        n % 2 === 0 ? {} : { dropped: { count: n, fromMs: atMs, toMs: atMs + n } },
      );
    switch (ids.length < 20 ? 0 : draw(9)) {
      case 0:
      case 1: {
        const id = draw(4) === 0 ? `0198b2c4-0000-7000-8000-${String(n).padStart(12, "0")}` : `e-${n}`;
        ids.push(id);
        const correlationId = draw(5) === 0 ? id : `flow-${draw(6)}`;
        await log.event({
          id,
          type: pick(["order.created", "order.completed"]),
          subject: pick(subjects),
          correlationId,
          tenantId: pick([null, "t-1", "t-2"]),
          atMs,
        });
        break;
      }
      case 2:
        await log.range(
          service,
          "handle",
          "order",
          draw(ids.length),
          Array.from({ length: 1 + draw(6) }, () => pick([null, 3])),
          { atMs },
        );
        break;
      case 3:
      case 4: {
        const reason = pick([undefined, "behind", "gap"] as const);
        const error = draw(3) === 0 ? { name: "Error", code: "REDRIVE_HANDLED_ALREADY", message: "handled" } : undefined;
        const more = {
          ...(reason === undefined ? {} : { reason }),
          ...(error === undefined ? {} : { error }),
          ...(draw(2) === 0 ? { failureId } : {}),
        };
        await log.told(service, "handle", "order", at, { outcome: pick(outcomes), atMs, ...more });
        break;
      }
      case 5:
        await log.letter(service, "handle", "order", at, {
          failureId,
          failedAtMs: atMs,
          serviceVersion: `1.${draw(3)}.0`,
          error: { name: "Error", code: pick([null, "E1"]), message: `no ${pick(["total", "tax"])} of ${n}`, stack: null },
        });
        break;
      case 6:
        await audit({
          action: pick(["redrive", "discard"]),
          service,
          handler: "handle",
          by: "eva",
          reason: null,
          atMs,
          id: `r-${n}`,
          failureId,
          ...(draw(4) === 0 ? { outcome: "done", answer: pick(["applied", "discarded", "refused", "nonsense"]) } : {}),
        });
        break;
      case 7:
        await audit({
          action: "acknowledge",
          about: "billing",
          id: `i-${draw(3)}`,
          by: pick(["eva", "ian"]),
          reason: pick([null, "mine"]),
          atMs: noonMs + n,
          ...(draw(3) === 0 ? { outcome: "refused" } : {}),
        });
        break;
      default: {
        const rebuilt = {
          commandId: `c-${n}`,
          epoch: 1 + draw(2),
          kind: "rebuild",
          state: "running",
          problem: null,
          done: 0,
          total: 1,
          ratePerSecond: null,
          remainingMs: null,
        } as const;
        await log.announce(service, [{ name: "handle", replays: draw(4) === 0 ? [rebuilt] : [] }], {
          version: `1.${draw(3)}.0`,
          atMs,
          startedAtMs: atMs - 10,
        });
      }
    }
  }
  return { log, ids, subjects };
}

test("an index in PostgreSQL answers everything as one in SQLite does, whatever happened and in whatever batches", async (t) => {
  for (let seed = 1; seed <= 8; seed++) {
    const { log, ids, subjects } = await eventfulLog(seed);
    const [file, database] = [sqlite(t), await opened(t, await newDatabase())];
    await indexerOf({ log: log.log, store: file }).catchUp();
    await indexerOf({ log: log.log, store: database, batchRecords: [1, 7, 1_000][seed % 3]! }).catchUp();
    const [expected, found] = [await answersOf(file, ids, subjects), await answersOf(database, ids, subjects)];
    assert.ok(expected.failures.length > 3 && expected.told.length > 5 && expected.groups.length > 1);
    for (const [part, rows] of Object.entries(expected))
      assert.deepEqual(found[part as keyof typeof found], rows, `${part}, seed ${seed}`);
    // Retention of failures leaves the same, too.
    for (const store of [file, database])
      while (
        await store.retain({ eventsMs: null, deadLettersMs: 1, maxBytes: null, logsMs: null, logsMaxBytes: null }, noonMs + 2_500)
      );
    assert.deepEqual((await answersOf(database, [])).groups, (await answersOf(file, [])).groups, `seed ${seed}`);
  }
});

test("failures are found by every filter, and pages go on where one ended, as in SQLite", async (t) => {
  const { log } = await eventfulLog(3);
  const [file, database] = [sqlite(t), await opened(t, await newDatabase())];
  for (const store of [file, database]) await indexerOf({ log: log.log, store }).catchUp();
  const { failures: all } = await file.failures({ withSuperseded: true });
  const one = all[0]!;
  for (const query of [
    {},
    { service: "billing" },
    { handler: "handle", state: "open" as const },
    { group: one.group },
    { type: "order.completed" },
    { tenantId: "t-1" },
    { reason: "failed" },
    { subject: "o-1" },
    { eventId: one.eventId! },
    { correlationId: one.correlationId! },
    { sinceMs: noonMs + 1_000, untilMs: noonMs + 4_000 },
    { text: "TAX" },
    { failureIds: [one.failureId, "f-unknown"] },
    { failureIds: [] },
  ]) {
    const ids = async (store: IndexStore): Promise<string[]> => {
      const found: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await store.failures({ ...query, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
        found.push(...page.failures.map(({ failureId }) => failureId));
        cursor = page.cursor;
      }
      return found;
    };
    assert.deepEqual((await ids(database)).toSorted(), (await ids(file)).toSorted(), JSON.stringify(query));
  }
});

test("texts of any length, and with any character, stop nothing and are found again", async (t) => {
  const long = "x".repeat(20_000);
  const log = new SmallLog();
  await log.event({
    id: long,
    type: `order.${"y".repeat(5_000)}`,
    subject: `${long}-s`,
    correlationId: `${long}-c`,
    tenantId: long,
  });
  await log.event({ id: "e-nul\u0000", type: "order.completed", subject: "o\u0000", correlationId: "é\u0000" });
  await log.letter("billing", "handle", "order", 0, {
    failureId: long,
    error: { name: "E\u0000", code: null, message: `\u0000${long}`, stack: null },
  });
  await log.told("billing", "handle", "order", 0, { outcome: "applied", failureId: long });
  await log.append({ topic: "throughline.services", key: Buffer.from(long), value: Buffer.from("{}"), headers: [] });
  await log.told("billing", "handle", `${long}\u0000`, 0, { outcome: "applied", atMs: 1.5 });
  await log.told("half \ud800", "handle", "order", 1, { outcome: "applied", atMs: 1e300 });
  await log.letter("half \ud800", "handle", "order", 1, { failedAtMs: 1e300 });
  await log.append(
    auditRecord({ action: "redrive", service: long, handler: "\u0000", by: "eva", reason: null, atMs: -1e300, id: "r" }),
  );
  const store = await opened(t, await newDatabase());
  await indexerOf({ log: log.log, store }).catchUp();
  assert.equal((await store.findEvents({ id: long })).length, 1);
  assert.equal((await store.findEvents({ flow: `${long}-c` })).length, 1);
  assert.equal((await store.findEvents({ subject: `${long}-s`, limit: 9 })).length, 1);
  assert.equal((await store.findEvents({ id: "e-nul\u0000" })).length, 1);
  assert.equal(
    (await store.failures({ failureIds: [long], tenantId: long, subject: `${long}-s` })).failures[0]?.state,
    "answered",
  );
});

test("what one process begins anew another goes on with, and no name of the former index is left", async (t) => {
  const url = await newDatabase();
  const [one, two] = [await opened(t, url), await opened(t, url)];
  const log = await filled();
  await indexerOf({ log: log.log, store: two }).catchUp();
  const before = await answersOf(two, ["e-1", "e-2"]);
  const other = new SmallLog();
  await other.event({ id: "x-1", type: "payment.made" });
  await one.clear();
  await indexerOf({ log: other.log, store: one }).catchUp();
  await one.clear();
  await indexerOf({ log: log.log, store: two }).catchUp();
  assert.deepEqual(await answersOf(two, ["e-1", "e-2"]), before);
});

test("tables of a later version are refused, and those of an earlier one begun anew", async (t) => {
  const url = await newDatabase();
  const first = await openPostgresIndex(url);
  await indexerOf({ log: (await filled()).log, store: first }).catchUp();
  await first.close();
  await onServer(url, "UPDATE throughline_index.state SET index_version = 0");
  assert.deepEqual(await (await opened(t, url)).positions(), []);
  await onServer(url, "UPDATE throughline_index.state SET index_version = 99");
  await assert.rejects(openPostgresIndex(url), {
    code: "INDEX_DATABASE_UNUSABLE",
    message: /newer version made its tables \(version 99\)/,
  });
  const away = "postgres://control:hunter2@127.0.0.1:1/control";
  await assert.rejects(openPostgresIndex(away), (error: Error) => !error.message.includes("hunter2"));
});

test("retention by size removes the oldest events and their receipts in bounded steps, and flows are found quickly", async (t) => {
  const flows = 5_000;
  const nowMs = noonMs + flows;
  const none = { eventsMs: null, deadLettersMs: null, maxBytes: null, logsMs: null, logsMaxBytes: null };
  const store = await opened(t, await newDatabase());
  const began = performance.now();
  const records = await createIndexer({ log: longLog(flows), store, now: () => nowMs, retention: none }).catchUp();
  t.diagnostic(`${Math.round(records / ((performance.now() - began) / 1000))} records a second`);
  const lookUp = performance.now();
  for (let n = 0; n < 50; n++) {
    const found = await store.findEvents({ flow: correlationOf(n * 97) });
    assert.equal(found.length, topicsOfAFlow);
    await store.receiptsOf(found);
  }
  const ms = (performance.now() - lookUp) / 50;
  t.diagnostic(`${ms.toFixed(1)} ms a flow`);
  assert.ok(ms < 100);
  assert.equal(await store.retain(none, nowMs), false);
  let steps = 0;
  while (await store.retain({ ...none, maxBytes: 1 }, nowMs)) steps += 1;
  assert.ok(steps > 5, `${steps} steps`);
  assert.ok((await store.findEvents({ flow: correlationOf(0) })).length < topicsOfAFlow);
  assert.equal(await store.retain({ ...none, eventsMs: 1 }, nowMs + 1_000_000), false);
});
