import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemSurroundings } from "throughline";
import { auditRecord, readRedriveRequest, type AuditEntry, type RedriveRequest } from "throughline/system-topics";
import { coreError, type EventLog } from "throughline/seams";
import type { RedriveJob } from "../src/redrive/job.ts";
import { createAudit } from "../src/audit/create-audit.ts";
import { openSqliteIndex } from "../src/index-store/sqlite/open-sqlite-index.ts";
import { createIndexer } from "../src/indexing/indexer.ts";
import { createRedrives } from "../src/redrive/redrives.ts";
import type { Selection } from "../src/redrive/selection.ts";
import { openSqliteJobs } from "../src/redrive/sqlite/open-sqlite-jobs.ts";
import { noonMs, SmallLog } from "./small-log.ts";
import { failingBilling, until, type FailingBilling } from "./failing-billing.ts";

async function valuesOf<T>(log: EventLog, topic: string, read: (value: Uint8Array) => T): Promise<T[]> {
  const values: T[] = [];
  if (!(await log.topics()).some(({ name }) => name === topic)) return values;
  for (const { partition } of await log.offsets(topic))
    for await (const batch of log.read({ topic, partition, fromOffset: 0 }))
      values.push(...batch.map(({ value }) => read(value!)));
  return values;
}

const requestsOn = (log: EventLog, service = "billing"): Promise<RedriveRequest[]> =>
  valuesOf(log, `${service}.redrive`, (value) => readRedriveRequest(value)!);
const auditOn = (log: EventLog): Promise<AuditEntry[]> =>
  valuesOf(log, "throughline.audit", (value) => JSON.parse(Buffer.from(value).toString()) as AuditEntry);

/** Letters of so many orders, in the order in which they were published. */
async function failed(billing: FailingBilling, orders: number, each = 1): Promise<string[]> {
  for (let n = 0; n < each; n++) for (let o = 0; o < orders; o++) await billing.publish(`o-${o}`, -1 - n);
  await billing.letters(orders * each);
  billing.handled.length = 0;
  const page = await billing.index.failures({ limit: 1_000 });
  return page.failures.toSorted((a, b) => a.origin.offset - b.origin.offset).map(({ failureId }) => failureId);
}

const everything = { action: "redrive", selection: { query: {} }, by: "eva" } as const;
const ended = async ({ redrives }: FailingBilling, { id }: RedriveJob): Promise<RedriveJob> => {
  await until("the job ends", async () => (await redrives.job(id)).endedAtMs !== null);
  return redrives.job(id);
};

test("a plan tells how many, of whom, what runs and what is wrong with it, and does nothing", async (t) => {
  const billing = await failingBilling(t);
  await failed(billing, 3, 2);
  const plan = await billing.redrives.plan(everything);
  assert.deepEqual([plan.total, plan.action, plan.by, plan.isConfirmed], [6, "redrive", "eva", false]);
  assert.deepEqual(plan.consumers, [
    {
      service: "billing",
      handler: "create-invoice",
      count: 6,
      heldSubjects: 0,
      waiting: 0,
      failedIn: [{ version: "1.0.0", count: 6 }],
      running: ["1.0.0"],
      absence: null,
    },
  ]);
  assert.deepEqual(
    plan.warnings.map(({ warning }) => warning),
    ["same-version"],
  );
  assert.match(plan.warnings[0]!.sentence, /6 of them failed in billing 1\.0\.0, which runs now/);
  assert.deepEqual(await billing.redrives.planOf(plan.id), plan);
  assert.deepEqual(await requestsOn(billing.log), []);
  assert.deepEqual(await auditOn(billing.log), []);
});

test("a plan tells what waits behind its letters", async (t) => {
  const billing = await failingBilling(t, { afterDeadLetter: "hold" });
  await billing.publish("o-1", -1);
  await billing.publish("o-1", 2);
  await billing.publish("o-1", 3);
  await billing.publish("o-2", 5);
  await billing.letters(1);
  await until("both followers are told of", async () => (await billing.redrives.plan(everything)).consumers[0]?.waiting === 2);
  const [consumer] = (await billing.redrives.plan(everything)).consumers;
  assert.deepEqual([consumer!.count, consumer!.heldSubjects, consumer!.waiting], [1, 1, 2]);
});

