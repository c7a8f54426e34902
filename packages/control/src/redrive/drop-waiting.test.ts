import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { IndexedFailure } from "../failures/indexed-failure.ts";
import { dropWaiting, hasWaiting } from "./drop-waiting.ts";
import type { JobStore } from "./job-store.ts";
import { openSqliteJobs } from "./sqlite/open-sqlite-jobs.ts";

const failure = (n: number): IndexedFailure =>
  ({
    failureId: `f-${n}`,
    service: "billing",
    handler: "invoice",
    version: "1",
    subject: "o",
    holdsSubject: false,
    letter: { topic: "billing.dlt", partition: 0, offset: n },
    eventId: null,
    type: null,
    failedAtMs: n,
    reason: "failed",
    origin: { topic: "order", partition: 0, offset: n },
  }) as unknown as IndexedFailure;

async function cancelled(t: TestContext, items: number): Promise<JobStore> {
  const jobs = await openSqliteJobs(":memory:");
  t.after(() => jobs.close());
  const draft = { id: "j", action: "redrive", by: "eva", selection: {}, createdAtMs: 0, expiresAtMs: 10, edited: null } as const;
  await jobs.draft(draft);
  await jobs.addItems(
    "j",
    Array.from({ length: items }, (_, n) => failure(n)),
  );
  while (await jobs.arrange("j"));
  await jobs.completePlan("j", { consumers: [], warnings: [] });
  await jobs.confirm("j", {} as never, [], 1);
  await jobs.change("j", ["running"], { state: "cancelled", dropWaiting: true });
  return jobs;
}

test("a job that is cancelled drops what it has not asked for in steps, and others are served between them", async (t) => {
  const jobs = await cancelled(t, 5_000);
  const first = (await jobs.job("j"))!;
  assert.deepEqual(first.counts, { waiting: 3_000, cancelled: 2_000 });
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 0);
  const last = await dropWaiting(jobs, first);
  clearInterval(counting);
  assert.deepEqual([last.counts, hasWaiting(last), last.state], [{ cancelled: 5_000 }, false, "cancelled"]);
  assert.ok(turns >= 1, "nobody was served meanwhile");
});

test("a job that was cancelled by one that died goes on being dropped", async (t) => {
  const jobs = await cancelled(t, 2_500);
  const last = await dropWaiting(jobs, (await jobs.job("j"))!);
  assert.deepEqual(last.counts, { cancelled: 2_500 });
  // One that ended meanwhile is left as it is.
  await jobs.change("j", ["cancelled"], { endedAtMs: 5 });
  assert.deepEqual((await dropWaiting(jobs, last)).counts, { cancelled: 2_500 });
});
