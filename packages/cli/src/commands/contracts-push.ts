import type { Command } from "commander";
import type { CliContext } from "../cli-context.ts";
import { usageError } from "../cli-errors.ts";
import { findServices, serviceRule } from "../dev/find-services.ts";
import { collectPlans } from "../plans/collect-plans.ts";
import { type Finish, printJson } from "./command.ts";
import { type LockOptions, namedRegistry, newContractsCommand, withLockOption } from "./contracts-options.ts";

interface PushOptions extends LockOptions {
  readonly dryRun?: boolean;
  readonly lockOnly?: boolean;
}

export function pushContractsCommand(context: CliContext, finish: Finish): Command {
  const command = newContractsCommand("push", "register the contracts that the code publishes, and write the lock", [
    "contracts push ./services --registry http://localhost:8081",
    "contracts push --dry-run",
    "contracts push --lock-only",
  ]).argument("[folder]", "where the services are", "./services");
  return withLockOption(command)
    .option("--dry-run", "say what would be registered, and write nothing")
    .option("--lock-only", "agree by the lock alone, and ask no registry")
    .addHelpText(
      "after",
      `\nA service is ${serviceRule}, directly in the folder. Each is run up to its start, and opens nothing.\nIt may be repeated: what is registered keeps its id. The exit code is 1 when a contract is refused; all others are registered.\n`,
    )
    .action(async (folder: string, options: PushOptions) => {
      const { runPush } = await import("../contracts/run-push.ts");
      const { pushAsJson, pushAsText } = await import("../contracts/push-as-text.ts");
      const registry = options.lockOnly === true ? null : await namedRegistry(context, options);
      if (registry === null && options.lockOnly !== true)
        throw usageError(
          "say where the registry is: --registry <url>, or THROUGHLINE_REGISTRY; or agree by the lock alone: --lock-only",
        );
      const plans = await collectPlans(context, await findServices(folder));
      const pushed = await runPush({ plans, registry, lockFile: options.lock, dryRun: options.dryRun === true });
      if (options.json === true) printJson(context, pushAsJson(pushed));
      else context.stdout.write(pushAsText(pushed));
      // What was registered is told, and is in the lock, before what ended it.
      if (pushed.failure !== null) throw pushed.failure;
      if (!pushed.ok) finish(1);
    });
}
