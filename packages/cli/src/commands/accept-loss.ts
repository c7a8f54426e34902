import type { Command } from "commander";
import { readServices } from "@throughline/control/reading";
import type { CliContext } from "../cli-context.ts";
import { cliError } from "../cli-errors.ts";
import { printableLine } from "../output/printable.ts";
import { newCommand, withLog, type Finish } from "./command.ts";
import { confirm } from "./confirm.ts";
import { giveOrder, type OrderOptions, withOrderOptions } from "./order.ts";

interface AcceptLossOptions extends OrderOptions {
  readonly yes?: boolean;
}

export function acceptLossCommand(context: CliContext, finish: Finish): Command {
  return withOrderOptions(
    newCommand("accept-loss", "let a handler go on that stopped because records it had not read are gone", [
      'accept-loss billing create-invoice --note "those orders were invoiced by hand"',
    ]),
  )
    .argument("<service>", "the service")
    .argument("<handler>", "its handler")
    .option("-y, --yes", "do not ask before")
    .action(async (service: string, handler: string, options: AcceptLossOptions) =>
      withLog(context, options, async (log) => {
        const announced = (await readServices(log, context.now(), context.signal)).handler(service, handler);
        if (announced !== null && announced.state !== "stopped")
          throw cliError("CLI_NOTHING_FOUND", {
            what: `${service}/${handler} has not stopped, so it has lost nothing`,
            hint: '"throughline doctor" shows what stopped',
          });
        if (announced?.problem != null && options.json !== true) context.stderr.write(`${printableLine(announced.problem)}\n`);
        await confirm(context, `Give up what ${service}/${handler} has not read of it`, options);
        await giveOrder(context, finish, log, options, { command: "accept-loss", service, handler });
      }),
    );
}
