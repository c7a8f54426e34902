import type { Command } from "commander";
import type { CliContext } from "../cli-context.ts";
import { usageError } from "../cli-errors.ts";
import type { SaidFacts } from "../contracts/pull/pull-contracts.ts";
import { type Finish, printJson, printLine, wholeNumber } from "./command.ts";
import { namedRegistry, newContractsCommand, type RegistryOptions } from "./contracts-options.ts";

interface PullOptions extends RegistryOptions, SaidFacts {
  readonly out: string;
  readonly from?: string;
  readonly contractVersion?: number;
}

export function pullContractsCommand(context: CliContext, finish: Finish): Command {
  return newContractsCommand("pull", "write TypeScript contracts of other teams' events", [
    "contracts pull order.completed payment.captured --out ./contracts",
    "contracts pull order.completed --contract-version 1",
    "contracts pull order.completed --from ../orders/contracts.lock.json",
    "contracts pull orders-value --type order.changed --subject order_id --stream orders",
  ])
    .argument("<types...>", "types of events, or names of registry subjects that others made")
    .option("--out <folder>", "where the modules are written, one for each type", "./contracts")
    .option("--from <file>", "another team's contracts.lock.json, in place of a registry")
    .option(
      "--contract-version <number>",
      "this version of the contract (default: the newest)",
      wholeNumber("--contract-version", 1),
    )
    .option("--type <type>", "of a schema that others registered: what its events are called here")
    .option("--subject <property>", "of a schema that others registered: the property with the aggregate's id")
    .option("--stream <topic>", "of a schema that others registered: the topic of its events")
    .option("--tenant <property>", "of a schema that others registered: the property with the tenant's id")
    .addHelpText(
      "after",
      "\nWhat it wrote it writes again; a file that it did not write, or that was changed since, it leaves as it is.\nThe exit code is 1 when one was left out.\n",
    )
    .action(async (names: string[], options: PullOptions) => {
      if (options.type !== undefined && names.length > 1)
        throw usageError("--type is for one registry subject; pull them one by one");
      const { findInLock, findInRegistry, pullContracts } = await import("../contracts/pull/pull-contracts.ts");
      const find =
        options.from === undefined ? findInRegistry(await theRegistry(context, options)) : await fromLock(options.from);
      const pulled = await pullContracts(find, names, {
        folder: options.out,
        version: options.contractVersion ?? null,
        said: options,
      });
      if (options.json === true) printJson(context, { pulled });
      else
        for (const { name, file, outcome, why, version, lacks } of pulled) {
          const what =
            outcome === "left-out" ? `left out   ${name}: ${why}` : `${outcome.padEnd(9)}  ${file} (${name} version ${version})`;
          printLine(context, what);
          if (lacks !== null)
            printLine(
              context,
              `           Events of version ${lacks.versions.join(", ")} cannot be read as version ${version}: write ${lacks.file}, which exports upcast, and pull again.`,
            );
        }
      if (pulled.some(({ outcome }) => outcome === "left-out")) finish(1);

      async function fromLock(file: string) {
        const { readContractsLock } = await import("throughline/contracts");
        return findInLock(readContractsLock(file), file);
      }
    });
}

async function theRegistry(context: CliContext, options: PullOptions) {
  const registry = await namedRegistry(context, options);
  if (registry === null)
    throw usageError(
      "say where the registry is: --registry <url>, or THROUGHLINE_REGISTRY; or another team's lock: --from <file>",
    );
  return registry;
}