test("a confirmed plan asks one consumer in the log's order, with an audit entry for the job and for each request", async (t) => {
  const billing = await failingBilling(t);
  const ids = await failed(billing, 3, 2);
  billing.mend();
  billing.redrives.start();
  const plan = await billing.redrives.plan(everything);
  const confirmed = await billing.redrives.confirm(plan.id, { by: "eva", reason: "mended" });
  assert.equal((await billing.redrives.confirm(plan.id, { by: "eva" })).id, confirmed.id);
  const job = await ended(billing, confirmed);
  assert.deepEqual([job.state, job.counts, job.next], ["done", { applied: 6 }, 6]);
  assert.deepEqual(
    billing.handled,
    [-1, -2].flatMap((total) => [0, 1, 2].map((o) => `billing o-${o} ${total}`)),
  );
  const requests = await requestsOn(billing.log);
  assert.deepEqual(
    requests.map(({ failureId, by, reason }) => [failureId, by, reason]),
    ids.map((id) => [id, "eva", "mended"]),
  );
  assert.deepEqual(await requestsOn(billing.log, "shipping"), []);
  const [first, ...rest] = await auditOn(billing.log);
  assert.deepEqual(
    [first!.action, first!.id, first!.service, first!.handler, first!.detail],
    ["redrive-job", job.id, "billing", "create-invoice", "redrive of 6 dead letters confirmed"],
  );
  assert.deepEqual(
    rest.filter(({ outcome }) => outcome === undefined).map(({ action, id, failureId, jobId }) => [action, id, failureId, jobId]),
    requests.map(({ requestId, failureId }) => ["redrive", requestId, failureId, job.id]),
  );
  // What came of each is written by its service, for receipts expire.
  assert.deepEqual(
    rest.filter(({ outcome }) => outcome !== undefined).map(({ answer, by, failureId }) => [answer, by, failureId]),
    requests.map(({ failureId }) => ["applied", "billing", failureId]),
  );
  await billing.letters(0);
});

test("a plan leaves out what is answered, asked for or unknown, and says why", async (t) => {
  const billing = await failingBilling(t);
  const [first, second, third] = await failed(billing, 3);
  billing.broken.add("o-1");
  billing.mend();
  billing.redrives.start();
  const one = await billing.redrives.plan({ ...everything, selection: { failureIds: [first!] } });
  await ended(billing, await billing.redrives.confirm(one.id, { by: "eva" }));
  await billing.letters(2);
  const named = await billing.redrives.plan({ ...everything, selection: { failureIds: [first!, second!, "none", second!] } });
  assert.deepEqual([named.total, named.leftOut], [1, { answered: 1, unknown: 1 }]);
  assert.deepEqual(
    (await billing.redrives.leftOut(named.id, { cursor: 0, limit: 10 })).items.map(({ failureId, why }) => [failureId, why]),
    [
      [first, "answered"],
      ["none", "unknown"],
    ],
  );
  const rest = await billing.redrives.plan(everything);
  assert.equal(rest.total, 2);
  assert.deepEqual(
    (await billing.redrives.items(rest.id, { cursor: 0, limit: 10 })).items.map(({ failureId }) => failureId),
    [second, third],
  );
});

