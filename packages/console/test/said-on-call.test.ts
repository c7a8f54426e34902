import assert from "node:assert/strict";
import { test } from "node:test";
import type { RedriveJob, RedrivePlan } from "../page/api/answers.ts";
import { judgedBy } from "../page/parts/judged-by.ts";
import { sayPlace } from "../page/parts/say-place.ts";
import { sayBoth } from "../page/parts/say-time.ts";
import { sayJob } from "../page/pages/jobs/job-words.ts";
import { isRedriveFirst, sayConsumer } from "../page/pages/redrive/say-plan.ts";
import { sayIndex } from "../page/shell/say-index.ts";

test("an index that is a few records behind for seconds is catching up, and unknown only when it lasts", () => {
  const behind = { blind: "the index is 12 records behind the log", problem: null, behind: 12 };
  assert.deepEqual(sayIndex(behind, 5_000), { tone: "calm", word: "12 to index" });
  assert.deepEqual(sayIndex(behind, 10_000), { tone: "unknown", word: "Unknown: the index is 12 records behind the log" });
  const { tone } = sayIndex({ blind: "the index does not follow the log now", problem: null, behind: 0 }, 0);
  assert.equal(tone, "unknown", "what is blind for another reason is so at once");
  assert.equal(sayIndex({ blind: null, problem: "offset 3", behind: 2 }, 0).tone, "warn");
  assert.deepEqual(sayIndex({ blind: null, problem: null, behind: 0 }, 0), { tone: "good", word: "Index up to date" });
});

test("subjects wait behind what failed; held is what people do", () => {
  const known = { count: 313, failedIn: [{ version: "1.1.0", count: 313 }], running: ["1.1.1"], absence: null };
  const say = (heldSubjects: number, waiting: number, count = 313): string =>
    sayConsumer({ ...known, count, heldSubjects, waiting } as unknown as RedrivePlan["consumers"][number]);
  const about = "Failed: 313 in 1.1.0; 1.1.1 runs now;";
  assert.equal(say(313, 0), `${about} 313 subjects wait behind these events, with no later events so far.`);
  assert.equal(say(1, 1, 1), `${about} 1 subject waits behind this event, with 1 later event so far.`);
  assert.equal(say(0, 0), `${about} no subject waits.`);
});

test("a stage says up to which event it goes, as what is answered is counted", () => {
  const say = (stage: number, total: number): string =>
    sayJob({ action: "redrive", state: "running", counts: {}, stages: [1, 5, 50], stage, total } as unknown as RedriveJob);
  assert.match(say(0, 313), /Stage 1 of 4: the first one, the others once it holds\.$/);
  assert.match(say(2, 313), /Stage 3 of 4: the first 56, the others once these hold\.$/);
  assert.match(say(2, 40), /Stage 3 of 4: all that are left\.$/);
});

test("a redrive stands out unless what runs now fails so", () => {
  const first = (["fails", "not-yet", "unknown"] as const).map((state) => isRedriveFirst({ state, versions: [], why: null }));
  assert.deepEqual([...first, isRedriveFirst(null)], [false, true, true, true]);
});

test("a time is said once where both zones are the same", () => {
  assert.equal(sayBoth("26 Nov 15:12:57", "26 Nov 15:12:57"), "26 Nov 15:12:57 UTC");
  assert.equal(sayBoth("26 Nov 16:12:57", "26 Nov 15:12:57"), "26 Nov 16:12:57 here · 26 Nov 15:12:57 UTC");
});

test("a place in the log and a contract are said in words", () => {
  assert.equal(sayPlace({ topic: "order", partition: 0, offset: 117 }), "order/0, offset 117");
  const contract = { type: "order.completed", version: 1, service: "billing", problems: [] };
  const said = judgedBy(contract as unknown as Parameters<typeof judgedBy>[0]);
  assert.equal(said, "checked against version 1 of order.completed, the contract that billing announced");
});
