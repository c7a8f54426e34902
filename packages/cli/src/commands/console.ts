import { once } from "node:events";
import type { Command } from "commander";
import { traceUrlProblem } from "@throughline/control/options";
import type { CliContext } from "../cli-context.ts";
import { usageError } from "../cli-errors.ts";
import { withoutSecret } from "../events-url.ts";
import { type AccessFlags, accessOf, withAccessOptions } from "../console/access-options.ts";
import { eventsUrl, newCommand, printJson, printLine, wholeNumber, type CommonOptions } from "./command.ts";

interface ConsoleOptions extends CommonOptions, AccessFlags {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly prefix?: string;
  readonly config?: string;
  readonly store?: string;
  readonly traceUrl?: string;
}

const examples = [
  "console",
  "console --port 4400 --data ./data/control",
  "console --events kafka://localhost:9092 --config control.json",
];

export function consoleCommand(context: CliContext): Command {
  const command = newCommand(
    "console",
    "run the control plane: failed events, flows, lag and replays, as a page and an API, until Ctrl-C",
    examples,
  )
    .option("--port <port>", "where it listens; 0 takes a free one", wholeNumber("--port", 0), 4_400)
    .option("--host <address>", "for whom it listens", "127.0.0.1")
    .option(
      "--data <folder>",
      "where it keeps its index of the log, the history of lag, users and tokens, redrive jobs and the schema registry",
      "./data/control",
    )
    .option("--prefix <text>", "what stands before topics' names at the brokers")
    .option(
      "--store <url>",
      "postgres://…: a database in which several consoles keep all of that together; what the folder holds of users, jobs and silences comes along (THROUGHLINE_CONTROL_STORE)",
    )
    .option("--trace-url <url>", "where one trace is shown, for the page to link to: https://…/{traceId}")
    .option("--config <file>", "alerts, rules and retention, in JSON; its secrets stand in the environment or in files");
  return withAccessOptions(command).action(
    async ({ port, host, data, json, prefix, config, store, traceUrl, ...options }: ConsoleOptions) => {
      const url = eventsUrl(context, options);
      await using server = await context.startConsole({
        eventsUrl: url,
        topicPrefix: prefix ?? null,
        dataDir: data,
        host,
        port,
        store: storeUrl(store ?? context.env["THROUGHLINE_CONTROL_STORE"]),
        configFile: config ?? null,
        traceUrl: traceUrlOf(traceUrl ?? context.env["THROUGHLINE_TRACE_URL"]),
        env: context.env,
        access: accessOf(context, options),
        onSetup: (link) => context.stderr.write(`Nobody can log in yet. Make the first admin, within an hour, at\n  ${link}\n`),
        onTrouble: (message) => context.stderr.write(`throughline: ${message}\n`),
      });
      if (json === true) printJson(context, { url: server.url, data });
      else
        printLine(
          context,
          `The control plane of ${withoutSecret(url)} listens at ${server.url}, and keeps its files in ${data}. Ctrl-C stops it.`,
        );
      if (!context.signal.aborted) await once(context.signal, "abort");
    },
  );
}

function traceUrlOf(given: string | undefined): string | null {
  if (given === undefined || given === "") return null;
  const problem = traceUrlProblem(given);
  if (problem !== null) throw usageError(`--trace-url ${problem}`);
  return given;
}

/** A file is what it has without a store. */
function storeUrl(given: string | undefined): string | null {
  if (given === undefined || given === "") return null;
  if (/^postgres(ql)?:\/\//.test(given)) return given;
  throw usageError("--store takes postgres://user:password@host:5432/database; without it the console keeps files in --data");
}
