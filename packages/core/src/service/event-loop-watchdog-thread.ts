import { writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { watchdogMemory, type WatchdogRun, type WatchdogSetup } from "./watchdog-memory.ts";

const { memory, standstillMs, tickMs, fields } = workerData as WatchdogSetup;
const words = new Int32Array(memory);
const numbers = new Float64Array(memory);
const { word, number } = watchdogMemory;
const runs = new Map<number, WatchdogRun>();
parentPort?.on("message", (run: WatchdogRun) => runs.set(run.run, run));

let seen = 0;
let stoodMs = 0;

setInterval(() => {
  const beats = Atomics.load(words, word.beats);
  const isWatched =
    (Atomics.load(words, word.started) === 1 || Atomics.load(words, word.run) !== 0) && Atomics.load(words, word.debugged) === 0;
  // Each tick counts once, however late it comes: what this thread did not live through, the event loop did not either.
  stoodMs = isWatched && beats === seen ? stoodMs + tickMs : 0;
  seen = beats;
  if (stoodMs >= standstillMs) end();
}, tickMs);

function end(): void {
  const began = runs.get(words[word.run] ?? 0);
  const place =
    began === undefined
      ? {}
      : { handler: began.handler, topic: began.topic, partition: numbers[number.partition], offset: numbers[number.offset] };
  const last =
    began === undefined
      ? "no handler had begun"
      : `the last that began was handler "${began.handler}" with the event at ${began.topic}/${numbers[number.partition]}, offset ${numbers[number.offset]}`;
  const msg = `the event loop has stood still for ${standstillMs} ms, so this process is ended; ${last}`;
  try {
    writeSync(1, `${JSON.stringify({ level: "fatal", time: Date.now(), ...fields, ...place, msg })}\n`);
  } catch {
    // Nobody reads it. The process has to end all the same.
  }
  process.kill(process.pid, "SIGKILL");
}
