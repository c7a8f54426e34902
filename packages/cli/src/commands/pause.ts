import type { Command } from "commander";
import type { CliContext } from "../cli-context.ts";
import { newCommand, type Finish } from "./command.ts";
import { endOf, handlerOrAll, type OrderOptions, runOrder, withEnd, withOrderOptions } from "./order.ts";

interface PauseOptions extends OrderOptions {
  readonly all?: boolean;
  readonly for?: string;
}

export function pauseCommand(context: CliContext, finish: Finish): Command {
  return withOrderOptions(
    withEnd(
      newCommand("pause", "let a handler take no new events, retries and calls", [
        'pause billing create-invoice --for 2h --note "invoices have the wrong total"',
        "pause billing --all",
      ]),
    ),
  )
    .argument("<service>", "the service")
    .argument("[handler]", "its handler")
    .option("--all", "every handler of the service")
    .action(async (service: string, handler: string | undefined, options: PauseOptions) =>
      runOrder(context, finish, options, {
        command: "pause",
        service,
        handler: handlerOrAll(handler, options),
        untilMs: endOf(context, options.for),
      }),
    );
}

export function resumeCommand(context: CliContext, finish: Finish): Command {
  return withOrderOptions(
    newCommand("resume", "let a paused handler go on where it stopped", [
      "resume billing create-invoice",
      "resume billing --all",
    ]),
  )
    .argument("<service>", "the service")
    .argument("[handler]", "its handler")
    .option("--all", "every handler of the service")
    .action(async (service: string, handler: string | undefined, options: PauseOptions) =>
      runOrder(context, finish, options, { command: "resume", service, handler: handlerOrAll(handler, options) }),
    );
}
