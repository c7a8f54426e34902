import type { Candidate, ConsumerBreak } from "@throughline/registry";
import type { Command } from "commander";
import { contractsLockName } from "throughline/contracts";
import type { CliContext } from "../cli-context.ts";
import { cliError } from "../cli-errors.ts";
import { findServices, serviceRule } from "../dev/find-services.ts";
import { paintFor } from "../output/colours.ts";
import { collectPlans } from "../plans/collect-plans.ts";
import { type CommonOptions, type Finish, newCommand, printJson, withLog } from "./command.ts";

interface CanDeployOptions extends CommonOptions {
  readonly lock: string;
  readonly allowUnknown?: boolean;
}

export function canDeployCommand(context: CliContext, finish: Finish): Command {
  return newCommand("can-deploy", "say whether a service can be deployed beside what runs, and why not", [
    "can-deploy orders",
    "can-deploy orders ./services --events kafka://kafka:9092 --json",
    "can-deploy orders --allow-unknown   # goes on where nobody can tell",
  ])
    .argument("<service>", "the service, as its code names it")
    .argument("[folder]", "where the services are", "./services")
    .option("--lock <file>", "what was agreed, in git", contractsLockName)
    .option("--allow-unknown", "exit with 0 where nothing is known to break, though of something nobody can tell")
    .addHelpText(
      "after",
      `\nWhat the service publishes is compared with what every handler that runs reads; what its own handlers read with what runs\npublishes and with what may still stand in the log, by the lock. Exit code 0: yes. 1: no, or nobody can tell.\nA service is ${serviceRule}. Each is run up to its start, and opens nothing.\n`,
    )
    .action(async (service: string, folder: string, options: CanDeployOptions) => {
      const { canDeploy } = await import("@throughline/registry");
      const { agreedContracts, candidateOf } = await import("../deploys/planned-service.ts");
      const { deployFirst } = await import("../deploys/deploy-first.ts");
      const { verdictAsJson, verdictAsText } = await import("../deploys/verdict-text.ts");
      const { readLockFile } = await import("../contracts/lock-file.ts");
      const { readRunning } = await import("../reading/running-versions.ts");
      const code = (await collectPlans(context, await findServices(folder))).map(candidateOf);
      const candidate = named(code, service, folder);
      const lock = await readLockFile(options.lock);
      const running = await withLog(context, options, (log) => readRunning(log, context.now(), context.signal));
      const verdict = canDeploy(candidate, { running, agreed: agreedContracts(lock) });
      const hintFor = (found: ConsumerBreak): string | null => deployFirst(found, candidate, code);
      if (options.json === true) printJson(context, verdictAsJson(verdict, running, lock === null ? null : options.lock));
      else context.stdout.write(verdictAsText(verdict, paintFor(context.stdout, context.env), hintFor));
      if (lock === null && options.json !== true)
        context.stderr.write(`There is no ${options.lock}: what may still stand in the log was not asked.\n`);
      if (verdict.answer === "no" || (verdict.answer === "unknown" && options.allowUnknown !== true)) finish(1);
    });
}

function named(code: readonly Candidate[], service: string, folder: string): Candidate {
  const found = code.find((each) => each.service === service);
  if (found !== undefined) return found;
  throw cliError("CLI_NOTHING_FOUND", {
    what: `no service "${service}" is in ${folder}`,
    hint: `name one of ${code.map((each) => each.service).join(", ")}`,
  });
}
