import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";

export interface Child {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Settles when it has ended and all that it printed is in `lines`. */
  readonly ended: Promise<unknown>;
}

/** Runs a script of this folder as another process, until the test ends. */
export function startChild(t: TestContext, script: string, ...args: string[]): Child {
  const flags = process.execArgv.filter((flag) => !flag.startsWith("--test"));
  const child = spawn(process.execPath, [...flags, join(import.meta.dirname, script), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const printed = createInterface(child.stdout);
  const lines: string[] = [];
  printed.on("line", (line) => lines.push(line));
  return { process: child, lines, ended: once(printed, "close") };
}

export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 90_000;
  while (!(await condition())) {
    if (performance.now() > deadline) assert.fail(`waited in vain until ${what}`);
    await delay(5);
  }
}
