import type { Command } from "commander";
import {
  type Failure,
  type FailureFilter,
  matchesFilter,
  readFailures,
  readServices,
  shortIds,
} from "@throughline/control/reading";
import { failureById } from "../acting/select-failures.ts";
import type { CliContext } from "../cli-context.ts";
import { usageError } from "../cli-errors.ts";
import { paintFor } from "../output/colours.ts";
import { failureJson, wholeFailureJson } from "../output/failure-json.ts";
import { groupFailures, renderFailureGroups } from "../output/failure-groups.ts";
import { renderFailure, renderFailures } from "../output/failure-text.ts";
import { nextSteps } from "../output/next-steps.ts";
import { progressOn } from "../output/progress.ts";
import { parseMoment } from "../reading/moment.ts";
import { newCommand, positive, printJson, printLine, withLog, type CommonOptions } from "./command.ts";

interface FailedOptions extends CommonOptions {
  readonly service?: string;
  readonly handler?: string;
  readonly type?: string;
  readonly reason?: string;
  readonly since?: string;
  readonly group?: boolean;
  readonly all?: boolean;
  readonly limit: number;
  readonly payload?: boolean;
}

export function failedCommand(context: CliContext): Command {
  return newCommand("failed", "list the dead letters that are open, or show one whole", [
    "failed",
    "failed --service billing --since 24h",
    "failed --group",
    "failed 0198b2c4               # one whole: error, attempts, payload, what to do",
    "failed 0198b2c4 --payload > event.json",
  ])
    .argument("[id]", "a failure id, or six or more characters of it")
    .option("--service <name>", "of this service")
    .option("--handler <name>", "of this handler")
    .option("--type <type>", "events of this type")
    .option("--reason <reason>", "with this reason: failed, permanent, invalid, undecodable, gap, uncertain, …")
    .option("--since <time>", "failed since then: 24h, or 2026-07-01T12:00:00Z")
    .option("--group", "count those that fail alike")
    .option("--all", "the answered ones too")
    .option("--limit <count>", "at most so many, the newest", positive("--limit"), 50)
    .option("--payload", "with an id: print the untouched payload and nothing else")
    .action(async (id: string | undefined, options: FailedOptions) => {
      if (id === undefined && options.payload === true)
        throw usageError("--payload prints one dead letter's bytes; name it: throughline failed <id> --payload");
      const failures = await withLog(context, options, (log) => readAllFailures(context, log));
      if (id !== undefined) showOne(context, failureById(failures, id), options);
      else showList(context, failures, options);
    });
}

/** Reads every dead letter, with progress. */
export async function readAllFailures(context: CliContext, log: Parameters<typeof readFailures>[0]): Promise<Failure[]> {
  const progress = progressOn(context.stderr, context.now);
  const services = await readServices(log, context.now(), context.signal);
  const failures = await readFailures(log, services, {
    signal: context.signal,
    onProgress: (done, total) => progress.report(`reading dead letters: ${done} of ${total}`),
  });
  progress.done();
  return failures;
}

function showOne(context: CliContext, failure: Failure, options: FailedOptions): void {
  if (options.payload === true) context.stdout.write(failure.original.value ?? "");
  else if (options.json === true) printJson(context, { ...wholeFailureJson(failure), next: nextSteps(failure) });
  else printLine(context, renderFailure(failure, { nowMs: context.now(), paint: paintFor(context.stdout, context.env) }));
}

function showList(context: CliContext, failures: readonly Failure[], options: FailedOptions): void {
  const { service, handler, type, reason } = options;
  const sinceMs = options.since === undefined ? undefined : parseMoment("--since", options.since, context.now());
  const filter = Object.fromEntries(
    Object.entries({ service, handler, type, reason, sinceMs }).filter(([, value]) => value !== undefined),
  ) as FailureFilter;
  const found = failures.filter(
    (failure) => (options.all === true || failure.state !== "answered") && matchesFilter(failure, filter),
  );
  const groups = groupFailures(found);
  const shown = found.slice(-options.limit);
  if (options.json === true)
    return printJson(
      context,
      options.group === true ? { total: found.length, groups } : { total: found.length, failures: shown.map(failureJson) },
    );
  if (found.length === 0) return printLine(context, options.all === true ? "No dead letters." : "No open dead letters.");
  const short = shortIds(failures.map(({ letter }) => letter.failureId));
  const view = { nowMs: context.now(), paint: paintFor(context.stdout, context.env), columns: context.stdout.columns };
  printLine(context, options.group === true ? renderFailureGroups(groups, short, view) : renderFailures(shown, short, view));
  printLine(context);
  const rest =
    options.group !== true && found.length > shown.length
      ? `; the newest ${shown.length} are shown, --group counts those that fail alike`
      : "";
  printLine(context, `${found.length} dead letter${found.length === 1 ? "" : "s"}${rest}. One whole: throughline failed <id>`);
}
