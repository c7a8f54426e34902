import type { Command } from "commander";
import type { ServicePlan } from "throughline/contracts";
import type { CliContext } from "../cli-context.ts";
import { findServices, serviceRule } from "../dev/find-services.ts";
import type { ConsumersReport } from "../deploys/against-consumers.ts";
import { collectPlans } from "../plans/collect-plans.ts";
import { defaultEventsUrl } from "../events-url.ts";
import { type CommonOptions, type Finish, printJson, withLog } from "./command.ts";
import { type LockOptions, namedRegistry, newContractsCommand, withLockOption } from "./contracts-options.ts";

interface CheckOptions extends LockOptions, Pick<CommonOptions, "events"> {
  readonly againstConsumers?: boolean;
  readonly allowUnknown?: boolean;
}

export function checkContractsCommand(context: CliContext, finish: Finish): Command {
  const command = newContractsCommand("check", "compare the contracts in the code with what was agreed, and say what breaks", [
    "contracts check ./services",
    "contracts check ./services >> $GITHUB_STEP_SUMMARY",
    "contracts check --against-consumers --events kafka://kafka:9092",
    "contracts check --registry http://localhost:8081 --json",
  ]).argument("[folder]", "where the services are", "./services");
  return withLockOption(command)
    .option("--against-consumers", "look at every handler that runs, too: name those that would break")
    .option("--events <url>", `with it: the event log (default: THROUGHLINE_EVENTS, else ${defaultEventsUrl})`)
    .option("--allow-unknown", "with it: what nobody can tell is no reason to fail")
    .addHelpText(
      "after",
      `\nA service is ${serviceRule}, directly in the folder. Each is run up to its start, and opens nothing.\nThe exit code is 1 when something breaks, or when the lock is out of date. Without a registry, or when it is away, the lock tells.\n--against-consumers asks the event log what runs, and fails when a handler would break, or nobody can tell.\n`,
    )
    .action(async (folder: string, options: CheckOptions) => {
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
      const consumers = options.againstConsumers === true ? await askConsumers(context, options, plans) : null;
      if (options.json === true)
        printJson(context, { ...reportAsJson(report), ...(consumers === null ? {} : { consumers: consumers.report }) });
      else context.stdout.write(`${reportAsText(report)}${consumers?.text ?? ""}`);
      const answer = consumers?.report.answer ?? "yes";
      if (!report.ok || answer === "no" || (answer === "unknown" && options.allowUnknown !== true)) finish(1);
    });
}

async function askConsumers(
  context: CliContext,
  options: CheckOptions,
  plans: readonly ServicePlan[],
): Promise<{ report: ConsumersReport; text: string }> {
  const { againstConsumers, consumersAsText } = await import("../deploys/against-consumers.ts");
  const { candidateOf } = await import("../deploys/planned-service.ts");
  const { readRunning } = await import("../reading/running-versions.ts");
  const running = await withLog(context, options, (log) => readRunning(log, context.now(), context.signal));
  const code = plans.map(candidateOf);
  const report = againstConsumers(code, running);
  return { report, text: consumersAsText(report, code) };
}
