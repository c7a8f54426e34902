import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Break, broken } from "./break.ts";
import { runUntilRed, type TestRun } from "./run-until-red.ts";

export interface BreakResult {
  readonly name: string;
  readonly rule: string;
  readonly caught: boolean;
  /** The test that turned red; null when none did. */
  readonly by: string | null;
}

interface Options {
  /** Copies of the repository; as many breaks are tried at once, each in a copy of its own. */
  readonly copies: readonly string[];
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

const unbrokenLimitMs = 120_000;
/** A test file may take so much longer than it did unbroken, and at least so long, before it counts as hanging. */
const patience = { times: 4, leastMs: 8_000 };

/** How long each test file takes when nothing is broken. Throws when one of them is red: a break would prove nothing. */
export async function timeUnbroken(files: readonly string[], { copies, print, signal }: Options): Promise<Map<string, number>> {
  const tookMs = new Map<string, number>();
  const red: string[] = [];
  await shareOut(files, copies, async (file, cwd) => {
    const started = performance.now();
    const { outcome, by } = await runUntilRed([file], { cwd, limitMs: unbrokenLimitMs, signal });
    tookMs.set(file, performance.now() - started);
    print(`${outcome === "green" ? "green " : "RED   "} ${secondsSince(started)}  ${outcome === "green" ? file : by}`);
    if (outcome !== "green") red.push(by);
  });
  if (red.length > 0) throw new Error(`nothing is broken yet, and tests fail; mend them first:\n${red.join("\n")}`);
  return tookMs;
}

/** Breaks one rule at a time in each copy, and mends it again. A hang counts as caught. */
export async function tryBreaks(
  breaks: readonly Break[],
  unbrokenMs: ReadonlyMap<string, number>,
  { copies, print, signal }: Options,
): Promise<BreakResult[]> {
  const results: BreakResult[] = [];
  await shareOut(breaks, copies, async (each, cwd) => {
    const started = performance.now();
    const file = join(cwd, each.file);
    const whole = readFileSync(file, "utf8");
    writeFileSync(file, broken(whole, each));
    const usualMs = each.tests.reduce((sum, test) => sum + (unbrokenMs.get(test) ?? 0), 0);
    const limitMs = Math.round(Math.max(patience.leastMs, usualMs * patience.times));
    const result = await runUntilRed(each.tests, { cwd, limitMs, signal }).finally(() => writeFileSync(file, whole));
    const caught = result.outcome === "red" || result.outcome === "hang";
    const by = sentence(result, limitMs);
    results.push({ name: each.name, rule: each.rule, caught, by: caught ? by : null });
    print(
      `${caught ? "caught" : "MISSED"} ${secondsSince(started)}  ${each.rule.padEnd(3)} ${each.name}\n${" ".repeat(21)}${by}`,
    );
  });
  return breaks.flatMap(({ name }) => results.filter((result) => result.name === name));
}

function sentence({ outcome, by }: TestRun, limitMs: number): string {
  switch (outcome) {
    case "red":
      return by;
    case "hang":
      return `${by} (hangs: not over after ${Math.round(limitMs / 1000)} s)`;
    case "green":
      return "no test turned red";
    case "unloadable":
      return `${by} did not load, which proves nothing; break the rule, not the module`;
  }
}

/** Works off the items, one at a time in each place. */
async function shareOut<Item>(
  items: readonly Item[],
  places: readonly string[],
  work: (item: Item, place: string) => Promise<void>,
): Promise<void> {
  const left = [...items];
  await Promise.all(
    places.map(async (place) => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item, place);
    }),
  );
}

function secondsSince(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s`;
}
