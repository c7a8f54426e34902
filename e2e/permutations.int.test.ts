import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryLog, createService, defineEvent, encodeEvent, type MemoryLog, type Store, withSequence } from "throughline";
import type { NewRecord } from "throughline/seams";
import * as z from "zod";
import { seededRandom } from "../examples/shop/driver/seeded-random.ts";
import { until } from "../examples/shop/driver/until.ts";
import { allArrivals, allOrders, type Arrivals, withCopies } from "./permutations/arrival-orders.ts";
import {
  type Applied,
  notingMemoryStore,
  type NotingStore,
  notingSqliteStore,
  type Policy,
  policies,
} from "./permutations/noted-subjects.ts";
import { sizes } from "./sizes.ts";

const StockCounted = defineEvent("stock.counted", { version: 1, subject: "item", data: z.object({ item: z.string() }) });

const longest = sizes({ test: 6, soak: 7 });
/** Subjects whose events come at the same time. */
const atOnce = 400;

const byLength = Array.from({ length: longest }, (_, i) => [...allArrivals(i + 1)]).flat();
const random = seededRandom(20_261_125);
const ofSeven = [...allOrders(7)].map((order) => withCopies(order, random));
const everything: readonly Arrivals[] = [...byLength, ...ofSeven];

for (const [name, create] of [
  ["memory", notingMemoryStore],
  ["SQLite", notingSqliteStore],
] as const) {
  test(
    `each of ${everything.length} orders of arrival ends in the same state under every policy, on the ${name} store`,
    { timeout: 20 * 60_000 },
    async (t) => {
      const noting: NotingStore<never> = create() as never;
      const log = createMemoryLog({ defaultPartitions: 3 });
      await log.createTopics([{ name: StockCounted.stream }]);
      const service = createService({
        name: "warehouse",
        eventLog: log,
        store: noting.store,
        from: "earliest",
        log: { silent: true },
      });
      for (const policy of policies) noting.declare(service, StockCounted, policy);
      const running = await service.start();
      t.after(async () => {
        await running.close();
        noting.close();
      });
      for (let first = 0; first < everything.length; first += atOnce) {
        const subjects = everything.slice(first, first + atOnce).map((arrivals, i) => ({ name: `s-${first + i}`, arrivals }));
        await append(log, subjects);
        await until("all is handled", () => isSettled(log, noting.store), { everyMs: 5, timeoutMs: 60_000 });
      }
      assert.deepEqual(await running.health(), { live: true, ready: true, problems: [] });
      assert.deepEqual(await countParked(noting.store), [], "nothing waits, and nothing is dead");
      for (const policy of policies) checkFinalStates(policy, await noting.applied(policy));
    },
  );
}

/** Side by side, so that the events of a subject come in one transaction, in several, and behind each other's parked ones. */
async function append(log: MemoryLog, subjects: readonly { name: string; arrivals: Arrivals }[]): Promise<void> {
  const places = Math.max(...subjects.map(({ arrivals }) => arrivals.length));
  for (let from = 0; from < places; from += 3) {
    const records = subjects.flatMap(({ name, arrivals }) =>
      arrivals.slice(from, from + 3).map((number) => recordOf(name, number)),
    );
    for (const result of await log.append(records)) if (!result.ok) throw result.error;
  }
}

function recordOf(subject: string, number: number): NewRecord {
  const { key, value, headers } = encodeEvent({
    id: `${subject}/${number}`,
    source: "stock",
    type: StockCounted.type,
    subject,
    timeMs: Date.now(),
    dataVersion: 1,
    data: { item: subject },
    correlationId: subject,
  });
  return { topic: StockCounted.stream, key, value, headers: withSequence(headers, number, 0) };
}

function checkFinalStates(policy: Policy, applied: Applied): void {
  const wrong: string[] = [];
  for (const [index, arrivals] of everything.entries()) {
    const numbers = applied.get(`s-${index}`) ?? [];
    if (!isRight(policy, numbers, Math.max(...arrivals))) wrong.push(`${policy}: ${arrivals.join(" ")} → ${numbers.join(" ")}`);
  }
  assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} orders of arrival end otherwise`);
}

function isRight(policy: Policy, numbers: readonly number[], events: number): boolean {
  if (policy === "sequential") return numbers.join() === Array.from({ length: events }, (_, i) => i + 1).join();
  if (policy === "latest")
    return numbers.at(-1) === events && numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? 0));
  return numbers.length === events && new Set(numbers).size === events;
}

function countParked(store: Store<unknown>) {
  return store.unitOfWork((unit) => unit.parked.counts(), { readOnly: true });
}

async function isSettled(log: MemoryLog, store: Store<unknown>): Promise<boolean> {
  const ends = await log.offsets(StockCounted.stream);
  const cursors = (await store.unitOfWork((unit) => unit.cursors.list(), { readOnly: true })).filter(
    ({ topic }) => topic === StockCounted.stream,
  );
  const isThrough =
    cursors.length === ends.length * policies.length &&
    cursors.every(({ partition, offset }) => offset === ends.find((found) => found.partition === partition)?.end);
  return isThrough && (await countParked(store)).every(({ state }) => state === "dead");
}
