import type { Command } from "commander";
import { randomUUID } from "node:crypto";
import type { EventLog } from "throughline/seams";
import type { HandlerAnnouncement, ReplayRange, ReplayStart } from "throughline/system-topics";
import { countReplayed, readServices, replayReach, type ReplayReach } from "@throughline/control/reading";
import { followReplay } from "../acting/follow-replay.ts";
import { sendCommand } from "../acting/send-command.ts";
import type { CliContext } from "../cli-context.ts";
import { cliError, usageError } from "../cli-errors.ts";
import { formatMs } from "../output/durations.ts";
import { progressOn } from "../output/progress.ts";
import { progressSentence, renderReach } from "../output/replay-text.ts";
import { parseMoment } from "../reading/moment.ts";
import { newCommand, positive, printJson, printLine, withLog, type CommonOptions, type Finish } from "./command.ts";
import { confirm } from "./confirm.ts";
import { replayControlCommands } from "./replay-control.ts";

interface ReplayOptions extends CommonOptions {
  readonly rebuild?: boolean;
  readonly rerun?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly type?: string[];
  readonly subject?: string[];
  readonly rate?: number;
  readonly publish?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly wait: boolean;
  readonly note?: string;
  readonly by?: string;
}

const several = (value: string, before: string[] = []): string[] => [...before, value];

export function replayCommand(context: CliContext, finish: Finish): Command {
  const replay = newCommand("replay", "run a handler through history again", [
    "replay analytics count-orders --rebuild --dry-run",
    "replay analytics count-orders --rebuild --rate 500",
    "replay billing create-invoice --rerun --from 2026-07-01T00:00:00Z --to 2026-07-02T00:00:00Z --type order.completed",
    "replay list",
    "replay pause 0198b2c4",
  ])
    .argument("[service]", "the service")
    .argument("[handler]", "its handler")
    .option("--rebuild", "start over: onReset, then all of history, and that run becomes the live one")
    .option("--rerun", "repeat a range beside the live run")
    .option("--from <time>", "events since then: 24h, or 2026-07-01T12:00:00Z")
    .option("--to <time>", "events before then (a rerun only)")
    .option("--type <type>", "events of this type; may be repeated (a rerun only)", several)
    .option("--subject <subject>", "events of this subject; may be repeated (a rerun only)", several)
    .option("--rate <per second>", "at most so many events a second", positive("--rate"))
    .option("--publish", "publish again what the handler publishes")
    .option("--dry-run", "count what the handler would be given, and write nothing")
    .option("--note <text>", "why, for the audit")
    .option("--by <name>", "who asks, for the audit (default: the user of this machine)")
    .option("-y, --yes", "do not ask before starting")
    .option("--no-wait", "do not follow its progress")
    .action(async (service: string | undefined, handler: string | undefined, options: ReplayOptions) => {
      if (service === undefined || handler === undefined)
        throw usageError('say which handler: throughline replay <service> <handler> --rebuild or --rerun; or "replay list"');
      await withLog(context, options, (log) => startReplay(context, finish, log, { service, handler }, options));
    });
  for (const command of replayControlCommands(context)) replay.addCommand(command);
  // "replay list --json": what stands after a subcommand's name is the subcommand's.
  return replay.enablePositionalOptions();
}

async function startReplay(
  context: CliContext,
  finish: Finish,
  log: EventLog,
  at: { service: string; handler: string },
  options: ReplayOptions,
): Promise<void> {
  const kind = kindOf(options);
  const range = rangeOf(context, kind, options);
  const services = await readServices(log, context.now(), context.signal);
  const announced = services.handler(at.service, at.handler);
  if (announced === null)
    throw unknownHandler(
      at,
      services.handlers(at.service).map(({ name }) => name),
      services.names(),
    );
  const reach = await replayReach(log, announced, range);
  const counts = options.dryRun === true ? await countWithProgress(context, log, announced, range, reach) : null;
  const plan = {
    ...at,
    kind,
    range,
    records: reach.records,
    gone: reach.gone,
    handed: counts === null ? null : Object.fromEntries(counts),
    running: services.absence(at.service) === null,
    callHandler: announced.kind === "call",
  };
  if (options.json !== true) (counts === null ? context.stderr : context.stdout).write(`${renderReach(plan, context.now())}\n`);
  if (options.dryRun === true) {
    if (options.json === true) printJson(context, { plan });
    return;
  }
  await confirm(context, `${kind === "rebuild" ? "Rebuild" : "Rerun"} ${at.service}/${at.handler}`, options);
  const command: ReplayStart = {
    command: "replay",
    commandId: randomUUID(),
    ...at,
    by: options.by ?? context.user,
    reason: options.note ?? null,
    atMs: context.now(),
    kind,
    range,
    ratePerSecond: options.rate ?? null,
    publish: options.publish === true,
  };
  await sendCommand(log, command);
  await follow(context, finish, log, command, plan, options);
}

