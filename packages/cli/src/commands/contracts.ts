import { Command } from "commander";
import type { CliContext } from "../cli-context.ts";
import type { Finish } from "./command.ts";
import { checkContractsCommand } from "./contracts-check.ts";
import { pullContractsCommand } from "./contracts-pull.ts";
import { pushContractsCommand } from "./contracts-push.ts";

/** What services have agreed on: their contracts, in the code, in the lock and in the registry. */
export const contractsCommand = (context: CliContext, finish: Finish): Command =>
  new Command("contracts")
    .description("register contracts, see what a change of them breaks, and get those of other teams")
    .addCommand(checkContractsCommand(context, finish))
    .addCommand(pushContractsCommand(context, finish))
    .addCommand(pullContractsCommand(context, finish));
