import type { Command } from "commander";
import { allHandlers } from "throughline/system-topics";
import { readServices } from "@throughline/control/reading";
import type { CliContext } from "../cli-context.ts";
import { usageError } from "../cli-errors.ts";
import { newCommand, withLog, type Finish } from "./command.ts";
import { confirm } from "./confirm.ts";
import { giveOrder, type OrderOptions, withOrderOptions } from "./order.ts";

interface RenameOptions extends OrderOptions {
  readonly yes?: boolean;
}

export function renameCommand(context: CliContext, finish: Finish): Command {
  const service = withOrderOptions(
    newCommand("service", "let a service's store be opened under a new name; run it before the deploy that renames it", [
      "rename service billing invoicing",
    ]),
  )
    .argument("<old>", "the name that it has")
    .argument("<new>", "the name that it will be deployed under")
    .option("-y, --yes", "do not ask before")
    .action(async (from: string, to: string, options: RenameOptions) =>
      withLog(context, options, async (log) => {
        const services = await readServices(log, context.now(), context.signal);
        if (services.running(to).length > 0) throw usageError(`a service "${to}" runs already; choose another name`);
        await confirm(context, `Rename the service ${from} to ${to}`, options);
        await giveOrder(context, finish, log, options, { command: "rename-service", service: from, handler: allHandlers, to });
      }),
    );
  // "rename service a b --json": what stands after a subcommand's name is the subcommand's.
  return newCommand("rename", "give a service another name", ["rename service billing invoicing"])
    .addCommand(service)
    .enablePositionalOptions();
}
