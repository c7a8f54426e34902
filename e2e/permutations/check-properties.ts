import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import * as fc from "fast-check";
import {
  createMemoryLog,
  createService,
  defineEvent,
  encodeEvent,
  type Running,
  seededSurroundings,
  type VirtualClock,
  withSequence,
} from "throughline";
import type { NewRecord, ParkedRow } from "throughline/seams";
import * as z from "zod";
import { notingMemoryStore, type NotingStore, notingSqliteStore } from "./noted-subjects.ts";
import { type Arrival, retries, type Scenario, scenarios } from "./scenario.ts";

const data = z.object({ item: z.string() });
const StockCounted = defineEvent("stock.counted", { version: 1, subject: "item", data });
/** In the same stream, and handled by nobody. */
const StockMoved = defineEvent("stock.moved", { version: 1, subject: "item", data });

export interface PropertyRun {
  readonly store: "memory" | "SQLite";
  readonly numRuns: number;
  readonly withinMs: number;
  readonly seed: number;
}

export interface PropertyOutcome {
  readonly runs: number;
  /** With the seed and the smallest scenario that fails. */
  readonly failure: string | null;
}

/** An event that was applied: `number` is the one under which it was. */
interface AppliedEvent {
  readonly id: string;
  readonly number: number;
}

/** What came of a scenario. */
interface Outcome {
  readonly applied: readonly AppliedEvent[];
  readonly parked: readonly ParkedRow[];
  readonly problems: readonly string[];
}

async function play(kind: PropertyRun["store"], scenario: Scenario): Promise<Outcome> {
  const surroundings = seededSurroundings(1);
  const { clock } = surroundings;
  const noting = (): NotingStore<unknown> =>
    (kind === "memory" ? notingMemoryStore() : notingSqliteStore(folder)) as NotingStore<unknown>;
  const folder = mkdtempSync(join(tmpdir(), "throughline-order-"));
  const log = createMemoryLog({ surroundings, defaultPartitions: 1 });
  await log.createTopics([{ name: StockCounted.stream }]);
  let stored = noting();
  const start = async (): Promise<Running> => {
    const service = createService({
      name: "warehouse",
      eventLog: () => log.connect(),
      store: stored.store,
      from: "earliest",
      log: { silent: true },
      retryDelaysMs: [20, 40, 60],
      settings: { maxBatchRecords: scenario.batchSize },
      surroundings,
    });
    stored.declare(service, StockCounted, {
      name: "count",
      order: scenario.policy,
      afterDeadLetter: scenario.afterDeadLetter,
      gapDeadlineMs: 2_000,
      reorderWindowMs: 1_000,
      note: ({ id, sequence }, { attempt }) => {
        if (attempt <= (scenario.failures[id] ?? 0)) throw new Error(`attempt ${attempt} of ${id}`);
        return `${id}@${sequence}`;
      },
    });
    return during(clock, service.start());
  };
  let running = await start();
  try {
    for (const [index, arrival] of scenario.arrivals.entries()) {
      if (scenario.restarts.includes(index)) {
        await during(clock, running.close());
        if (kind === "SQLite") stored = noting();
        running = await start();
      }
      await log.append([recordOf(arrival, clock.now())]);
      if (index % scenario.batchSize === 0) await clock.advance(3);
    }
    await clock.advance(8_000);
    const { problems } = await during(clock, running.health());
    const parked = await during(
      clock,
      stored.store.unitOfWork((unit) => unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 100), { readOnly: true }),
    );
    const notes = (await during(clock, stored.applied("count"))).get("s") ?? [];
    const applied = notes.map((note) => note.split("@")).map(([id = "", number]) => ({ id, number: Number(number) }));
    return { applied, parked, problems };
  } finally {
    await during(clock, running.close());
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lets the virtual time pass until `work` has settled. */
async function during<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let isSettled = false;
  work.then(
    () => (isSettled = true),
    () => (isSettled = true),
  );
  for (let i = 0; !isSettled && i < 10_000; i++) await clock.advance(5);
  return work;
}

function recordOf({ id, number, epoch, isHandled }: Arrival, timeMs: number): NewRecord {
  const { key, value, headers } = encodeEvent({
    id,
    source: "stock",
    type: (isHandled ? StockCounted : StockMoved).type,
    subject: "s",
    timeMs,
    dataVersion: 1,
    data: { item: "s" },
    correlationId: "s",
  });
  return { topic: StockCounted.stream, key, value, headers: withSequence(headers, number, epoch), timestampMs: timeMs };
}

/** Everything that is promised, whatever came; a sentence for each promise that was not kept. */
function broken(scenario: Scenario, { applied, parked, problems }: Outcome): string[] {
  const found = [...problems];
  const handled = new Set(scenario.arrivals.filter(({ isHandled }) => isHandled).map(({ id }) => id));
  const isDoomed = (id: string): boolean => (scenario.failures[id] ?? 0) > retries;
  const ids = applied.map(({ id }) => id);
  if (new Set(ids).size < ids.length) found.push("an event was applied twice");
  if (ids.some((id) => !handled.has(id))) found.push("an event of a type that is not handled was applied");
  if (ids.some(isDoomed)) found.push("an event was applied that always fails");
  if (scenario.policy !== "any") {
    const epochOf = ({ id, number }: AppliedEvent): number =>
      Math.min(...scenario.arrivals.filter((each) => each.id === id && each.number === number).map(({ epoch }) => epoch));
    const places = applied.map((event) => epochOf(event) * 1_000 + event.number);
    if (places.some((place, i) => i > 0 && place <= (places[i - 1] ?? 0))) found.push("events were applied out of order");
  }
  const dead = parked.filter(({ state }) => state === "dead");
  const waiting = parked.filter(({ state }) => state === "waiting");
  const holds = scenario.policy !== "any" && scenario.afterDeadLetter === "hold" && dead.length > 0;
  // A marker of a type that is not handled waits for what is missing, for it can be no letter.
  const isStuck = waiting.some((row) => row.handled) && !holds;
  if (isStuck) found.push("an event waits for nothing");
  if (dead.some(({ reason }) => reason === "conflict")) found.push("an event was taken for a conflict");
  if (dead.some(({ reason }) => reason === "gap") && !scenario.hasGaps && !holds) found.push("a gap, and nothing is missing");
  const doomed = [...handled].filter(isDoomed);
  if (scenario.policy === "any") {
    const missing = [...handled].filter((id) => !isDoomed(id) && !ids.includes(id));
    if (missing.length > 0) found.push(`not applied: ${missing.join()}`);
  } else if (scenario.policy === "sequential" && !scenario.hasGaps && doomed.length === 0) {
    const missing = [...handled].filter((id) => !ids.includes(id));
    if (missing.length > 0) found.push(`not applied, though nothing is missing and nothing is dead: ${missing.join()}`);
  }
  return found;
}

async function check({ store, numRuns, withinMs, seed }: PropertyRun): Promise<PropertyOutcome> {
  let runs = 0;
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    runs++;
    const outcome = await play(store, scenario);
    const problems = broken(scenario, outcome);
    if (problems.length > 0)
      throw new Error(
        `${problems.join("; ")}\n  applied: ${outcome.applied.map(({ id, number }) => `${id}@${number}`).join(" ")}`,
      );
  });
  try {
    await fc.assert(property, { seed, numRuns, plugins: [fc.interruptAfterTimeLimit(withinMs)] });
    return { runs, failure: null };
  } catch (error) {
    const { message, cause } = error as Error;
    return { runs, failure: `${(cause as Error | undefined)?.message ?? ""}\n${message}` };
  }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
parentPort?.postMessage(await check(workerData as PropertyRun));
