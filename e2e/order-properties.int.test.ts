import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import type { PropertyOutcome, PropertyRun } from "./permutations/check-properties.ts";
import { sizes } from "./sizes.ts";

const numRuns = sizes({ test: 400, soak: 20_000 });
const withinMs = sizes({ test: 20_000, soak: 10 * 60_000 });
/** Another one gives other scenarios; a failure prints its own, and the smallest scenario that fails. */
const seed = Number(process.env.THROUGHLINE_PROPERTY_SEED ?? 20_261_125);

for (const store of ["memory", "SQLite"] as const) {
  test(
    `8 to 14 events of a subject, in any order, with failures, gaps, duplicates and restarts, keep every promise on the ${store} store`,
    { timeout: 20 * 60_000 },
    async (t) => {
      const { runs, failure } = await check({ store, numRuns, withinMs, seed });
      t.diagnostic(`${runs} scenarios, seed ${seed}`);
      assert.equal(failure, null);
    },
  );
}

function check(workerData: PropertyRun): Promise<PropertyOutcome> {
  const worker = new Worker(new URL("permutations/check-properties.ts", import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the worker ended with ${code}`)));
  });
}
