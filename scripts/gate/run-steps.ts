import { spawn } from "node:child_process";
import { root } from "./repository.ts";

/** A check of the gate: a program that exits with 0 when all is well. */
export interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** A step that has not ended by then is ended, and failed. Default: five minutes. */
  readonly timeoutMs?: number;
}

export interface StepResult {
  readonly name: string;
  readonly ok: boolean;
}

const defaultTimeoutMs = 300_000;

/** Runs the steps one after the other, all of them, with one line for each; shows what a failing one printed. */
export async function runSteps(steps: readonly Step[], print: (line: string) => void = console.log): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const step of steps) {
    const started = performance.now();
    const { code, output } = await run(step);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    print(`${code === 0 ? "ok    " : "FAILED"}  ${step.name.padEnd(12)} ${seconds.padStart(6)} s`);
    if (code !== 0) print(`${output.trimEnd()}\n`);
    results.push({ name: step.name, ok: code === 0 });
  }
  return results;
}

function run(step: Step): Promise<{ code: number; output: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; output: string }>();
  const child = spawn(step.command, step.args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.timeout(step.timeoutMs ?? defaultTimeoutMs),
  });
  let output = "";
  const take = (chunk: string): void => {
    output += chunk;
  };
  child.stdout.setEncoding("utf8").on("data", take);
  child.stderr.setEncoding("utf8").on("data", take);
  child.on("error", (error) => resolve({ code: 1, output: `${output}\n${step.command}: ${error.message}` }));
  child.on("close", (code, signal) =>
    resolve({ code: code ?? 1, output: signal === null ? output : `${output}\nended by ${signal}` }),
  );
  return promise;
}
