// Every test, after the gate's checks: npm test
// With arguments, only the test files whose path contains one of them: npm test -- packages/core outbox
import { availableParallelism } from "node:os";
import { checks } from "./gate/checks.ts";
import { runSteps } from "./gate/run-steps.ts";
import { noTests, runTests, sum, type TestCounts } from "./gate/run-tests.ts";
import { testFiles } from "./gate/test-files.ts";

console.log(`Node ${process.version} on ${process.platform} ${process.arch}`);
const started = performance.now();
const filters = process.argv.slice(2);
const { unit, integration, endToEnd } = testFiles(filters);
const checked = filters.length === 0 ? await runSteps(checks) : [];

const tested = sum(
  await runTests(unit, { concurrency: Math.min(4, availableParallelism()), testTimeoutMs: 60_000, allTimeoutMs: 600_000 }),
  await runTests(integration, { concurrency: 2, testTimeoutMs: 300_000, allTimeoutMs: 2_400_000 }),
  await runTests(endToEnd, { concurrency: 1, testTimeoutMs: 300_000, allTimeoutMs: 4_200_000 }),
);

// A check counts as a test, so that whoever reads only the summary learns of one that failed.
const failedChecks = checked.filter((check) => !check.ok);
const total: TestCounts = sum(tested, {
  ...noTests(),
  tests: checked.length,
  pass: checked.length - failedChecks.length,
  fail: failedChecks.length,
});

console.log(`# files ${unit.length + integration.length + endToEnd.length}`);
for (const [name, count] of Object.entries(total)) console.log(`# ${name} ${count}`);
console.log(`# duration_ms ${Math.round(performance.now() - started)}`);

if (failedChecks.length > 0) console.error(`failed: ${failedChecks.map((check) => check.name).join(", ")}`);
if (tested.tests === 0)
  console.error(`no test ran${filters.length > 0 ? `: no test file's path contains ${filters.join(" or ")}` : ""}`);
if (total.fail > 0 || total.cancelled > 0 || tested.tests === 0) process.exitCode = 1;
