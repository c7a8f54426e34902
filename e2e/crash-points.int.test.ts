import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runCrashPoints } from "./crash-points/crash-driver.ts";
import { isSoak, sizes } from "./sizes.ts";

const hitsEach = Number(process.env.THROUGHLINE_CRASH_HITS ?? sizes({ test: 2, soak: 50 }));
const seed = Number(process.env.THROUGHLINE_CRASH_SEED ?? 20_261_125);
const timeoutMs = (isSoak ? 55 : 12) * 60_000;

test(
  `services die at every crash point ${hitsEach} times, and nothing is lost, doubled or out of order`,
  { timeout: timeoutMs + 120_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "throughline-crash-points-"));
    console.log(`seed ${seed}; set THROUGHLINE_CRASH_SEED to run another schedule`);
    let held = false;
    t.after(() => {
      if (held) rmSync(folder, { recursive: true, force: true });
      else console.log(`data and logs are in ${folder}`);
    });
    const run = await runCrashPoints({
      folder,
      seed,
      hitsEach,
      timeoutMs,
      stepsPerSecond: 25,
      print: (line) => console.log(line),
    });
    console.log(`${run.lives} lives, ${run.events} events; dead letters: ${[...run.letters].flat().join(" ")}`);
    console.log([...run.hits].map(([name, hits]) => `${name} ${hits}`).join(", "));
    assert.deepEqual(run.wrong.slice(0, 20), []);
    assert.deepEqual([...run.letters.keys()].toSorted(), ["gap", "permanent"]);
    for (const [name, hits] of run.hits) assert.ok(hits >= hitsEach, `${name} was hit ${hits} times`);
    held = true;
  },
);
