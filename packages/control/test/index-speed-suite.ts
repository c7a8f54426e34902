import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { isSoak } from "../../../e2e/sizes.ts";
import { eventsOf, hopsOf } from "../src/flow/flow-summary.ts";
import { findFlows } from "../src/flow/index-flows.ts";
import type { IndexStore } from "../src/index-store/index-store.ts";
import { createIndexer } from "../src/indexing/indexer.ts";
import { httpOnIndex } from "./http-on-index.ts";
import { correlationOf, longLog, topicsOfAFlow, uuidOf } from "./long-log.ts";
import { longestHold } from "./longest-hold.ts";
import { noonMs } from "./small-log.ts";

export interface SpeedOptions {
  readonly events: number;
  /** How often each kind of look-up is timed. */
  readonly rounds: number;
  /** Opens the index, which is there from the second time on. */
  open(): IndexStore | Promise<IndexStore>;
  /** What its tables take. */
  bytes(): number | Promise<number>;
}

const eventsInSegment = 40_000;
/** Of 4,000 rows each: its events, their keys, and receipts. */
const stepsOfASegment = 50;
const none = { eventsMs: null, deadLettersMs: null, maxBytes: null, logsMs: null, logsMaxBytes: null };

/** What an index must do however large it is: be filled quickly, find a flow, open again, and give up what is old without a stop. */
export function indexSpeedSuite(name: string, { events, rounds, open, bytes }: SpeedOptions): void {
  const flows = Math.floor(events / topicsOfAFlow);
  // The last ranges of a partition are not written yet.
  const whole = Math.floor(Math.floor(flows / 3) / 1_000) * 1_000 * 3;
  const nowMs = noonMs + flows;
  const flowAt = (round: number): number => (Math.imul(round + 1, 0x9e3779b1) >>> 0) % whole;

  describe(`an index of ${events.toLocaleString("en")} events in ${name}`, { timeout: 3_600_000 }, () => {
    let store: IndexStore;
    let isOpen = false;
    before(async () => {
      store = await open();
      isOpen = true;
    });
    after(async () => {
      if (isOpen) await store.close();
    });
    const indexer = () => createIndexer({ log: longLog(flows), store, now: () => nowMs, retention: none });

    test("takes 20,000 records a second", async () => {
      const [from, cpu] = [performance.now(), process.cpuUsage()];
      const records = await indexer().catchUp();
      const seconds = (performance.now() - from) / 1_000;
      const used = process.cpuUsage(cpu);
      const perSecond = Math.round(records / seconds);
      const perCpuSecond = Math.round(records / ((used.user + used.system) / 1e6));
      console.log(
        `# ${name}: ${records} records in ${seconds.toFixed(0)} s, ${perSecond}/s, ${perCpuSecond} a second of this process's processor, ` +
          `${Math.round((await bytes()) / events)} bytes an event`,
      );
      // The time of this process's processor, making the records included: what else the machine does tells nothing of the index.
      assert.ok(perCpuSecond >= 20_000, `${perCpuSecond} records a second of processor`);
      assert.ok((await store.positions()).every(({ nextOffset, endOffset }) => nextOffset === endOffset));
    });

    for (const by of ["correlation id", "event id", "subject"] as const)
      test(`finds a flow by its ${by}, with all of its hops, in under 100 ms at p95`, async () => {
        await timed(`${name}: flow by ${by}`, rounds, async (round) => {
          const flow = flowAt(round);
          const query =
            by === "subject"
              ? { subject: `o-${flow}` }
              : { id: by === "event id" ? uuidOf(flow, round % topicsOfAFlow) : correlationOf(flow) };
          const from = performance.now();
          const found = await findFlows(store, query, { nowMs });
          const ms = performance.now() - from;
          assert.equal(found.flows.length, 1);
          const [only] = found.flows;
          assert.equal(only!.correlationId, correlationOf(flow));
          assert.equal(eventsOf(only!).length, topicsOfAFlow);
          const hops = hopsOf(only!);
          assert.equal(hops.length, topicsOfAFlow * 2);
          assert.deepEqual([...new Set(hops.map(({ handler }) => handler.outcome))], ["applied"]);
          return ms;
        });
      });

    test("answers a flow by its correlation id over HTTP, with all of its hops, in under 100 ms at p95", async () => {
      const control = await httpOnIndex(store, longLog(flows), nowMs);
      try {
        await timed(`${name}: flow over HTTP`, rounds, async (round) => {
          const { status, body, ms } = await control.timed(`/flows/${correlationOf(flowAt(round + 7_919))}`);
          assert.equal(status, 200, JSON.stringify(body));
          assert.equal(body.events.length, topicsOfAFlow);
          const outcomes = body.events.flatMap(({ handlers }: { handlers: { outcome: string }[] }) =>
            handlers.map(({ outcome }) => outcome),
          );
          assert.equal(outcomes.length, topicsOfAFlow * 2);
          assert.ok(outcomes.every((outcome: string) => outcome === "applied"));
          return ms;
        });
        // A flow, one of its events, and its subject: one box finds them.
        await timed(`${name}: search over HTTP`, Math.ceil(rounds / 10), async (round) => {
          const found = await control.timed(`/search?q=${correlationOf(flowAt(round))}`);
          assert.deepEqual(
            found.body.hits.map(({ kind }: { kind: string }) => kind),
            ["flow"],
          );
          return found.ms;
        });
      } finally {
        await control.close();
      }
    });

    test("is open again within two seconds, and knows that nothing is new", async () => {
      await store.close();
      isOpen = false;
      const from = performance.now();
      store = await open();
      isOpen = true;
      const found = await store.findEvents({ flow: correlationOf(0) });
      const answeredMs = performance.now() - from;
      assert.equal(found.length, topicsOfAFlow);
      assert.equal(await indexer().catchUp(), 0);
      const ms = performance.now() - from;
      console.log(`# ${name}: open again and answering in ${answeredMs.toFixed(0)} ms, caught up in ${ms.toFixed(0)} ms`);
      assert.ok(ms < 2_000 || !isSoak, `${ms} ms`);
    });

    test("gives up the oldest tenth by size in steps, none of which holds the event loop for 200 ms", async () => {
      const most = Math.max(1, Math.round(events / 10 / eventsInSegment)) * stepsOfASegment;
      let steps = 0;
      const began = performance.now();
      const hold = await longestHold(async (turn) => {
        while (steps < most && (await store.retain({ ...none, maxBytes: 1 }, nowMs))) {
          steps += 1;
          await turn();
        }
      });
      const seconds = (performance.now() - began) / 1_000;
      console.log(
        `# ${name}: ${steps} steps of retention in ${seconds.toFixed(1)} s; the event loop was held for ${hold.ms.toFixed(0)} ms, ` +
          `${hold.cpuMs.toFixed(0)} ms of processor, at most`,
      );
      assert.ok(steps > 5, `${steps} steps`);
      assert.ok((await store.findEvents({ flow: correlationOf(0) })).length < topicsOfAFlow);
      assert.ok(hold.cpuMs < 200, `${hold.cpuMs} ms of processor`);
      assert.ok(hold.ms < 200 || !isSoak, `${hold.ms} ms`);
    });
  });
}

/** @param once Answers how long it took. */
async function timed(what: string, rounds: number, once: (round: number) => Promise<number>): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await once(round));
  const sorted = times.toSorted((a, b) => a - b);
  const [p50, p95] = [sorted[Math.floor(rounds * 0.5)]!, sorted[Math.floor(rounds * 0.95)]!];
  console.log(`# ${what}: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, at most ${sorted.at(-1)!.toFixed(1)} ms`);
  assert.ok(p95 < 100 || !isSoak, `p95 ${p95} ms`);
}