test("what is uncertain, asked for or replaced is left out of a plan, and taken only where somebody says so", async (t) => {
  const small = new SmallLog();
  for (let n = 0; n < 4; n++) await small.event({ id: `e-${n}`, type: "order.completed", subject: `o-${n}` });
  await small.letter("billing", "invoice", "order", 0, { failureId: "uncertain", reason: "uncertain" });
  await small.letter("billing", "invoice", "order", 1, { failureId: "asked" });
  await small.letter("billing", "invoice", "order", 2, { failureId: "open" });
  await small.letter("billing", "invoice", "order", 3, { failureId: "replaced" });
  await small.letter("billing", "invoice", "order", 3, { failureId: "newer", failedAtMs: noonMs + 9_000 });
  const entry = { action: "redrive", service: "billing", handler: "invoice", by: "ann", reason: null, id: "r-1" } as const;
  await small.append(auditRecord({ ...entry, atMs: noonMs + 5_000, failureId: "asked" }));
  const folder = mkdtempSync(join(tmpdir(), "plans-"));
  const index = openSqliteIndex(join(folder, "index.db"));
  const jobs = await openSqliteJobs(":memory:");
  t.after(async () => {
    await Promise.all([index.close(), jobs.close()]);
    rmSync(folder, { recursive: true, force: true });
  });
  await createIndexer({ log: small.log, store: index, now: () => noonMs + 10_000 }).catchUp();
  const audit = createAudit({ log: small.log, surroundings: systemSurroundings });
  const redrives = createRedrives({ log: small.log, index, jobs, surroundings: systemSurroundings, audit });
  const planned = async (selection: Selection, askAgain = false): Promise<unknown[]> => {
    const { id, leftOut, warnings } = await redrives.plan({ ...everything, selection, askAgain });
    const { items } = await redrives.items(id, { cursor: 0, limit: 10 });
    return [items.map(({ failureId }) => failureId), leftOut, warnings.map(({ warning }) => warning)];
  };
  assert.deepEqual(await planned({ query: {} }), [["open", "newer"], { asked: 1, uncertain: 1 }, ["not-running"]]);
  assert.deepEqual(await planned({ query: { reason: "failed" } }, true), [["asked", "open", "newer"], {}, ["not-running"]]);
  const failureIds = ["newer", "replaced", "asked", "uncertain", "open"];
  assert.deepEqual(await planned({ failureIds }), [
    ["uncertain", "open", "newer"],
    { asked: 1, superseded: 1 },
    ["not-running", "uncertain"],
  ]);
  assert.deepEqual(await planned({ failureIds: ["asked"] }, true), [["asked"], {}, ["not-running"]]);
  const mayNotSee = await redrives.plan({ ...everything, selection: { failureIds }, maySee: () => false });
  assert.deepEqual([mayNotSee.total, mayNotSee.leftOut], [0, { unknown: 5 }]);
});

test("a letter that one job has is passed over by another", async (t) => {
  const billing = await failingBilling(t);
  await failed(billing, 2);
  const [one, other] = [await billing.redrives.plan(everything), await billing.redrives.plan(everything)];
  await billing.redrives.confirm(one.id, { by: "eva", ratePerSecond: 0.001 });
  const second = await billing.redrives.confirm(other.id, { by: "ann" });
  assert.deepEqual(second.counts, { "in-another-job": 2 });
  assert.deepEqual(await requestsOn(billing.log), []);
  billing.redrives.start();
  assert.equal((await ended(billing, second)).state, "done");
  assert.equal((await requestsOn(billing.log)).filter(({ by }) => by === "ann").length, 0);
});

test("a canary goes on stage by stage, stops by itself at the first new failure, and goes on when it is told to", async (t) => {
  const billing = await failingBilling(t);
  await failed(billing, 60);
  billing.mend();
  billing.broken.add("o-3");
  billing.redrives.start();
  const plan = await billing.redrives.plan(everything);
  const { id } = await billing.redrives.confirm(plan.id, { by: "eva", isCanary: true });
  await until("it stops", async () => (await billing.redrives.job(id)).state === "stopped");
  await until("the rest of its stage is answered", async () => (await billing.redrives.job(id)).counts.applied === 5);
  const stopped = await billing.redrives.job(id);
  assert.deepEqual([stopped.next, stopped.stage, stopped.counts.dead], [6, 1, 1]);
  assert.match(stopped.problem!, /stopped by itself in stage 2: of 6 asked for, 1 failed for good again/);
  assert.equal((await requestsOn(billing.log)).length, 6);
  await billing.redrives.continue(id, { by: "eva", reason: "o-3 is known" });
  const done = await ended(billing, stopped);
  assert.deepEqual([done.state, done.counts], ["done", { applied: 59, dead: 1 }]);
  const { items } = await billing.redrives.items(id, { cursor: 0, limit: 10, states: ["dead"] });
  assert.deepEqual(
    items.map(({ subject, detail }) => [subject, detail]),
    [["o-3", "PermanentError: no invoice of -1 for o-3"]],
  );
  const details = (await auditOn(billing.log))
    .filter(({ action }) => action === "redrive-job")
    .map(({ by, detail }) => `${by}: ${detail}`);
  assert.equal(details.length, 3);
  assert.match(details[1]!, /^throughline: it stopped by itself/);
  assert.match(details[2]!, /^eva: asked to go on: 6 of 60/);
  await billing.letters(1);
});

