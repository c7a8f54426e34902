import { isContract } from "../contract/index.ts";
import type { HandlerDeclaration, HandlerDefaults } from "./handler-spec.ts";
import { longestDelayMs } from "./handler-errors.ts";

const choices: Readonly<Record<string, readonly string[]>> = {
  order: ["sequential", "latest", "any"],
  transaction: ["shared", "own"],
  afterDeadLetter: ["hold", "continue"],
  replay: ["run", "skip"],
};
const moreThanNothing: ReadonlySet<string> = new Set(["timeoutMs", "concurrency", "keyValidForMs", "maxParked"]);
/** Stores are asked for as many rows. */
const counts: ReadonlySet<string> = new Set(["concurrency", "maxParked"]);
const durations: ReadonlySet<string> = new Set(["gapDeadlineMs", "reorderWindowMs"]);
const switches: ReadonlySet<string> = new Set(["overlap", "manyPerSubject"]);
const others: ReadonlySet<string> = new Set(["from", "retryDelaysMs", "renamedFrom", "onReset"]);

/** What is wrong with a declaration whatever its options: it cannot be looked at any further. */
export function shapeProblems<Tx>({ name, contracts, work }: HandlerDeclaration<Tx>): string[] {
  const problems: string[] = [];
  if (typeof name !== "string" || !/^[a-z0-9][a-z0-9._-]{0,127}$/i.test(name))
    problems.push(`${JSON.stringify(name) ?? "undefined"} is no handler name; use letters, digits, ".", "_" and "-"`);
  if (contracts.length === 0) problems.push("it handles no contract");
  if (!contracts.every(isContract)) problems.push("what it handles was not made by defineEvent; check the import");
  const { call, commit, check, batch } = (work ?? {}) as unknown as Record<string, unknown>;
  const isCall = typeof call === "function" && [commit, check].every((part) => part === undefined || typeof part === "function");
  if (typeof work !== "function" && typeof batch !== "function" && !isCall)
    problems.push("it is neither a function nor { call, commit, check }");
  return problems;
}

/** What is wrong with the options, those of the service included. */
export function optionProblems<Tx>({ contracts, options }: HandlerDeclaration<Tx>, defaults: HandlerDefaults): string[] {
  const types = contracts.map(({ type }) => type);
  const twice = types.filter((type, index) => types.indexOf(type) !== index);
  const problems = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : optionProblem(name, value)));
  if (twice.length > 0) problems.push(`it names ${twice.join(", ")} more than once`);
  return [
    ...problems,
    ...startProblems(options.from ?? defaults.from),
    ...delayProblems(options.retryDelaysMs ?? defaults.retryDelaysMs),
    ...(options.maxParked === undefined ? optionProblem("maxParked", defaults.maxParked) : []),
  ];
}

function optionProblem(name: string, value: unknown): string[] {
  const allowed = choices[name];
  if (allowed !== undefined)
    return allowed.includes(value as string)
      ? []
      : [`${name} must be ${allowed.map((choice) => `"${choice}"`).join(" or ")}, and is ${shown(value)}`];
  if (moreThanNothing.has(name) && !(typeof value === "number" && value > 0))
    return [`${name} must be more than 0, and is ${shown(value)}`];
  if (counts.has(name)) return Number.isSafeInteger(value) ? [] : [`${name} must be a whole number, and is ${shown(value)}`];
  if (moreThanNothing.has(name)) return [];
  if (switches.has(name)) return typeof value === "boolean" ? [] : [`${name} must be true or false, and is ${shown(value)}`];
  if (durations.has(name)) return isDuration(value) ? [] : [`${name} must be milliseconds, and is ${shown(value)}`];
  return others.has(name) ? [] : [`there is no option "${name}"`];
}

function startProblems(from: unknown): string[] {
  if (from === undefined || from === "earliest" || from === "latest" || from === "group") return [];
  const { timeMs } = Object(from) as { timeMs?: unknown };
  return Number.isFinite(timeMs) ? [] : [`from must be "earliest", "latest", "group" or { timeMs }, and is ${shown(from)}`];
}

function delayProblems(delaysMs: unknown): string[] {
  if (!Array.isArray(delaysMs)) return [`retryDelaysMs must be a list of milliseconds, and is ${shown(delaysMs)}`];
  const bad = (delaysMs as unknown[]).find((delay) => !isDuration(delay));
  return bad === undefined && !delaysMs.includes(undefined)
    ? []
    : [`retryDelaysMs must hold milliseconds, up to a year, and holds ${shown(bad)}`];
}

const isDuration = (value: unknown): boolean => typeof value === "number" && value >= 0 && value <= longestDelayMs;

/** JSON knows no NaN and no Infinity. */
const shown = (value: unknown): string => (typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value));
