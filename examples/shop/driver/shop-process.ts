import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

export interface ProcessSpec {
  readonly name: string;
  /** The program, a TypeScript file. */
  readonly main: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What it prints is appended here. */
  readonly logFile: string;
  /** As a container's memory limit would; unlimited by default. */
  readonly heapLimitMb?: number;
}

export interface ShopProcess {
  readonly name: string;
  readonly pid: number;
  /** Fulfils when it has ended, however it did. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  isRunning(): boolean;
  /** It has ended, and nobody asked it to. */
  hasCrashed(): boolean;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGTERM; kill -9 if it still runs after `deadlineMs`. True when it ended by itself. */
  stop(deadlineMs?: number): Promise<boolean>;
}

const endWithParent = fileURLToPath(new URL("end-with-parent.ts", import.meta.url));
const runningProcesses = new Set<number>();

// The last resort, for a program that ends without closing its shop.
process.once("exit", () => {
  for (const pid of runningProcesses) process.kill(pid, "SIGKILL");
});

/** Starts a program on the Node that runs this one, in a process group of its own, so that Ctrl-C reaches only whoever started it. */
export function startProcess(spec: ProcessSpec): ShopProcess {
  mkdirSync(dirname(spec.logFile), { recursive: true });
  const log = openSync(spec.logFile, "a");
  const heapLimit = spec.heapLimitMb === undefined ? [] : [`--max-old-space-size=${spec.heapLimitMb}`];
  const options = [
    "--conditions=throughline-source",
    "--disable-warning=ExperimentalWarning",
    ...heapLimit,
    "--import",
    endWithParent,
  ];
  const child = spawn(process.execPath, [...options, spec.main, ...(spec.args ?? [])], {
    env: { ...process.env, ...spec.env },
    stdio: ["ignore", log, log, "ipc"],
    detached: true,
  });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${spec.name} could not be started from ${spec.main}`);
  runningProcesses.add(pid);
  // The channel only tells the child that we are gone; it must not keep us alive.
  child.channel?.unref();

  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("exit", (code, signal) => {
      runningProcesses.delete(pid);
      resolve({ code, signal });
    });
  });
  let isAskedToEnd = false;
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;

  return {
    name: spec.name,
    pid,
    ended,
    isRunning,
    hasCrashed: () => !isRunning() && !isAskedToEnd,
    async kill() {
      isAskedToEnd = true;
      if (isRunning()) process.kill(pid, "SIGKILL");
      await ended;
    },
    async stop(deadlineMs = 30_000) {
      isAskedToEnd = true;
      if (isRunning()) process.kill(pid, "SIGTERM");
      const deadline = setTimeout(() => isRunning() && process.kill(pid, "SIGKILL"), deadlineMs);
      const { signal } = await ended;
      clearTimeout(deadline);
      return signal !== "SIGKILL";
    },
  };
}
