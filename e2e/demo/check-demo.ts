import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import type { TestContext } from "node:test";

interface Report {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly expected: unknown;
    readonly actual: unknown;
  }[];
}

/** The names that people and tools rely on. */
const names = [
  "http-cascade",
  "notifications-down",
  "duplicates",
  "out-of-order",
  "dead-letter",
  "redrive",
  "bad-publish",
  "correlation",
  "new-consumer",
];

/** Runs the demo's checks as a user would, and looks at the report that is its last line. */
export async function checkDemo(t: TestContext, options: readonly string[]): Promise<void> {
  const startedAt = performance.now();
  const demo = spawn(process.execPath, [join(import.meta.dirname, "../../scripts/demo.ts"), "--check", ...options], {
    stdio: ["ignore", "pipe", "inherit"],
    signal: t.signal,
  });
  const exited = new Promise<number | null>((resolve) => demo.once("exit", resolve));
  const output = await text(demo.stdout);
  const exitCode = await exited;
  const report = JSON.parse(output.trim().split("\n").at(-1) ?? "") as Report;
  const failed = report.checks.filter(({ ok }) => !ok);
  assert.equal(JSON.stringify(failed, null, 2), "[]");
  assert.equal(report.ok, true);
  assert.equal(exitCode, 0);
  const given = new Set(report.checks.map(({ name }) => name));
  for (const name of names) assert.ok(given.has(name), `${name} is missing from the report`);
  t.diagnostic(`the checks took ${Math.round((performance.now() - startedAt) / 1000)} s`);
}
