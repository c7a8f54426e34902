// The gate before every commit: npm run verify
import { checks } from "./gate/checks.ts";
import { runSteps, type Step } from "./gate/run-steps.ts";
import { testFiles } from "./gate/test-files.ts";

const unitTests: Step = {
  name: "unit tests",
  command: process.execPath,
  args: ["--test", "--test-concurrency=2", "--test-timeout=60000", "--test-reporter=spec", ...testFiles().unit],
  // As much as npm test gives them: a busy machine takes more than five minutes.
  timeoutMs: 600_000,
};

const results = await runSteps([...checks, unitTests]);
const failed = results.filter((result) => !result.ok).map((result) => result.name);
if (failed.length > 0) {
  console.error(`verify failed: ${failed.join(", ")}`);
  process.exitCode = 1;
}
