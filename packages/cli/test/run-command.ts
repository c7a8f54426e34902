import { type MemoryLog, type MemoryStore, systemSurroundings } from "throughline";
import type { CliContext } from "../src/cli-context.ts";
import { consoleAt, registryAt, registryFromUrl } from "../src/adapters.ts";
import { runCli } from "../src/program.ts";
import { noonMs } from "./shop-log.ts";

export interface CommandRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What --json printed: its last line. */
  // oxlint-disable-next-line typescript/no-explicit-any -- its shape is what each test asserts
  json(): any;
}

export interface RunOptions {
  readonly nowMs?: number;
  readonly answer?: boolean;
  readonly signal?: AbortSignal;
  readonly env?: Record<string, string>;
  /** What --store opens, whatever it names; a service "orders" owns it. */
  readonly store?: MemoryStore;
  /** Called with everything printed so far. */
  readonly onOutput?: (stdout: string) => void;
}

/** Runs a command of the CLI on a log, without a terminal and without colours. */
export async function runCommand(log: MemoryLog, args: readonly string[], options: RunOptions = {}): Promise<CommandRun> {
  let stdout = "";
  let stderr = "";
  const startedAtMs = Date.now();
  const context: CliContext = {
    stdout: {
      write: (text) => {
        stdout += typeof text === "string" ? text : Buffer.from(text).toString();
        options.onOutput?.(stdout);
      },
      isTTY: false,
      columns: null,
    },
    stderr: { write: (text) => (stderr += String(text)), isTTY: false, columns: null },
    env: options.env ?? {},
    signal: options.signal ?? new AbortController().signal,
    forceSignal: new AbortController().signal,
    // Goes on from a fixed time, so that waits end.
    now: () => (options.nowMs ?? noonMs + 120_000) + Date.now() - startedAtMs,
    user: "ana",
    pollMs: 5,
    // The log outlives the command.
    openLog: async () => log.connect(),
    openRegistry: (url) => registryFromUrl(url, { env: options.env ?? {}, signal: new AbortController().signal }),
    startConsole: consoleAt,
    startRegistry: registryAt,
    stores: {
      open: async () => {
        if (options.store === undefined) throw new Error("this test has no store");
        const store = options.store.connect();
        await store.open({ service: "orders", surroundings: systemSurroundings });
        return { store, service: "orders" };
      },
      migrate: async () => [{ number: 1, name: "tables" }],
      sql: (_, after) => `-- after ${after}\n`,
    },
    confirm: options.answer === undefined ? null : async () => options.answer!,
  };
  const exitCode = await runCli(args, context);
  return { exitCode, stdout, stderr, json: () => JSON.parse(stdout.trim().split("\n").at(-1)!) };
}
