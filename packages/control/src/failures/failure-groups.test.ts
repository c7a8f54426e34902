import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { auditRecord } from "throughline/system-topics";
import { noonMs, SmallLog } from "../../test/small-log.ts";
import { openSqliteIndex } from "../index-store/sqlite/open-sqlite-index.ts";
import { createIndexer } from "../indexing/indexer.ts";

const hourMs = 3_600_000;

function indexed(t: TestContext, log: SmallLog) {
  const folder = mkdtempSync(join(tmpdir(), "groups-"));
  const store = openSqliteIndex(join(folder, "index.db"));
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { store, indexer: createIndexer({ log: log.log, store, now: () => noonMs + 5 * hourMs }) };
}

/** Three failures of one cause over two versions, before which another was at work, and one of another cause. */
async function failing(): Promise<SmallLog> {
  const log = new SmallLog();
  for (let n = 0; n < 5; n++) await log.event({ id: `e-${n}`, type: "order.completed", subject: `o-${n}` });
  await log.announce("billing", [{ name: "invoice" }], {
    version: "1.2.0",
    startedAtMs: noonMs + 2 * hourMs,
    atMs: noonMs + 3 * hourMs,
  });
  await log.told("billing", "invoice", "order", 4, { version: "1.0.0", atMs: noonMs });
  const error = (message: string) => ({ name: "Error", code: null, message, stack: null });
  const at = [
    ["f-0", "1.1.0", 1],
    ["f-1", "1.1.0", 1.5],
    ["f-2", "1.2.0", 3],
  ] as const;
  for (const [n, [failureId, serviceVersion, hours]] of at.entries())
    await log.letter("billing", "invoice", "order", n, {
      failureId,
      serviceVersion,
      failedAtMs: noonMs + hours * hourMs,
      error: error(`no rate for o-${n}`),
    });
  await log.letter("billing", "invoice", "order", 3, {
    failureId: "f-3",
    error: error("mail is away"),
    failedAtMs: noonMs + hourMs,
  });
  return log;
}

test("a group tells its count, times, versions, trend, owner, and the deploy that it began with", async (t) => {
  const { store, indexer } = indexed(t, await failing());
  await indexer.catchUp();
  const [rates, mail] = await store.failureGroups();
  assert.deepEqual(
    [rates!.pattern, rates!.count, rates!.open, rates!.owner, rates!.example],
    ["no rate for <#>", 3, 3, "team-billing", "f-2"],
  );
  assert.deepEqual([rates!.firstMs, rates!.lastMs], [noonMs + hourMs, noonMs + 3 * hourMs]);
  assert.deepEqual(
    rates!.versions.map(({ version, count }) => `${version} ${count}`),
    ["1.1.0 2", "1.2.0 1"],
  );
  assert.deepEqual(
    rates!.trend.map(({ hourMs: at, count }) => [(at - noonMs) / hourMs, count]),
    [
      [1, 2],
      [3, 1],
    ],
  );
  assert.deepEqual(rates!.since, { version: "1.1.0", deployedAtMs: noonMs + hourMs, before: "1.0.0", firstSeen: null });
  assert.deepEqual([mail!.pattern, mail!.count], ["mail is away", 1]);
  assert.equal(mail!.since, null);
});

test("counters follow what becomes of failures: asked for, answered, died again", async (t) => {
  const log = await failing();
  const { store, indexer } = indexed(t, log);
  const counts = async () => {
    await indexer.catchUp();
    const group = (await store.failureGroups()).find(({ pattern }) => pattern === "no rate for <#>")!;
    return [group.count, group.open, group.asked];
  };
  assert.deepEqual(await counts(), [3, 3, 0]);
  const ask = { action: "redrive", service: "billing", handler: "invoice", by: "ann", reason: null, id: "r-1" } as const;
  await log.append(auditRecord({ ...ask, atMs: noonMs + 4 * hourMs, failureId: "f-0" }));
  assert.deepEqual(await counts(), [3, 2, 1]);
  await log.told("billing", "invoice", "order", 0, { outcome: "applied", failureId: "f-0", atMs: noonMs + 4 * hourMs });
  assert.deepEqual(await counts(), [3, 2, 0]);
  const again = { name: "Error", code: null, message: "no rate for o-1", stack: null };
  await log.letter("billing", "invoice", "order", 1, { failureId: "f-1b", failedAtMs: noonMs + 4 * hourMs, error: again });
  assert.deepEqual(await counts(), [4, 2, 0]);
  const { failures } = await store.failures({ group: (await store.failureGroups())[0]!.fingerprint, state: "open" });
  assert.deepEqual(
    failures.map(({ failureId }) => failureId),
    ["f-1b", "f-2"],
  );
});

