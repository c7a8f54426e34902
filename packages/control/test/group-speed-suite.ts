import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createMemoryLog } from "throughline";
import type { DeadLetter } from "throughline/system-topics";
import { isSoak } from "../../../e2e/sizes.ts";
import { causeOf } from "../src/failures/fingerprint.ts";
import type { LetterEntry } from "../src/index-store/index-batch.ts";
import type { IndexStore } from "../src/index-store/index-store.ts";
import { httpOnIndex } from "./http-on-index.ts";
import { uuidOf } from "./long-log.ts";
import { noonMs } from "./small-log.ts";

const causes = 500;
const inBatch = 2_000;

function letterAt(n: number, failures: number): LetterEntry {
  const letter: DeadLetter = {
    failureId: uuidOf(n, 1),
    service: `service${n % 12}`,
    serviceVersion: `1.${Math.floor((n * 5) / failures)}`,
    handler: "handle",
    epoch: 1,
    reason: "failed",
    error: {
      name: "Error",
      code: `CODE_${"abcdefghij"[n % 10]}${"abcdefghij"[Math.floor(n / 10) % 10]}${"abcde"[Math.floor(n / 100) % 5]}`,
      message: `order ${n} failed`,
      stack: null,
    },
    attempts: [],
    failedAtMs: noonMs + n * 20,
    holdsSubject: false,
    origin: { topic: "order", topicId: "id", partition: 0, offset: n, timestampMs: noonMs },
  };
  return { letter, event: null, cause: causeOf(letter), place: { topic: `${letter.service}.dlt`, partition: 0, offset: n } };
}

/** @param leastPerSecond Of letters, while they are written; only under soak, for other work of the machine slows it. */
export function groupSpeedSuite(
  name: string,
  {
    failures,
    leastPerSecond,
    open,
  }: { failures: number; leastPerSecond: number; open(t: TestContext): IndexStore | Promise<IndexStore> },
): void {
  test(
    `the groups of ${failures.toLocaleString("en")} failures in ${name} are listed in less than a second`,
    { timeout: 1_800_000 },
    async (t) => {
      const store = await open(t);
      const nothing = { reads: [], events: [], receipts: [], audit: [], latest: [], logs: [] };
      const filling = performance.now();
      for (let from = 0; from < failures; from += inBatch)
        await store.apply({
          ...nothing,
          letters: Array.from({ length: Math.min(inBatch, failures - from) }, (_, n) => letterAt(from + n, failures)),
        });
      const perSecond = failures / ((performance.now() - filling) / 1_000);
      const began = performance.now();
      const groups = await store.failureGroups({ limit: 10_000 });
      const listMs = performance.now() - began;
      const pageBegan = performance.now();
      const page = await store.failures({ group: groups[0]!.fingerprint });
      const pageMs = performance.now() - pageBegan;
      console.log(
        `# ${name}: ${Math.round(perSecond)} letters a second; ${groups.length} groups of ${failures} failures in ${listMs.toFixed(0)} ms, ` +
          `a page of one in ${pageMs.toFixed(0)} ms`,
      );
      assert.ok(groups.length >= causes, `${groups.length} groups`);
      assert.equal(
        groups.reduce((sum, { count }) => sum + count, 0),
        failures,
      );
      assert.equal(page.failures.length, Math.min(100, groups[0]!.count));
      assert.ok(listMs < 1_000, `${listMs} ms`);
      assert.ok(pageMs < 1_000, `${pageMs} ms`);
      const control = await httpOnIndex(store, createMemoryLog({ defaultPartitions: 1 }), noonMs + failures * 20);
      try {
        const list = await control.timed("/failure-groups?limit=500");
        assert.equal(list.status, 200);
        assert.equal(list.body.items.length, 500);
        const one = await control.timed(`/failures?group=${groups[0]!.fingerprint}`);
        assert.equal(one.body.items.length, Math.min(50, groups[0]!.count));
        const all = await control.timed("/failures?service=service3&state=open");
        assert.equal(all.body.items.length, 50);
        const overview = await control.timed("/overview");
        assert.equal(overview.body.hurt.unanswered, failures);
        console.log(
          `# ${name} over HTTP: groups ${list.ms.toFixed(0)} ms, failures of one ${one.ms.toFixed(0)} ms, of a service ${all.ms.toFixed(0)} ms, ` +
            `overview ${overview.ms.toFixed(0)} ms`,
        );
        for (const { ms } of [list, one, all, overview]) assert.ok(ms < 1_000, `${ms} ms`);
      } finally {
        await control.close();
      }
      assert.ok(perSecond > leastPerSecond || !isSoak, `${perSecond} letters a second`);
    },
  );
}
