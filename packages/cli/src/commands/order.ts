import type { Command } from "commander";
import { randomUUID } from "node:crypto";
import type { EventLog } from "throughline/seams";
import { allHandlers, type Command as ServiceCommand } from "throughline/system-topics";
import { type CommandOutcome, readServices } from "@throughline/control/reading";
import { followCommand } from "../acting/follow-command.ts";
import { sendCommand } from "../acting/send-command.ts";
import type { CliContext } from "../cli-context.ts";
import { cliError, usageError } from "../cli-errors.ts";
import { printableLine } from "../output/printable.ts";
import { parseDuration } from "../reading/moment.ts";
import { printJson, printLine, withLog, type CommonOptions, type Finish } from "./command.ts";

/** What every order to a service takes. */
export interface OrderOptions extends CommonOptions {
  readonly note?: string;
  readonly by?: string;
  readonly wait: boolean;
}

type Without<T> = T extends unknown ? Omit<T, "commandId" | "by" | "reason" | "atMs"> : never;
export type Order = Without<ServiceCommand>;

const answerWithinMs = 15_000;
const applyWithinMs = 10_000;

export const withOrderOptions = (command: Command): Command =>
  command
    .option("--note <text>", "why, for those who see it and for the audit")
    .option("--by <name>", "who asks (default: the user of this machine)")
    .option("--no-wait", "do not wait for the service's answer");

/** The option of what ends by itself. */
export const withEnd = (command: Command): Command =>
  command.option("--for <duration>", "ends by itself after this: 30m, 2h, 1d (default: when somebody ends it)");

/** When something that was asked for now ends. */
export function endOf(context: CliContext, duration: string | undefined): number | null {
  if (duration === undefined) return null;
  const ms = parseDuration(duration);
  if (ms === null || ms <= 0) throw usageError(`--for does not understand "${duration}"; give a duration like 30m, 2h or 1d`);
  return context.now() + ms;
}

/** The handler that is meant: the one that is named, or all of the service with --all. */
export function handlerOrAll(handler: string | undefined, options: { readonly all?: boolean }): string {
  if ((handler === undefined) !== (options.all === true))
    throw usageError("name one handler, or say --all for every handler of the service");
  return handler ?? allHandlers;
}

/** Sends an order to a service, waits until it is carried out and applied, and says what became of it. */
export async function runOrder(context: CliContext, finish: Finish, options: OrderOptions, order: Order): Promise<void> {
  await withLog(context, options, (log) => giveOrder(context, finish, log, options, order));
}

export async function giveOrder(
  context: CliContext,
  finish: Finish,
  log: EventLog,
  options: OrderOptions,
  order: Order,
): Promise<void> {
  const services = await readServices(log, context.now(), context.signal);
  const { service, handler } = order;
  if (services.newest(service) === null)
    throw cliError("CLI_NOTHING_FOUND", {
      what: `no service "${service}" has announced itself`,
      hint: services.names().length === 0 ? "start it first" : `known are ${services.names().join(", ")}`,
    });
  const command = {
    ...order,
    commandId: randomUUID(),
    by: options.by ?? context.user,
    reason: options.note ?? null,
    atMs: context.now(),
  };
  await sendCommand(log, command);
  const isRunning = services.absence(service) === null;
  const followed =
    options.wait && isRunning
      ? await followCommand(log, command, {
          pollMs: context.pollMs,
          answerWithinMs,
          applyWithinMs,
          signal: context.signal,
          now: context.now,
        })
      : null;
  const state = followed?.answer?.state ?? "asked";
  if (options.json === true) {
    const { answer = null, ...instances } = followed ?? { appliedBy: [], waitingFor: [] };
    const about = { id: command.commandId, command: order.command, service, handler };
    printJson(context, { ...about, state, sentence: answer?.sentence ?? null, ...instances });
  } else printLine(context, outcomeText(service, followed, { isRunning }));
  if (state === "refused" || (followed !== null && state === "asked") || (followed?.waitingFor.length ?? 0) > 0) finish(1);
}

function outcomeText(service: string, followed: CommandOutcome | null, { isRunning }: { isRunning: boolean }): string {
  if (!isRunning) return `${service} does not run now; it does this when it is started.`;
  if (followed === null) return `${service} is asked.`;
  const { answer, appliedBy, waitingFor } = followed;
  if (answer === null)
    return `${service} is asked, and has not answered in time; it does this when it comes to it. Its log may say why it waits.`;
  const sentence = printableLine(answer.sentence);
  if (answer.state === "refused") return `${service} refused: ${sentence}`;
  const late = waitingFor.length === 0 ? "" : `; ${waitingFor.join(", ")} has not said so yet`;
  return `Done: ${sentence}\nApplied by ${appliedBy.join(", ")}${late}.`;
}
