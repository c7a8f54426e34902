import type { Command } from "commander";
import type { CliContext } from "../cli-context.ts";
import { findServices, serviceRule } from "../dev/find-services.ts";
import { collectPlans } from "../plans/collect-plans.ts";
import { type Finish, printJson } from "./command.ts";
import { type LockOptions, namedRegistry, newContractsCommand, withLockOption } from "./contracts-options.ts";

export function checkContractsCommand(context: CliContext, finish: Finish): Command {
  const command = newContractsCommand("check", "compare the contracts in the code with what was agreed, and say what breaks", [
    "contracts check ./services",
    "contracts check ./services >> $GITHUB_STEP_SUMMARY",
    "contracts check --registry http://localhost:8081 --json",
  ]).argument("[folder]", "where the services are", "./services");
  return withLockOption(command)
    .addHelpText(
      "after",
      `\nA service is ${serviceRule}, directly in the folder. Each is run up to its start, and opens nothing.\nThe exit code is 1 when something breaks, or when the lock is out of date. Without a registry, or when it is away, the lock tells.\n`,
    )
    .action(async (folder: string, options: LockOptions) => {
      const { checkContracts } = await import("../contracts/check-contracts.ts");
      const { codeContracts } = await import("../contracts/code-contracts.ts");
      const { readLockFile } = await import("../contracts/lock-file.ts");
      const { reportAsJson, reportAsText } = await import("../contracts/report.ts");
      const lock = await readLockFile(options.lock);
      const registry = await namedRegistry(context, options);
      const plans = await collectPlans(context, await findServices(folder));
      const report = await checkContracts({
        contracts: codeContracts(plans),
        services: new Set(plans.map(({ service }) => service)),
        lock,
        lockFile: options.lock,
        registry,
      });
      if (options.json === true) printJson(context, reportAsJson(report));
      else context.stdout.write(reportAsText(report));
      if (!report.ok) finish(1);
    });
}
