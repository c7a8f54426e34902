import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Place } from "../places/place.ts";
import { isSoak, sizes } from "../sizes.ts";
import { runCrashPoints } from "./crash-driver.ts";

export interface CrashPointsTest {
  /** Where the data are; given a new folder. */
  readonly place: (folder: string) => Place;
  /** From 1 on; each has a schedule of its own. */
  readonly round: number;
}

const hitsEach = Number(process.env.THROUGHLINE_CRASH_HITS ?? sizes({ test: 1, soak: 10 }));

/** Many hits are several rounds, with a history each: whoever begins, or is rebuilt, reads all of it. */
export const crashPointRounds = (where: string, rounds: number): readonly { readonly title: string; readonly round: number }[] =>
  Array.from({ length: rounds }, (_, i) => ({
    title: `services die at every crash point, on ${where}, ${hitsEach} times in round ${i + 1} of ${rounds}, and nothing is lost, doubled or out of order`,
    round: i + 1,
  }));

export const crashPointsTimeoutMs = (isSoak ? 25 : 12) * 60_000;

/** Services die at every crash point that often, and nothing is lost, doubled or out of order. */
export async function crashPointsTest(t: TestContext, { place, round }: CrashPointsTest): Promise<void> {
  const seed = Number(process.env.THROUGHLINE_CRASH_SEED ?? 20_261_124 + round);
  const folder = mkdtempSync(join(tmpdir(), "throughline-crash-points-"));
  console.log(`seed ${seed}; set THROUGHLINE_CRASH_SEED to run another schedule`);
  let held = false;
  t.after(() => {
    if (held) rmSync(folder, { recursive: true, force: true });
    else console.log(`data and logs are in ${folder}`);
  });
  const run = await runCrashPoints({
    folder,
    place: place(folder),
    seed,
    hitsEach,
    timeoutMs: crashPointsTimeoutMs,
    stepsPerSecond: 25,
    print: (line) => console.log(line),
  });
  console.log(`${run.lives} lives, ${run.events} events; dead letters: ${[...run.letters].flat().join(" ")}`);
  console.log([...run.hits].map(([name, hits]) => `${name} ${hits}`).join(", "));
  assert.deepEqual(run.wrong.slice(0, 20), []);
  assert.deepEqual([...run.letters.keys()].toSorted(), ["gap", "permanent"]);
  for (const [name, hits] of run.hits) assert.ok(hits >= hitsEach, `${name} was hit ${hits} times`);
  held = true;
}
