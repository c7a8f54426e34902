import assert from "node:assert/strict";
import { test } from "node:test";
import type { IndexedFailure } from "../src/failures/indexed-failure.ts";
import type { TakenReceipt } from "../src/redrive/job.ts";
import { openSqliteJobs } from "../src/redrive/sqlite/open-sqlite-jobs.ts";
import { noonMs } from "./small-log.ts";

const letters = 30_000;
const receipts = 1_000;

const letterAt = (n: number): IndexedFailure => ({
  failureId: `f-${n}`,
  service: "billing",
  handler: "create-invoice",
  version: "1.0.0",
  epoch: 1,
  reason: "failed",
  origin: { topic: "order", partition: n % 4, offset: n },
  letter: { topic: "billing.dlt", partition: 0, offset: n },
  eventId: `e-${n}`,
  type: "order.created",
  subject: `o-${n}`,
  correlationId: null,
  tenantId: null,
  error: { name: "Error", code: null, message: "no rate" },
  attempts: 1,
  failedAtMs: noonMs,
  holdsSubject: false,
  group: "g",
  state: "open",
  asked: null,
  answer: null,
  isSuperseded: false,
});

const appliedAt = (n: number): TakenReceipt => ({
  outcome: "applied",
  service: "billing",
  handler: "create-invoice",
  topic: "order",
  partition: n % 4,
  offset: n,
  failureId: `f-${n}`,
  requestId: null,
  reason: null,
  errorCode: null,
  error: null,
  atMs: noonMs + 1,
});

test(`a job of ${letters.toLocaleString("en")} letters finds that of a receipt without going through all of them`, async (t) => {
  const jobs = await openSqliteJobs(":memory:");
  t.after(() => jobs.close());
  const id = "plan";
  const [createdAtMs, expiresAtMs] = [noonMs, noonMs + 60_000];
  await jobs.draft({ id, action: "redrive", by: "eva", selection: {}, createdAtMs, expiresAtMs, edited: null });
  for (let from = 0; from < letters; from += 1_000)
    await jobs.addItems(
      id,
      Array.from({ length: 1_000 }, (_, n) => letterAt(from + n)),
    );
  while (await jobs.arrange(id));
  await jobs.completePlan(id, { consumers: [], warnings: [] });
  const terms = { by: "eva", reason: null, ratePerSecond: null, stages: [], stopAfterFailures: null, force: false };
  const job = await jobs.confirm(id, terms, [], noonMs);
  assert.equal(job?.total, letters);

  const from = process.cpuUsage();
  const told = Array.from({ length: receipts }, (_, n) => appliedAt(n * 7));
  assert.equal(await jobs.take(id, [{ partition: 0, from: 0, to: receipts }], told), true);
  const { user, system } = process.cpuUsage(from);
  const ms = (user + system) / 1_000;
  assert.equal((await jobs.job(id))?.counts["answered-before"], receipts);
  // Going through all of them takes some ten milliseconds for each receipt.
  assert.ok(ms < receipts * 2, `${ms.toFixed(0)} ms of processor for ${receipts} receipts`);
});
