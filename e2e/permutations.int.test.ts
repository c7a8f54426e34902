import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { seededRandom } from "../examples/shop/driver/seeded-random.ts";
import { allArrivals, allOrders, type Arrivals, withCopies } from "./permutations/arrival-orders.ts";
import type { DeliveryOutcome, DeliveryRun } from "./permutations/deliver.ts";
import { type Policy, policies } from "./permutations/noted-subjects.ts";
import { sizes } from "./sizes.ts";

/** Arrivals of one event or several, some of them again: every sequence up to so many. */
const longest = sizes({ test: 6, soak: 7 });

const random = seededRandom(20_261_125);
/** And every order of seven events, with each of them once more, anywhere. */
const ofSeven = [...allOrders(7)].map((order) => withCopies(order, random));
const everything: readonly Arrivals[] = [
  ...Array.from({ length: longest }, (_, i) => [...allArrivals(i + 1)]).flat(),
  ...ofSeven,
];

test(
  "each order of arrival ends in the same state under every policy, with nothing parked or dead",
  { timeout: 20 * 60_000 },
  async (t) => {
    t.diagnostic(`${everything.length} orders of arrival`);
    await Promise.all(
      (["memory", "SQLite"] as const).map((store) =>
        t.test(`on the ${store} store`, async () => {
          const { health, parked, applied } = await deliver({ store, arrivals: everything });
          assert.deepEqual(health, { live: true, ready: true, problems: [] });
          assert.deepEqual(parked, []);
          for (const policy of policies) checkFinalStates(policy, applied[policy]);
        }),
      ),
    );
  },
);

function deliver(workerData: DeliveryRun): Promise<DeliveryOutcome> {
  const worker = new Worker(new URL("permutations/deliver.ts", import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the worker ended with ${code}`)));
  });
}

function checkFinalStates(policy: Policy, applied: readonly (readonly number[])[]): void {
  const wrong = everything.flatMap((arrivals, i) => {
    const numbers = applied[i] ?? [];
    return isRight(policy, numbers, Math.max(...arrivals)) ? [] : [`${policy}: ${arrivals.join(" ")} → ${numbers.join(" ")}`];
  });
  assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} orders of arrival end otherwise`);
}

function isRight(policy: Policy, numbers: readonly number[], events: number): boolean {
  if (policy === "sequential") return numbers.join() === Array.from({ length: events }, (_, i) => i + 1).join();
  if (policy === "latest")
    return numbers.at(-1) === events && numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? 0));
  return numbers.length === events && new Set(numbers).size === events;
}
