import { once } from "node:events";
import { join } from "node:path";
import { Command } from "commander";
import type { CliContext } from "../cli-context.ts";
import { cliError } from "../cli-errors.ts";
import { withoutSecret } from "../events-url.ts";
import { printJson, printLine, wholeNumber } from "./command.ts";

interface RegistryOptions {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly store?: string;
  readonly json?: boolean;
}

const examples = ["registry", "registry --port 8081 --data ./data", "registry --host 0.0.0.0"];

export function registryCommand(context: CliContext): Command {
  return new Command("registry")
    .description("run a schema registry that speaks Confluent's REST API, until Ctrl-C")
    .option("--port <port>", "where it listens; 0 takes a free one", wholeNumber("--port", 0), 8_081)
    .option("--host <address>", "for whom it listens; 0.0.0.0 is for everybody, and it asks nobody for a password", "127.0.0.1")
    .option("--data <folder>", "where it keeps what it knows, in registry.db; several may share one", "./data")
    .option("--store <url>", "a PostgreSQL database instead, for a team: postgres://user:password@host:5432/database")
    .option("--json", "print JSON for programs")
    .addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ throughline ${example}`).join("\n")}\n`)
    .action(async ({ port, host, data, json, store }: RegistryOptions) => {
      const file = join(data, "registry.db");
      if (store !== undefined && !/^(postgres(ql)?|sqlite):/.test(store))
        throw cliError("CLI_STORE_URL", { url: withoutSecret(store) });
      await using registry = await context.startRegistry({ store: store ?? `sqlite:${file}`, port, host });
      const { url } = registry;
      const place = store === undefined ? file : withoutSecret(store);
      if (json === true) printJson(context, { url, store: place });
      else printLine(context, `The schema registry listens at ${url}, and keeps what it knows in ${place}. Ctrl-C stops it.`);
      if (!context.signal.aborted) await once(context.signal, "abort");
    });
}
