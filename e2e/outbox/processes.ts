import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const flags = ["--conditions=throughline-source", "--disable-warning=ExperimentalWarning"];

export interface Program {
  readonly child: ChildProcess;
  /** What it printed, to both streams. */
  readonly lines: string[];
  /** Its exit code, or the signal that ended it, when everything that it printed is in `lines`. */
  readonly ended: Promise<number | string>;
}

/** Starts a program of the repository; it is killed with the test at the latest. */
export function startProgram(t: TestContext, file: string, ...args: string[]): Program {
  const child = spawn(process.execPath, [...flags, join(root, file), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on("line", (line) => lines.push(line));
  const ended = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string);
  return { child, lines, ended };
}

/** Runs the command line to its end; answers with what `--json` printed. */
export async function throughline(t: TestContext, ...args: string[]): Promise<Record<string, unknown>> {
  const { lines, ended } = startProgram(t, "packages/cli/src/main.ts", ...args, "--json");
  const code = await ended;
  if (code !== 0) throw new Error(`throughline ${args.join(" ")} ended with ${code}: ${lines.join("\n")}`);
  return JSON.parse(lines.at(-1) ?? "") as Record<string, unknown>;
}
