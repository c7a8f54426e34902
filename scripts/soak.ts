// The tests that have a smaller size in npm test, at their full size: npm run soak
// With arguments, only the test files whose path contains one of them: npm run soak -- crash
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./gate/repository.ts";
import { noTests, runTests, sum } from "./gate/run-tests.ts";
import { testFiles } from "./gate/test-files.ts";

/** For all files together: crash points and chaos take most of it. */
const longestMs = 180 * 60_000;

const filters = process.argv.slice(2);
const { unit, integration, endToEnd } = testFiles(filters);
const sized = [...unit, ...integration, ...endToEnd].filter((file) =>
  /from "[./\w]+\/sizes\.ts"/.test(readFileSync(join(root, file), "utf8")),
);

process.env.THROUGHLINE_SOAK = "1";
console.log(
  `Node ${process.version} on ${process.platform} ${process.arch}; ${sized.length} files, at most ${longestMs / 60_000} min`,
);
const started = performance.now();
const minutes = (sinceMs: number): string => `${((performance.now() - sinceMs) / 60_000).toFixed(1)} min`;
const summary: string[] = [];
let total = noTests();

// One after the other: each may use the whole machine.
for (const [index, file] of sized.entries()) {
  const fileStarted = performance.now();
  const leftMs = Math.floor(longestMs - (fileStarted - started));
  console.log(`\n[${index + 1}/${sized.length}] ${file}`);
  if (leftMs < 1_000) {
    summary.push(`NOT RUN  ${file}: the ${longestMs / 60_000} min are over`);
    total = sum(total, { ...noTests(), cancelled: 1 });
    continue;
  }
  const counts = await runTests([file], { concurrency: 1, testTimeoutMs: leftMs, allTimeoutMs: leftMs });
  const isGood = counts.fail === 0 && counts.cancelled === 0;
  summary.push(`${isGood ? "ok     " : "FAILED "}  ${file}: ${counts.pass} of ${counts.tests} tests, ${minutes(fileStarted)}`);
  total = sum(total, counts);
}

console.log(`\n${summary.join("\n")}`);
console.log(`${total.pass} of ${total.tests} tests passed in ${minutes(started)}`);
if (sized.length === 0)
  console.error(`no test with a full size of its own has one of these words in its path: ${filters.join(", ")}`);
if (total.fail > 0 || total.cancelled > 0 || total.tests === 0) process.exitCode = 1;
