import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const program = fileURLToPath(new URL("shipping-cost.ts", import.meta.url));
const flags = ["--conditions=throughline-source", "--disable-warning=ExperimentalWarning"];

test("shipping a line costs a service less than handling an event does at its cheapest, in one run with and without", async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program], { timeout: 120_000 });
  const { without, with: withIt } = JSON.parse(stdout) as { without: number; with: number };
  t.diagnostic(
    `${without.toFixed(1)} µs an event without, ${withIt.toFixed(1)} µs with: ${(withIt - without).toFixed(1)} µs a line`,
  );
  // On a store and a log in memory, where handling costs next to nothing: this is the worst that it can look.
  assert.ok(withIt < without * 2, `${withIt.toFixed(1)} µs with, ${without.toFixed(1)} µs without`);
});
