import { url as inspectorUrl } from "node:inspector";
import { Worker } from "node:worker_threads";
import { onRun } from "../handling/run-notes.ts";
import { watchdogMemory, type WatchdogRun, type WatchdogSetup } from "./watchdog-memory.ts";

export interface WatchdogOptions extends Pick<WatchdogSetup, "standstillMs" | "fields"> {
  /** The thread itself has failed, and watches no more. */
  readonly onTrouble: (error: Error) => void;
}

export interface Watchdog {
  /** The service has started. Until then the time counts only from when it runs a handler, for preparing a store may take long. */
  started(): void;
  stop(): Promise<void>;
}

/**
 * Ends this process with SIGKILL when its event loop stands still, from a thread of its own; before that it writes one line
 * which names the handler and the event that began last. The time is counted in the thread's own progress, so a process that
 * was suspended is not blamed for it; one with a debugger on it is left alone.
 */
export function startWatchdog({ standstillMs, fields, onTrouble }: WatchdogOptions): Watchdog {
  const tickMs = Math.max(10, Math.min(500, Math.floor(standstillMs / 10)));
  const memory = new SharedArrayBuffer(watchdogMemory.bytes);
  const words = new Int32Array(memory);
  const { beats, debugged } = watchdogMemory.word;
  const beat = (): void => {
    Atomics.store(words, debugged, inspectorUrl() === undefined ? 0 : 1);
    Atomics.add(words, beats, 1);
  };
  const thread = startThread({ memory, standstillMs, tickMs, fields });
  thread.on("error", onTrouble);
  const heart = setInterval(beat, tickMs);
  heart.unref();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread of this process has no origin
  noteRuns(memory, (run) => thread.postMessage(run));
  return {
    started: () => void Atomics.store(words, watchdogMemory.word.started, 1),
    stop: async () => {
      onRun(null);
      clearInterval(heart);
      await thread.terminate();
    },
  };
}

function startThread(setup: WatchdogSetup): Worker {
  // Beside this file, in the sources as in what is built of them.
  const file = `./event-loop-watchdog-thread${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;
  // What the application preloads into its threads has no business in this one.
  const thread = new Worker(new URL(file, import.meta.url), { workerData: setup, execArgv: [], name: "throughline-watchdog" });
  thread.unref();
  return thread;
}

/** Keeps in the shared memory which handler and event began last. Called for each event: it writes three numbers. */
function noteRuns(memory: SharedArrayBuffer, tell: (run: WatchdogRun) => void): void {
  const words = new Int32Array(memory);
  const numbers = new Float64Array(memory);
  const { word, number } = watchdogMemory;
  const known = new Map<string, WatchdogRun>();
  let last: WatchdogRun | null = null;
  const runOf = (handler: string, topic: string): WatchdogRun => {
    const name = `${handler}\n${topic}`;
    let run = known.get(name);
    if (run === undefined) {
      run = { run: known.size + 1, handler, topic };
      known.set(name, run);
      tell(run);
    }
    return run;
  };
  onRun((handler, { topic, partition, offset }) => {
    if (last === null || last.handler !== handler || last.topic !== topic) last = runOf(handler, topic);
    words[word.run] = last.run;
    numbers[number.partition] = partition;
    numbers[number.offset] = offset;
  });
}
