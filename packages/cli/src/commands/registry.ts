import { once } from "node:events";
import { join } from "node:path";
import { Command } from "commander";
import type { CliContext } from "../cli-context.ts";
import { printJson, printLine, wholeNumber } from "./command.ts";

interface RegistryOptions {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly json?: boolean;
}

const examples = ["registry", "registry --port 8081 --data ./data", "registry --host 0.0.0.0"];

export function registryCommand(context: CliContext): Command {
  return new Command("registry")
    .description("run a schema registry that speaks Confluent's REST API, until Ctrl-C")
    .option("--port <port>", "where it listens; 0 takes a free one", wholeNumber("--port", 0), 8_081)
    .option("--host <address>", "for whom it listens; 0.0.0.0 is for everybody, and it asks nobody for a password", "127.0.0.1")
    .option("--data <folder>", "where it keeps what it knows, in registry.db; several may share one", "./data")
    .option("--json", "print JSON for programs")
    .addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ throughline ${example}`).join("\n")}\n`)
    .action(async ({ port, host, data, json }: RegistryOptions) => {
      const file = join(data, "registry.db");
      await using registry = await context.startRegistry({ store: `sqlite:${file}`, port, host });
      const { url } = registry;
      if (json === true) printJson(context, { url, file });
      else printLine(context, `The schema registry listens at ${url}, and keeps what it knows in ${file}. Ctrl-C stops it.`);
      if (!context.signal.aborted) await once(context.signal, "abort");
    });
}
