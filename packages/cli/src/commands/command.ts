import { Command } from "commander";
import type { EventLog } from "throughline/seams";
import type { CliContext, OpenedStore } from "../cli-context.ts";
import { usageError } from "../cli-errors.ts";
import { defaultEventsUrl } from "../events-url.ts";

/** What every command takes. */
export interface CommonOptions {
  readonly events?: string;
  readonly json?: boolean;
}

/** Where a command reports that it did its work and found something wrong. */
export type Finish = (exitCode: 0 | 1) => void;

/** A command with the options that all have, and its examples below the help. */
export function newCommand(name: string, summary: string, examples: readonly string[]): Command {
  return new Command(name)
    .description(summary)
    .option("--events <url>", `the event log (default: THROUGHLINE_EVENTS, else ${defaultEventsUrl})`)
    .option("--json", "print JSON for programs")
    .addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ throughline ${example}`).join("\n")}\n`);
}

export const eventsUrl = (context: CliContext, options: CommonOptions): string =>
  options.events ?? context.env["THROUGHLINE_EVENTS"] ?? defaultEventsUrl;

/** A command on one service's store, which most of them look after without the event log. */
export function newStoreCommand(name: string, summary: string, examples: readonly string[]): Command {
  return new Command(name)
    .description(summary)
    .option("--store <url>", "the service's store (default: THROUGHLINE_STORE)")
    .option("--json", "print JSON for programs")
    .addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ throughline ${example}`).join("\n")}\n`);
}

export interface StoreOptions {
  readonly store?: string;
  readonly json?: boolean;
}

export function storeUrl(context: CliContext, options: StoreOptions): string {
  const url = options.store ?? context.env["THROUGHLINE_STORE"];
  if (url === undefined || url === "")
    throw usageError("say which store: --store sqlite:./data/orders.db (or postgres://…), or THROUGHLINE_STORE");
  return url;
}

/** Opens the store for `work` and closes it after. */
export async function withStore<T>(
  context: CliContext,
  options: StoreOptions,
  work: (opened: OpenedStore) => Promise<T>,
): Promise<T> {
  const opened = await context.stores.open(storeUrl(context, options));
  try {
    return await work(opened);
  } finally {
    await opened.store.close();
  }
}

/** Opens the event log for `work` and closes it after. */
export async function withLog<T>(context: CliContext, options: CommonOptions, work: (log: EventLog) => Promise<T>): Promise<T> {
  await using log = await context.openLog(eventsUrl(context, options));
  return await work(log);
}

export const printJson = (context: CliContext, value: unknown): void => context.stdout.write(`${JSON.stringify(value)}\n`);

export const printLine = (context: CliContext, text = ""): void => context.stdout.write(`${text}\n`);

/** Parses an option that is a number above zero. */
export const positive =
  (option: string) =>
  (text: string): number => {
    const value = Number(text);
    if (!(value > 0) || !Number.isFinite(value)) throw usageError(`${option} takes a number above zero, not "${text}"`);
    return value;
  };

/** Parses an option that is a whole number. */
export const wholeNumber =
  (option: string, least = 0) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least)
      throw usageError(`${option} takes a whole number${least === 0 ? "" : ` of at least ${least}`}, not "${text}"`);
    return value;
  };
