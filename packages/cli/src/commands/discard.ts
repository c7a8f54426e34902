import type { Command } from "commander";
import type { CliContext } from "../cli-context.ts";
import { newCommand, type Finish } from "./command.ts";
import { runRequests, withRequestOptions, type RequestCommandOptions } from "./request.ts";

interface DiscardOptions extends RequestCommandOptions {
  readonly reason: string;
}

export function discardCommand(context: CliContext, finish: Finish): Command {
  return withRequestOptions(
    newCommand("discard", "put dead letters aside for good; what waits behind them goes on", [
      'discard 0198b2c4 --reason "test order, refunded by hand"',
      'discard --service billing --type order.tested --reason "test data" --yes',
    ]),
  )
    .requiredOption("--reason <text>", "why, for the audit")
    .action(async (ids: string[], options: DiscardOptions) =>
      runRequests(context, finish, ids, options, { action: "discard", reason: options.reason, edit: null, force: false }),
    );
}
