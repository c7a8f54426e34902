import { PassThrough } from "node:stream";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { root } from "./repository.ts";

export interface TestCounts {
  tests: number;
  suites: number;
  pass: number;
  fail: number;
  cancelled: number;
  skipped: number;
  todo: number;
}

export interface TestRunOptions {
  readonly concurrency: number;
  /** For each test. */
  readonly testTimeoutMs: number;
  /** For all files together: those that still run then are ended, and count as failed. A handle left open keeps its file running. */
  readonly allTimeoutMs: number;
}

type TestEvent = { type: string; data: { nesting?: number; file?: string; counts?: Record<string, number> } };

const writesAtOnce = new URL("write-at-once.mjs", import.meta.url).href;

/**
 * Runs test files in a process each, with Node's spec report on standard output, and counts.
 * Node's own summary is left out: several runs make one.
 */
export async function runTests(files: readonly string[], options: TestRunOptions): Promise<TestCounts> {
  const counts = noTests();
  if (files.length === 0) return counts;
  const { concurrency, testTimeoutMs: timeout, allTimeoutMs } = options;
  const events = run({
    files: [...files],
    cwd: root,
    concurrency,
    timeout,
    forceExit: true,
    execArgv: ["--import", writesAtOnce],
    signal: AbortSignal.timeout(allTimeoutMs),
  });
  const shown = new PassThrough({ objectMode: true });
  const report = shown.compose(new spec());
  report.pipe(process.stdout, { end: false });
  for await (const event of events as AsyncIterable<TestEvent>) {
    if (event.type === "test:summary" && event.data.file === undefined) add(counts, event.data.counts ?? {});
    if (!(event.type === "test:diagnostic" && event.data.nesting === 0)) shown.write(event);
  }
  shown.end();
  const { promise: reported, resolve } = Promise.withResolvers<void>();
  report.once("end", resolve);
  await reported;
  return counts;
}

export function noTests(): TestCounts {
  return { tests: 0, suites: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
}

export function sum(...counts: readonly TestCounts[]): TestCounts {
  const total = noTests();
  for (const each of counts) for (const name of Object.keys(total) as (keyof TestCounts)[]) total[name] += each[name];
  return total;
}

function add(counts: TestCounts, given: Record<string, number>): void {
  const { tests = 0, suites = 0, passed = 0, failed = 0, cancelled = 0, skipped = 0, todo = 0 } = given;
  Object.assign(counts, sum(counts, { tests, suites, pass: passed, fail: failed, cancelled, skipped, todo }));
}
