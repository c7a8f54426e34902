import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BenchRow, Measured, Measurement, Peer } from "./bench-row.ts";
import type { BenchServices } from "./bench-services.ts";

export interface RowResult {
  readonly name: string;
  /** The median of the rounds. */
  readonly figure: number;
  readonly unit: string;
  /** The figure of the peer that asks the most of ours; null where there is none. */
  readonly peer: number | null;
  /** What reaches the goal: the least figure, or the largest where less is better. */
  readonly limit: number;
  readonly goal: string;
  readonly ok: boolean;
  readonly better: "more" | "less";
  /** Half of the way from the worst to the best round, as a part of the figure. */
  readonly spread: number;
  readonly peers: readonly PeerResult[];
  readonly rounds: number;
  readonly events: number;
  readonly covers: string;
  readonly notes: readonly string[];
  readonly command: string;
}

export interface PeerResult {
  readonly name: string;
  readonly figure: number;
  readonly spread: number;
  /** Ours as a part of it. */
  readonly ratio: number;
  /** The same of what a second of this process's processor does: what others do on the machine moves it least. */
  readonly cpuRatio: number | null;
  /** Null where it is only shown. */
  readonly limit: number | null;
  readonly ok: boolean;
}

export interface MeasureOptions {
  /** Instead of what the row says. */
  readonly rounds?: number | undefined;
  readonly events?: number | undefined;
}

/** Measures a row and its peers in turns, so that what the machine does meanwhile meets all. */
export async function measureRow(row: BenchRow, services: BenchServices, options: MeasureOptions = {}): Promise<RowResult> {
  const events = options.events ?? row.events;
  const rounds = options.rounds ?? row.rounds;
  const better = row.better ?? "more";
  const ours: Measured[] = [];
  const theirs = row.peers.map((): Measured[] => []);
  for (let round = -(row.warmUps ?? 0); round < rounds; round += 1) {
    const mine = await inFolder(row.ours, events, services);
    if (round >= 0) ours.push(mine);
    for (const [index, peer] of row.peers.entries()) {
      const other = await inFolder(peer.measure, shareOf(peer, events), services);
      if (round >= 0) theirs[index]?.push(other);
    }
  }
  const figure = median(ours, "figure");
  const peers = row.peers.map((peer, index) => compare({ figure, ours, better }, peer, theirs[index] ?? []));
  const limits = [...peers.map(({ limit }) => limit), row.limit ?? null].filter((limit) => limit !== null);
  const limit = better === "more" ? Math.max(...limits) : Math.min(...limits);
  const closest = peers.find((peer) => peer.limit === limit) ?? peers[0];
  const failures = ours.flatMap(({ failure }) => (failure === undefined ? [] : [`missed: ${failure}`]));
  const all = [...ours.slice(-1), ...theirs.flatMap((each) => each.slice(-1))];
  return {
    name: row.name,
    figure: rounded(figure),
    unit: row.unit,
    peer: closest === undefined ? null : closest.figure,
    limit: rounded(limit),
    goal: wordsOf(row),
    ok: reaches(figure, limit, better) && failures.length === 0,
    better,
    spread: spreadOf(ours),
    peers,
    rounds,
    events,
    covers: row.covers,
    notes: [...all.flatMap(({ note }) => (note === undefined ? [] : [note])), ...failures],
    command: `npm run bench -- ${row.name} --events ${events} --rounds ${rounds}`,
  };
}

/** Measures one side alone, `rounds` times: for tuning, and under a profiler. */
export async function measureSide(
  row: BenchRow,
  side: "ours" | "peers",
  services: BenchServices,
  options: MeasureOptions = {},
): Promise<{ name: string; figures: number[]; unit: string }[]> {
  const events = options.events ?? row.events;
  const sides = side === "ours" ? [{ name: "ours", measure: row.ours }] : row.peers;
  const results = sides.map(({ name }) => ({ name: `${row.name}: ${name}`, figures: [] as number[], unit: row.unit }));
  for (let round = 0; round < (options.rounds ?? row.rounds); round += 1) {
    for (const [index, each] of sides.entries()) {
      const { figure } = await inFolder(each.measure, shareOf(each, events), services);
      results[index]?.figures.push(rounded(figure));
    }
  }
  return results;
}

function shareOf({ share = 1 }: Pick<Peer, "share">, events: number): number {
  return Math.max(1, Math.round(events * share));
}

/** What comes to no end, for an event was lost, shall not wait for ever. */
const limitMs = 15 * 60_000;

async function inFolder(measure: Measurement, events: number, services: BenchServices): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-bench-"));
  const { promise: tooLong, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not measured within ${limitMs / 60_000} minutes`)), limitMs);
  try {
    return await Promise.race([measure({ events, folder, services }), tooLong]);
  } finally {
    clearTimeout(timer);
    await rm(folder, { recursive: true, force: true });
  }
}

function compare(
  { figure, ours, better }: { figure: number; ours: readonly Measured[]; better: "more" | "less" },
  { name, times }: Peer,
  theirs: readonly Measured[],
): PeerResult {
  const peer = median(theirs, "figure");
  const limit = times === undefined ? null : times * peer;
  const cpu = median(theirs, "cpuMsPerEvent") / median(ours, "cpuMsPerEvent");
  return {
    name,
    figure: rounded(peer),
    spread: spreadOf(theirs),
    ratio: twoDigits(figure / peer),
    cpuRatio: Number.isFinite(cpu) ? twoDigits(cpu) : null,
    limit: limit === null ? null : rounded(limit),
    ok: limit === null || reaches(figure, limit, better),
  };
}

function reaches(figure: number, limit: number, better: "more" | "less"): boolean {
  return better === "more" ? figure >= limit : figure <= limit;
}

function median(all: readonly Measured[], by: "figure" | "cpuMsPerEvent"): number {
  const sorted = all.map((each) => each[by] ?? Number.NaN).toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

function spreadOf(all: readonly Measured[]): number {
  const figures = all.map(({ figure }) => figure);
  return twoDigits((Math.max(...figures) - Math.min(...figures)) / 2 / median(all, "figure"));
}

function twoDigits(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Events a second without a fraction; milliseconds and the like with two digits after the point. */
function rounded(value: number): number {
  return value >= 1_000 ? Math.round(value) : twoDigits(value);
}

function wordsOf({ better = "more", peers, limit, unit }: BenchRow): string {
  const bound = better === "more" ? "at least" : "at most";
  const goals = peers.flatMap(({ name, times }) => (times === undefined ? [] : [`${bound} ${times} x ${name}`]));
  return [...goals, ...(limit === undefined ? [] : [`${bound} ${limit.toLocaleString("en")} ${unit}`])].join(", ");
}
