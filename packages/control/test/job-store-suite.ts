import assert from "node:assert/strict";
import { test } from "node:test";
import type { IndexedFailure } from "../src/failures/indexed-failure.ts";
import type { JobTerms, TakenReceipt } from "../src/redrive/job.ts";
import type { JobStore } from "../src/redrive/job-store.ts";
import { requestIdOf } from "../src/redrive/request-id.ts";

const terms: JobTerms = { by: "eva", reason: "mended", ratePerSecond: null, stages: [], stopAfterFailures: null, force: false };

export function letter(offset: number, part: Partial<IndexedFailure> = {}): IndexedFailure {
  return {
    failureId: `f-${offset}`,
    service: "billing",
    handler: "invoice",
    version: "1.0.0",
    epoch: 0,
    reason: "permanent",
    origin: { topic: "order", partition: 0, offset },
    letter: { topic: "billing.dlt", partition: 1, offset: offset + 100 },
    eventId: `e-${offset}`,
    type: "order.completed",
    subject: `o-${offset}`,
    correlationId: null,
    tenantId: null,
    error: { name: "Error", code: null, message: "no" },
    attempts: 1,
    failedAtMs: 1_000,
    holdsSubject: false,
    group: "g",
    state: "open",
    asked: null,
    answer: null,
    isSuperseded: false,
    ...part,
  };
}

export async function planned(store: JobStore, id: string, letters: readonly IndexedFailure[], edited: Uint8Array | null = null) {
  await store.draft({
    id,
    action: "redrive",
    by: "eva",
    selection: { query: {} },
    createdAtMs: 1_000,
    expiresAtMs: 5_000,
    edited,
  });
  await store.addItems(id, letters);
  while (await store.arrange(id));
  await store.completePlan(id, { consumers: [], warnings: [] });
}

const receipt = (offset: number, part: Partial<TakenReceipt>): TakenReceipt => ({
  outcome: "applied",
  service: "billing",
  handler: "invoice",
  topic: "order",
  partition: 0,
  offset,
  failureId: null,
  requestId: null,
  reason: null,
  errorCode: null,
  error: null,
  atMs: 3_000,
  ...part,
});

