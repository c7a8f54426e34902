import { Command } from "commander";
import { contractsLockName } from "throughline/contracts";
import type { SchemaRegistry } from "throughline/seams";
import type { CliContext } from "../cli-context.ts";

export interface RegistryOptions {
  readonly registry?: string;
  readonly json?: boolean;
}

export interface LockOptions extends RegistryOptions {
  readonly lock: string;
}

/** A command on contracts, with the options that all of them have. */
export function newContractsCommand(name: string, summary: string, examples: readonly string[]): Command {
  return new Command(name)
    .description(summary)
    .option("--registry <url>", "the schema registry (default: THROUGHLINE_REGISTRY)")
    .option("--json", "print JSON for programs")
    .addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ throughline ${example}`).join("\n")}\n`);
}

export const withLockOption = (command: Command): Command =>
  command.option("--lock <file>", "what was agreed, in git", contractsLockName);

/** Null where none is named. Rejects with `REGISTRY_ADDRESS_INVALID` and `REGISTRY_CREDENTIALS_INVALID`. */
export async function namedRegistry(context: CliContext, { registry }: RegistryOptions): Promise<SchemaRegistry | null> {
  const isNamed = (registry ?? context.env["THROUGHLINE_REGISTRY"] ?? "") !== "";
  return isNamed ? context.openRegistry(registry) : null;
}
