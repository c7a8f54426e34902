import type { Command } from "commander";
import type { CliContext } from "../cli-context.ts";
import { usageError } from "../cli-errors.ts";
import { newCommand, positive, type Finish } from "./command.ts";
import { endOf, type OrderOptions, runOrder, withEnd, withOrderOptions } from "./order.ts";

interface LimitOptions extends OrderOptions {
  readonly off?: boolean;
  readonly for?: string;
}

export function limitCommand(context: CliContext, finish: Finish): Command {
  return withOrderOptions(
    withEnd(
      newCommand("limit", "hold a handler to so many events a second, all instances together", [
        'limit billing create-invoice 20 --for 1h --note "the database is slow"',
        "limit billing create-invoice --off",
      ]),
    ),
  )
    .argument("<service>", "the service")
    .argument("<handler>", "its handler")
    .argument("[per second]", "events a second", positive("the limit"))
    .option("--off", "as many as come")
    .action(async (service: string, handler: string, perSecond: number | undefined, options: LimitOptions) => {
      if ((perSecond === undefined) !== (options.off === true))
        throw usageError("say how many events a second, or --off for as many as come");
      await runOrder(context, finish, options, {
        command: "limit",
        service,
        handler,
        perSecond: perSecond ?? null,
        untilMs: endOf(context, options.for),
      });
    });
}