/** What every store of plans and jobs does. `open` answers with several on the same place, as control planes have. */
export function jobStoreSuite(name: string, open: (count: number) => Promise<JobStore[]>): void {
  const on = (title: string, work: (one: JobStore, two: JobStore) => Promise<void>): void =>
    void test(`${name}: ${title}`, async () => {
      const [one, two] = await open(2);
      await work(one!, two!);
      await one!.close();
      await two!.close();
    });
  const states = async (store: JobStore, id: string) =>
    (await store.items(id, { cursor: 0, limit: 100 })).items.map(({ no, failureId, state }) => [no, failureId, state]);

  on("a plan numbers its letters by consumer and place, each once, and tells what they have in common", async (one, two) => {
    await one.draft({
      id: "p",
      action: "discard",
      by: "eva",
      selection: { a: "\u0000" },
      createdAtMs: 1,
      expiresAtMs: 9,
      edited: null,
    });
    assert.equal(await two.plan("p"), null, "it is not complete");
    const held = { holdsSubject: true, subject: "o-\u0000" };
    await one.addItems("p", [
      letter(12, held),
      letter(3),
      letter(3),
      letter(100, { handler: "Z", version: "2", reason: "uncertain" }),
    ]);
    await one.addItems("p", [
      letter(3),
      letter(7, { ...held, version: "2" }),
      letter(1, { service: "a", failureId: "x".repeat(9_000) }),
    ]);
    await one.leaveOut("p", [
      { failureId: "f-9", service: null, handler: null, why: "unknown" },
      { failureId: "f-10", service: "billing", handler: "invoice", why: "asked" },
      { failureId: "f-9", service: null, handler: null, why: "unknown" },
    ]);
    while (await one.arrange("p"));
    const [, , invoice] = await two.consumersOf("p");
    assert.deepEqual(
      (await two.consumersOf("p")).map(({ service, handler }) => `${service}/${handler}`),
      ["a/invoice", "billing/Z", "billing/invoice"],
    );
    assert.deepEqual([invoice!.count, invoice!.heldSubjects, invoice!.uncertain], [3, 1, 0]);
    assert.deepEqual(invoice!.failedIn, [
      { version: "1.0.0", count: 2 },
      { version: "2", count: 1 },
    ]);
    assert.deepEqual(invoice!.places, [{ topic: "order", partition: 0, offset: 7 }]);
    const asked = ["o-3", "o-\u0000", "none"];
    assert.deepEqual(await two.heldSubjects("p", { service: "billing", handler: "invoice" }, asked), new Set(["o-\u0000"]));
    assert.deepEqual(await two.heldSubjects("p", { service: "billing", handler: "Z" }, asked), new Set());
    await one.completePlan("p", { consumers: [], warnings: [{ warning: "paused", sentence: "it is" }] });
    const plan = (await two.plan("p"))!;
    assert.deepEqual(
      [plan.total, plan.leftOut, plan.isConfirmed, plan.selection],
      [5, { unknown: 1, asked: 1 }, false, { a: "\u0000" }],
    );
    assert.deepEqual(
      (await states(two, "p")).map(([no, id]) => [no, String(id).slice(0, 5)]),
      [
        [0, "xxxxx"],
        [1, "f-100"],
        [2, "f-3"],
        [3, "f-7"],
        [4, "f-12"],
      ],
    );
    const page = await two.leftOut("p", { cursor: 0, limit: 1 });
    assert.deepEqual(
      page.items.map(({ failureId }) => failureId),
      ["f-9"],
    );
    assert.deepEqual(
      (await two.leftOut("p", { cursor: page.cursor!, limit: 1 })).items.map(({ why }) => why),
      ["asked"],
    );
    await assert.rejects(one.addItems("none", [letter(1)]), { code: "REDRIVE_NO_SUCH_JOB" });
  });

  on("of two plans of the same letters that are confirmed at once, one asks for each", async (one, two) => {
    const letters = Array.from({ length: 20 }, (_, n) => letter(n));
    for (const id of ["a", "b", "late"]) await planned(one, id, letters);
    assert.equal(await one.confirm("late", terms, [], 5_000), null, "its time is over");
    const jobs = await Promise.all([one.confirm("a", terms, [], 2_000), two.confirm("b", terms, [], 2_000)]);
    assert.deepEqual(
      jobs.map((job) => job!.counts).toSorted((x, y) => Number(y["waiting"] ?? 0) - Number(x["waiting"] ?? 0)),
      [{ waiting: 20 }, { "in-another-job": 20 }],
    );
    assert.deepEqual(await one.confirm("a", { ...terms, by: "mallory" }, [], 9_000), jobs[0], "repeated, it is the same job");
    assert.deepEqual(
      (await two.active()).map(({ id }) => id),
      ["a", "b"],
    );
    const page = await two.jobs({ cursor: null, limit: 1 });
    assert.deepEqual(
      [page.jobs.map(({ id }) => id), (await two.jobs({ cursor: page.cursor, limit: 1 })).jobs[0]!.id],
      [["b"], "a"],
    );
    assert.equal(await one.confirm("none", terms, [], 0), null);
  });

  on("of two that sent the same items one moves the job on, and each item counts once", async (one, two) => {
    await planned(one, "j", [letter(0), letter(1), letter(2)], Buffer.from([0, 1, 255]));
    await one.confirm("j", terms, [{ partition: 0, offset: 5 }], 2_000);
    assert.deepEqual(Buffer.from((await two.edited("j"))!), Buffer.from([0, 1, 255]));
    const items = [
      { no: 0, state: "asked", detail: null },
      { no: 1, state: "not-sent", detail: "too large\u0000" },
    ] as const;
    assert.deepEqual(
      (await one.nextItems("j", 2)).map(({ no }) => no),
      [0, 1],
    );
    assert.deepEqual((await Promise.all([one.sent("j", 0, items, 2_500), two.sent("j", 0, items, 2_600)])).toSorted(), [
      false,
      true,
    ]);
    const job = (await one.job("j"))!;
    assert.deepEqual([job.next, job.counts], [2, { asked: 1, "not-sent": 1, waiting: 1 }]);
    assert.deepEqual(
      (await two.nextItems("j", 2)).map(({ failureId, letter: at }) => [failureId, at.offset]),
      [["f-2", 102]],
    );
    const [asked, refused] = (await two.items("j", { cursor: 0, limit: 2 })).items;
    assert.deepEqual([asked!.askedAtMs, refused!.askedAtMs], [job.lastAskedAtMs, null]);
    assert.deepEqual(
      (await two.items("j", { cursor: 0, limit: 9, states: ["waiting"] })).items.map(({ no }) => no),
      [2],
    );
  });

  on("what was written while the job was cancelled was asked for, and nothing else of it", async (one, two) => {
    await planned(one, "j", [letter(0), letter(1), letter(2)]);
    await one.confirm("j", terms, [], 2_000);
    await two.change("j", ["running"], { state: "cancelled", dropWaiting: true });
    const passed = { state: "asked", detail: null } as const;
    await one.sent(
      "j",
      0,
      [
        { no: 0, ...passed, isWritten: true },
        { no: 1, ...passed },
      ],
      2_500,
    );
    assert.deepEqual((await two.job("j"))!.counts, { asked: 1, cancelled: 2 });
  });

  on("receipts answer items once, in their order, by request, failure or place", async (one, two) => {
    await planned(
      one,
      "j",
      [0, 1, 2, 3].map((offset) => letter(offset)),
    );
    await one.confirm("j", terms, [{ partition: 0, offset: 5 }], 2_000);
    await one.sent(
      "j",
      0,
      [0, 1, 2].map((no) => ({ no, state: "asked", detail: null })),
      2_500,
    );
    const receipts = [
      receipt(0, { outcome: "parked", requestId: requestIdOf("j", "f-0"), failureId: "f-0" }),
      receipt(0, { outcome: "retried", error: "no\u0000" }),
      receipt(0, { outcome: "applied" }),
      receipt(77, { outcome: "dead", failureId: "f-1", error: "again" }),
      receipt(3, { outcome: "discarded", failureId: "f-3" }),
      receipt(2, { handler: "another" }),
      receipt(99, { failureId: "unknown" }),
    ];
    const reads = [
      { partition: 0, from: 5, to: 12 },
      { partition: 1, from: 0, to: 2 },
    ];
    assert.deepEqual((await Promise.all([one.take("j", reads, receipts), two.take("j", reads, receipts)])).toSorted(), [
      false,
      true,
    ]);
    assert.deepEqual(
      (await states(two, "j")).map(([, , state]) => state),
      ["applied", "dead", "asked", "answered-before"],
    );
    assert.deepEqual((await two.job("j"))!.counts, { applied: 1, dead: 1, asked: 1, "answered-before": 1 });
    assert.deepEqual(
      (await two.receiptPositions("j")).toSorted((a, b) => a.partition - b.partition),
      [
        { partition: 0, offset: 12 },
        { partition: 1, offset: 2 },
      ],
    );
    assert.equal(await two.take("j", [{ partition: 0, from: 5, to: 13 }], receipts), false);
    const [applied] = (await two.items("j", { cursor: 0, limit: 1 })).items;
    assert.deepEqual([applied!.detail, applied!.askedAtMs, applied!.answeredAtMs], [null, 2_500, 3_000]);
  });

  on("a job changes only from the state that it is in, and what ends keeps no payload", async (one, two) => {
    await planned(one, "j", [letter(0), letter(1)], Buffer.from("{}"));
    await one.confirm("j", terms, [], 2_000);
    const paused = await Promise.all([
      one.change("j", ["running"], { state: "paused" }),
      two.change("j", ["running"], { state: "paused" }),
    ]);
    assert.equal(paused.filter((job) => job !== null).length, 1);
    const slower = (await two.change("j", ["paused"], {
      state: "running",
      ratePerSecond: 0.5,
      stage: 1,
      forgiven: 2,
      problem: "p\u0000",
    }))!;
    assert.deepEqual([slower.ratePerSecond, slower.stage, slower.forgiven, slower.reason], [0.5, 1, 2, "mended"]);
    assert.equal((await two.change("j", ["running"], { ratePerSecond: null }))!.ratePerSecond, null);
    const cancelled = (await one.change("j", ["running"], { state: "cancelled", dropWaiting: true, problem: null }))!;
    assert.deepEqual([cancelled.counts, cancelled.problem], [{ cancelled: 2 }, null]);
    assert.ok(await one.edited("j"));
    assert.equal((await one.change("j", ["cancelled"], { endedAtMs: 4_000 }))!.endedAtMs, 4_000);
    assert.equal(await two.edited("j"), null);
    assert.deepEqual(await two.active(), []);
    assert.equal(await two.change("none", ["running"], {}), null);
  });

  on("one holds the lease until its time is over, or it gives it back", async (one, two) => {
    const times = (ms: number) => ({ nowMs: Date.now(), untilMs: Date.now() + ms });
    assert.deepEqual((await Promise.all([one.claim("a", times(60_000)), two.claim("b", times(60_000))])).toSorted(), [
      false,
      true,
    ]);
    const holder = (await one.claim("a", times(60_000))) ? "a" : "b";
    const other = holder === "a" ? "b" : "a";
    await two.release(other);
    assert.equal(await two.claim(other, times(60_000)), false, "only its holder gives it back");
    const sinceMs = performance.now();
    assert.equal(await two.claim(holder, times(300)), true, "it keeps it, for as long as it says");
    while (!(await two.claim(other, times(60_000)))) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.ok(performance.now() - sinceMs >= 295, "not before");
    assert.equal(await one.claim(holder, times(60_000)), false);
    await one.release(other);
    assert.equal(await one.claim(holder, times(60_000)), true);
  });

  on("plans that nobody confirmed, and jobs that ended long ago, are removed with all that is theirs", async (one, two) => {
    for (const [n, id] of ["plan", "ended", "running"].entries()) await planned(one, id, [letter(n)]);
    for (const id of ["ended", "running"]) await one.confirm(id, terms, [{ partition: 0, offset: 0 }], 2_000);
    await one.change("ended", ["running"], { state: "done", endedAtMs: 3_000 });
    while (await two.prune(5_000, 3_001));
    assert.deepEqual([await one.plan("plan"), await one.job("ended")], [null, null]);
    assert.equal((await one.job("running"))!.total, 1);
    assert.equal((await one.items("running", { cursor: 0, limit: 9 })).items.length, 1);
  });
}