test("a cause whose failures were answered under a good version, and that failed again, is back since the later version", async (t) => {
  const log = new SmallLog();
  for (let n = 0; n < 4; n++) await log.event({ id: `e-${n}`, type: "order.completed", subject: `o-${n}` });
  const { store, indexer } = indexed(t, log);
  const fail = (n: number, serviceVersion: string, hours: number) =>
    log.letter("billing", "invoice", "order", n, {
      failureId: `f-${n}`,
      serviceVersion,
      failedAtMs: noonMs + hours * hourMs,
      error: { name: "Error", code: null, message: `no rate for o-${n}`, stack: null },
    });
  const since = async () => {
    await indexer.catchUp();
    return (await store.failureGroups())[0]!.since;
  };
  await log.told("billing", "invoice", "order", 3, { version: "1.0.0", atMs: noonMs });
  await fail(0, "1.1.0", 1);
  assert.equal((await since())?.firstSeen, null);
  await log.told("billing", "invoice", "order", 3, { version: "1.1.1", atMs: noonMs + 2 * hourMs });
  await fail(1, "1.2.0", 3);
  // That of 1.1.0 is open still: it was never over.
  assert.deepEqual(await since(), { version: "1.1.0", deployedAtMs: noonMs + hourMs, before: "1.0.0", firstSeen: null });
  await log.told("billing", "invoice", "order", 0, {
    version: "1.1.1",
    outcome: "applied",
    failureId: "f-0",
    atMs: noonMs + 2 * hourMs,
  });
  assert.deepEqual(await since(), { version: "1.2.0", deployedAtMs: noonMs + 3 * hourMs, before: "1.1.1", firstSeen: "1.1.0" });
});

test("failures are found page by page, by what they are about", async (t) => {
  const { store, indexer } = indexed(t, await failing());
  await indexer.catchUp();
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await store.failures(cursor === null ? { limit: 1 } : { limit: 1, cursor });
    ids.push(...page.failures.map(({ failureId }) => failureId));
    ({ cursor } = page);
  } while (cursor !== null);
  assert.deepEqual(ids, ["f-2", "f-1", "f-3", "f-0"]);
  const found = async (query: Parameters<typeof store.failures>[0]) =>
    (await store.failures(query)).failures.map(({ failureId }) => failureId);
  assert.deepEqual(await found({ subject: "o-1" }), ["f-1"]);
  assert.deepEqual(await found({ eventId: "e-3" }), ["f-3"]);
  assert.deepEqual(await found({ text: "AWAY" }), ["f-3"]);
  assert.deepEqual(await found({ service: "shipping" }), []);
  assert.deepEqual(await found({ sinceMs: noonMs + 3 * hourMs }), ["f-2"]);
});

test("retention removes old letters in steps, and their groups with the last", async (t) => {
  const { store, indexer } = indexed(t, await failing());
  await indexer.catchUp();
  const limits = { eventsMs: null, maxBytes: null, logsMs: null, logsMaxBytes: null, deadLettersMs: hourMs };
  while (await store.retain(limits, noonMs + 3.5 * hourMs));
  const groups = await store.failureGroups();
  assert.deepEqual(
    groups.map(({ count, open, versions }) => [count, open, versions.length]),
    [[1, 1, 1]],
  );
});
