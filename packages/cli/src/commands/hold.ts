import type { Command } from "commander";
import { allHandlers } from "throughline/system-topics";
import type { CliContext } from "../cli-context.ts";
import { usageError } from "../cli-errors.ts";
import { newCommand, type Finish } from "./command.ts";
import { endOf, type OrderOptions, runOrder, withEnd, withOrderOptions } from "./order.ts";

interface HoldOptions extends OrderOptions {
  readonly subject?: string;
  readonly tenant?: string;
  readonly for?: string;
}

export function holdCommand(context: CliContext, finish: Finish): Command {
  return withOrderOptions(
    withEnd(
      withWhat(
        newCommand("hold", "park the events of one subject or tenant, in order; everything else goes on", [
          'hold billing --subject order-42 --note "being refunded by hand"',
          "hold billing create-invoice --tenant acme --for 1d",
        ]),
      ),
    ),
  ).action(async (service: string, handler: string | undefined, options: HoldOptions) =>
    runOrder(context, finish, options, {
      command: "hold",
      service,
      handler: handler ?? allHandlers,
      ...whatOf(options),
      untilMs: endOf(context, options.for),
    }),
  );
}

export function releaseCommand(context: CliContext, finish: Finish): Command {
  return withOrderOptions(
    withWhat(
      newCommand("release", "let a held subject or tenant go on, its parked events first", [
        "release billing --subject order-42",
        "release billing create-invoice --tenant acme",
      ]),
    ),
  ).action(async (service: string, handler: string | undefined, options: HoldOptions) =>
    runOrder(context, finish, options, {
      command: "release",
      service,
      handler: handler ?? allHandlers,
      ...whatOf(options),
    }),
  );
}

const withWhat = (command: Command): Command =>
  command
    .argument("<service>", "the service")
    .argument("[handler]", "only for this handler (default: all of the service)")
    .option("--subject <subject>", "the subject: the aggregate's id, like order-42")
    .option("--tenant <tenant>", "the tenant");

function whatOf({ subject, tenant }: HoldOptions): { subject: string | null; tenant: string | null } {
  if ((subject === undefined) === (tenant === undefined)) throw usageError("say what: --subject or --tenant, one of the two");
  return { subject: subject ?? null, tenant: tenant ?? null };
}