/** Services announce at once when a replay begins. */
const beginWithinMs = 30_000;

async function follow(
  context: CliContext,
  finish: Finish,
  log: EventLog,
  command: ReplayStart,
  plan: { readonly running: boolean },
  options: ReplayOptions,
): Promise<void> {
  const id = command.commandId;
  if (!options.wait || !plan.running) {
    if (options.json === true) printJson(context, { plan, replay: { id, state: "asked" } });
    else printLine(context, `Replay ${id} is asked for. See throughline replay list`);
    return;
  }
  const progress = progressOn(context.stderr, context.now);
  const last = await followReplay(
    log,
    { service: command.service, handler: command.handler, id },
    {
      pollMs: context.pollMs * 5,
      beginWithinMs,
      signal: context.signal,
      now: context.now,
      onProgress: (told) => progress.report(progressSentence(told)),
    },
  );
  progress.done();
  if (options.json === true) printJson(context, { plan, replay: { id, ...(last ?? { state: "asked" }) } });
  else if (last?.state === "done") printLine(context, `Replay ${id} is done: ${last.done.toLocaleString("en")} events.`);
  else if (last?.state === "refused") printLine(context, `Replay ${id} was ${progressSentence(last)}`);
  else if (last?.state === "cancelled")
    printLine(context, `Replay ${id} was cancelled after ${last.done.toLocaleString("en")} events.`);
  else if (last === null && !context.signal.aborted)
    printLine(
      context,
      `${command.service} has not begun replay ${id} within ${formatMs(beginWithinMs)}; its log may say why. See throughline replay list`,
    );
  else
    printLine(
      context,
      `Replay ${id} goes on without this command (${progressSentence(last)}). To stop it: throughline replay cancel ${id}`,
    );
  if (last?.state !== "done") finish(1);
}

function kindOf(options: ReplayOptions): "rebuild" | "rerun" {
  if ((options.rebuild === true) === (options.rerun === true))
    throw usageError("say which kind: --rebuild starts the handler over, --rerun repeats a range beside the live run");
  return options.rebuild === true ? "rebuild" : "rerun";
}

function rangeOf(context: CliContext, kind: "rebuild" | "rerun", options: ReplayOptions): ReplayRange {
  if (kind === "rebuild" && (options.to !== undefined || options.type !== undefined || options.subject !== undefined))
    throw usageError(
      "a rebuild becomes the live run, so it takes no --to, --type or --subject; use --rerun for a part of history",
    );
  const fromMs = options.from === undefined ? null : parseMoment("--from", options.from, context.now());
  const toMs = options.to === undefined ? null : parseMoment("--to", options.to, context.now());
  if (fromMs !== null && toMs !== null && fromMs >= toMs)
    throw usageError(`--from ${options.from} is not before --to ${options.to}`);
  return { fromMs, toMs, types: options.type ?? null, subjects: options.subject ?? null };
}

function unknownHandler(
  at: { service: string; handler: string },
  handlers: readonly string[],
  services: readonly string[],
): Error {
  return handlers.length === 0
    ? cliError("CLI_NOTHING_FOUND", {
        what: `no service "${at.service}" has announced itself`,
        hint: services.length === 0 ? "start it first" : `known are ${services.join(", ")}`,
      })
    : cliError("CLI_NOTHING_FOUND", {
        what: `${at.service} has no handler "${at.handler}"`,
        hint: `it has ${handlers.join(", ")}`,
      });
}

async function countWithProgress(
  context: CliContext,
  log: EventLog,
  handler: HandlerAnnouncement,
  range: ReplayRange,
  reach: ReplayReach,
): Promise<ReadonlyMap<string, number>> {
  const progress = progressOn(context.stderr, context.now);
  const { byType } = await countReplayed(log, handler, range, reach, {
    signal: context.signal,
    onProgress: (done, total) => progress.report(`reading events: ${done} of ${total}`),
  });
  progress.done();
  return byType;
}