test("a job that is paused sends no more until it is resumed, and one that is cancelled never", async (t) => {
  const billing = await failingBilling(t);
  await failed(billing, 40);
  billing.mend();
  billing.redrives.start();
  const plan = await billing.redrives.plan(everything);
  const { id } = await billing.redrives.confirm(plan.id, { by: "eva", ratePerSecond: 10 });
  await until("some are sent", async () => (await billing.redrives.job(id)).next >= 5);
  await billing.redrives.pause(id, { by: "eva" });
  await until("what was sent is answered", async () => {
    const { counts, next } = await billing.redrives.job(id);
    return counts.applied === next;
  });
  const paused = await billing.redrives.job(id);
  assert.equal(paused.state, "paused");
  assert.equal((await requestsOn(billing.log)).length, paused.next);
  await assert.rejects(billing.redrives.pause(id, { by: "eva" }), { code: "REDRIVE_JOB_STATE" });
  await assert.rejects(billing.redrives.continue(id, { by: "eva" }), { code: "REDRIVE_JOB_STATE" });
  await billing.redrives.resume(id, { by: "eva" });
  await until("more are sent", async () => (await billing.redrives.job(id)).next >= paused.next + 5);
  await billing.redrives.cancel(id, { by: "eva" });
  const cancelled = await ended(billing, paused);
  const { applied = 0, cancelled: dropped = 0 } = cancelled.counts;
  assert.deepEqual([cancelled.state, applied + dropped, dropped > 0], ["cancelled", 40, true]);
  assert.equal((await requestsOn(billing.log)).length, applied);
});

