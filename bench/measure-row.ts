import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BenchRow, Goal, Measurement, Spent } from "./bench-row.ts";

export interface RowResult {
  readonly name: string;
  readonly covers: string;
  /** Events a second: the median of the rounds. */
  readonly figure: number;
  readonly unit: string;
  /** The same of the code written by hand. */
  readonly peer: number;
  /** The least figure that reaches the goal. */
  readonly limit: number;
  readonly goal: string;
  readonly ok: boolean;
  /** `figure` as a part of `peer`. */
  readonly ratio: number;
  /** The same of events a second of the processor: what others do on the machine moves it least. */
  readonly cpuRatio: number;
  /** Half of the way from the slowest to the fastest round, as a part of the figure. */
  readonly spread: number;
  readonly rounds: number;
  readonly events: number;
  readonly command: string;
}

export interface MeasureOptions {
  readonly rounds: number;
  /** Instead of what the row says. */
  readonly events?: number | undefined;
}

/** Measures a row and its peer in turns, so that what the machine does meanwhile meets both. */
export async function measureRow(row: BenchRow, options: MeasureOptions): Promise<RowResult> {
  const events = options.events ?? row.events;
  const ours: Spent[] = [];
  const peer: Spent[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    ours.push(await inFolder(row.ours, events));
    peer.push(await inFolder(row.peer, events));
  }
  const wall = rates(ours, events, "wallMs");
  const figure = median(wall);
  const peerFigure = median(rates(peer, events, "wallMs"));
  const limit = row.goal.kind === "figure" ? row.goal.atLeast : row.goal.atLeast * peerFigure;
  return {
    name: row.name,
    covers: row.covers,
    figure: Math.round(figure),
    unit: row.unit,
    peer: Math.round(peerFigure),
    limit: Math.round(limit),
    goal: wordsOf(row.goal),
    ok: figure >= limit,
    ratio: twoDigits(figure / peerFigure),
    cpuRatio: twoDigits(median(rates(ours, events, "cpuMs")) / median(rates(peer, events, "cpuMs"))),
    spread: twoDigits((Math.max(...wall) - Math.min(...wall)) / 2 / figure),
    rounds: options.rounds,
    events,
    command: `npm run bench -- ${row.name} --events ${events} --rounds ${options.rounds}`,
  };
}

async function inFolder(measure: Measurement, events: number): Promise<Spent> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-bench-"));
  try {
    return await measure({ events, folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function rates(all: readonly Spent[], events: number, by: keyof Spent): number[] {
  return all.map((spent) => (events * 1_000) / spent[by]);
}

function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

function twoDigits(value: number): number {
  return Math.round(value * 100) / 100;
}

function wordsOf(goal: Goal): string {
  return goal.kind === "figure" ? `at least ${goal.atLeast.toLocaleString("en")}` : `at least ${goal.atLeast} of the peer`;
}
