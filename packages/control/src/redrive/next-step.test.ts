import assert from "node:assert/strict";
import { test } from "node:test";
import type { RedriveJob } from "./job.ts";
import { nextStep, stageEnd } from "./next-step.ts";

const job = (part: Partial<RedriveJob>): RedriveJob =>
  ({ total: 100, next: 0, stage: 0, stages: [1, 5, 50], stopAfterFailures: 1, forgiven: 0, counts: {}, ...part }) as RedriveJob;

test("stages of 1, 5 and 50 end at 1, 6 and 56, and the rest at the last", () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((stage) => stageEnd(job({}), stage)),
    [1, 6, 56, 100],
  );
  assert.equal(stageEnd(job({ total: 4 }), 1), 4);
});

test("a stage is sent, waited for until all of it is answered, and then the next", () => {
  assert.deepEqual(nextStep(job({})), { do: "send", most: 1 });
  assert.deepEqual(nextStep(job({ next: 1, counts: { accepted: 1, waiting: 99 } })), { do: "wait" });
  assert.deepEqual(nextStep(job({ next: 1, counts: { failing: 1, waiting: 99 } })), { do: "wait" });
  assert.deepEqual(nextStep(job({ next: 1, counts: { applied: 1, waiting: 99 } })), { do: "advance" });
  assert.deepEqual(nextStep(job({ next: 1, stage: 1, counts: { applied: 1, waiting: 99 } })), { do: "send", most: 5 });
  assert.deepEqual(nextStep(job({ next: 100, stage: 3, counts: { applied: 100 } })), { do: "end" });
});

test("it stops at the first new failure, and again after it was let go on", () => {
  const stopped = nextStep(job({ next: 6, stage: 1, counts: { dead: 1, applied: 5 } }));
  assert.equal(stopped.do, "stop");
  assert.match(
    (stopped as { problem: string }).problem,
    /stopped by itself in stage 2: of 6 asked for, 1 failed for good again;/,
  );
  assert.deepEqual(nextStep(job({ next: 6, stage: 1, forgiven: 1, counts: { dead: 1, applied: 5 } })), { do: "advance" });
  assert.match(
    (nextStep(job({ next: 70, stage: 3, forgiven: 1, counts: { dead: 1, refused: 1, accepted: 68 } })) as { problem: string })
      .problem,
    /in the rest: of 70 asked for, 1 failed for good again, 1 refused, 1 of them since it was let go on/,
  );
});

test("without a canary everything is sent at once, and failures stop nothing", () => {
  const plain = { stages: [], stopAfterFailures: null };
  assert.deepEqual(nextStep(job({ ...plain, next: 10, counts: { dead: 10 } })), { do: "send", most: 90 });
});