test("what was written while its job was cancelled was asked for, and has an outcome", async (t) => {
  const billing = await failingBilling(t);
  await failed(billing, 5);
  billing.mend();
  const [written, goesOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const jobs: typeof billing.jobs = {
    ...billing.jobs,
    sent: async (...given) => {
      written.resolve();
      await goesOn.promise;
      return billing.jobs.sent(...given);
    },
  };
  const redrives = billing.redrivesOn(jobs);
  const plan = await redrives.plan(everything);
  const { id } = await redrives.confirm(plan.id, { by: "eva", stages: [2] });
  redrives.start();
  await written.promise;
  assert.deepEqual((await redrives.cancel(id, { by: "ian" })).counts, { cancelled: 5 });
  goesOn.resolve();
  const job = await ended(billing, await redrives.job(id));
  assert.deepEqual([job.state, job.counts], ["cancelled", { applied: 2, cancelled: 3 }]);
  assert.equal((await requestsOn(billing.log)).length, 2);
});

test("a discard needs a reason, and answers its letters", async (t) => {
  const billing = await failingBilling(t);
  await failed(billing, 2);
  billing.redrives.start();
  const plan = await billing.redrives.plan({ ...everything, action: "discard" });
  await assert.rejects(billing.redrives.confirm(plan.id, { by: "eva", reason: "  " }), { code: "REDRIVE_TERMS_INVALID" });
  const job = await ended(billing, await billing.redrives.confirm(plan.id, { by: "eva", reason: "test orders" }));
  assert.deepEqual(job.counts, { discarded: 2 });
  await billing.letters(0);
});

test("a plan that is too old is not confirmed, nor one of nothing", async (t) => {
  const billing = await failingBilling(t, { planValidForMs: 1 });
  await failed(billing, 1);
  const old = await billing.redrives.plan(everything);
  await until("it is old", () => Date.now() > old.expiresAtMs);
  await assert.rejects(billing.redrives.confirm(old.id, { by: "eva" }), { code: "REDRIVE_PLAN_EXPIRED" });
  const empty = await billing.redrives.plan({ ...everything, selection: { query: { service: "none" } } });
  await assert.rejects(billing.redrives.confirm(empty.id, { by: "eva" }), { code: "REDRIVE_TERMS_INVALID" });
  await assert.rejects(billing.redrives.confirm("none", { by: "eva" }), { code: "REDRIVE_NO_SUCH_JOB" });
  assert.deepEqual(await auditOn(billing.log), []);
});

test("a failure that dies again is open again, with its newest error", async (t) => {
  const billing = await failingBilling(t);
  const [id] = await failed(billing, 1);
  billing.broken.add("o-0");
  billing.redrives.start();
  const plan = await billing.redrives.plan(everything);
  const job = await ended(billing, await billing.redrives.confirm(plan.id, { by: "eva" }));
  assert.deepEqual(job.counts, { dead: 1 });
  await billing.letters(1);
  const { failures } = await billing.index.failures({});
  assert.deepEqual(
    failures.map(({ failureId, state }) => [failureId, state]),
    [[id, "open"]],
  );
  assert.ok(failures[0]!.failedAtMs > plan.createdAtMs);
  assert.deepEqual(
    (await billing.index.failureGroups()).map(({ count, open, asked }) => [count, open, asked]),
    [[1, 1, 0]],
  );
});

test("a request that a crash has sent twice carries the same id, is handled once, and counts once", async (t) => {
  const billing = await failingBilling(t);
  await failed(billing, 3);
  billing.mend();
  // The first batch is written, and never noted; nobody hears of its answers before it is written again.
  let lost = 0;
  const jobs: typeof billing.jobs = {
    ...billing.jobs,
    sent: (...given) => (++lost === 1 ? Promise.reject(new Error("it died")) : billing.jobs.sent(...given)),
    take: (...given) => (lost < 2 ? Promise.resolve(false) : billing.jobs.take(...given)),
  };
  const redrives = billing.redrivesOn(jobs);
  const plan = await redrives.plan(everything);
  const { id } = await redrives.confirm(plan.id, { by: "eva" });
  redrives.start();
  const job = await ended(billing, await redrives.job(id));
  const requests = await requestsOn(billing.log);
  assert.equal(requests.length, 6);
  assert.equal(new Set(requests.map(({ requestId }) => requestId)).size, 3);
  assert.deepEqual(job.counts, { applied: 3 });
  assert.equal(billing.handled.length, 3);
});

test("a request that the log refuses for good is not sent, and says why", async (t) => {
  const billing = await failingBilling(t);
  await failed(billing, 3);
  billing.mend();
  const plan = await billing.redrives.plan(everything);
  billing.log.refuse((record) =>
    record.topic === "billing.redrive" && Buffer.from(record.key!).toString() === "o-1" ? "it is full" : undefined,
  );
  const { id } = await billing.redrives.confirm(plan.id, { by: "eva" });
  billing.redrives.start();
  const job = await ended(billing, await billing.redrives.job(id));
  assert.deepEqual(job.counts, { applied: 2, "not-sent": 1 });
  const [item] = (await billing.redrives.items(id, { cursor: 0, limit: 10, states: ["not-sent"] })).items;
  assert.match(`${item!.subject}: ${item!.detail}`, /^o-1: .*it is full/);
});

test("a job goes on where a topic of its requests is unknown for a moment", async (t) => {
  const billing = await failingBilling(t);
  await failed(billing, 3);
  billing.mend();
  const plan = await billing.redrives.plan(everything);
  const { id } = await billing.redrives.confirm(plan.id, { by: "eva" });
  const append = billing.log.append.bind(billing.log);
  let refusals = 2;
  billing.log.append = (records) => {
    const topic = "billing.redrive";
    if (records[0]?.topic !== topic || refusals-- <= 0) return append(records);
    return Promise.resolve(records.map(() => ({ ok: false, error: coreError("LOG_TOPIC_UNKNOWN", { topic }) })));
  };
  billing.redrives.start();
  const job = await ended(billing, await billing.redrives.job(id));
  assert.deepEqual([job.counts, job.problem, refusals < 0], [{ applied: 3 }, null, true]);
});

test("a job whose log is away says so, and goes on when it is back", async (t) => {
  const troubles: string[] = [];
  const billing = await failingBilling(t, { onTrouble: ({ message }) => troubles.push(message) });
  await failed(billing, 3);
  billing.mend();
  const plan = await billing.redrives.plan(everything);
  const { id } = await billing.redrives.confirm(plan.id, { by: "eva" });
  billing.log.unavailable(true);
  billing.redrives.start();
  await until("it says so", async () => (await billing.redrives.job(id)).problem?.startsWith("it is tried again: ") === true);
  assert.equal(troubles.length, 1);
  billing.log.unavailable(false);
  const job = await ended(billing, await billing.redrives.job(id));
  assert.deepEqual([job.counts, job.problem], [{ applied: 3 }, null]);
});
