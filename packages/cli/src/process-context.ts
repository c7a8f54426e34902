import { userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import type { CliContext, Output } from "./cli-context.ts";
import { consoleAt, eventLogFromUrl, registryAt, registryFromUrl, storesByUrl } from "./adapters.ts";

/** One Ctrl-C may reach us twice, from the terminal and from a parent that passes it on. */
const sameSignalMs = 500;

/** The world of this process: its streams, its environment, and Ctrl-C. */
export function processContext(): CliContext {
  const stopping = new AbortController();
  const forcing = new AbortController();
  let stoppedAtMs = 0;
  const stop = (): void => {
    if (!stopping.signal.aborted) {
      stoppedAtMs = Date.now();
      stopping.abort();
    } else if (Date.now() - stoppedAtMs > sameSignalMs) {
      forcing.abort();
      // What stops slowly is killed by whoever listens; if nobody does, we go.
      setTimeout(() => process.exit(1), sameSignalMs).unref();
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  // Whoever read our output went away ("| head"): there is nobody left to write for.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const interactive = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return {
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    env: process.env,
    signal: stopping.signal,
    forceSignal: forcing.signal,
    now: Date.now,
    user: userName(),
    pollMs: 200,
    openLog: eventLogFromUrl,
    stores: storesByUrl,
    openRegistry: (url) => registryFromUrl(url, { env: process.env, signal: stopping.signal }),
    startConsole: consoleAt,
    startRegistry: registryAt,
    confirm: interactive ? (question) => ask(question, stopping.signal) : null,
  };
}

/** A user of a container may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env["USER"] ?? "unknown";
  }
}

const output = (stream: NodeJS.WriteStream): Output => ({
  write: (text) => void stream.write(text),
  isTTY: stream.isTTY === true,
  get columns() {
    return stream.isTTY === true ? stream.columns : null;
  },
});

async function ask(question: string, signal: AbortSignal): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    prompt.close();
  }
}
