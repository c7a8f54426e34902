import type { Command } from "commander";
import { statSync } from "node:fs";
import { basename } from "node:path";
import { passes } from "throughline/rehearsal";
import type { FailureFilter } from "@throughline/control/reading";
import { shortIds } from "@throughline/control/reading";
import type { CliContext } from "../cli-context.ts";
import { usageError } from "../cli-errors.ts";
import { findServices, type ServiceFile } from "../dev/find-services.ts";
import { paintFor } from "../output/colours.ts";
import { progressOn } from "../output/progress.ts";
import { rehearsalSentence, renderRehearsal } from "../output/rehearsal-text.ts";
import { lettersOfConsole, lettersOfLog, refuseChoice, type LetterChoice } from "../rehearsal/choose-letters.ts";
import { type ConsoleClient, consoleClient, consoleToken } from "../rehearsal/console-client.ts";
import { type BuildRehearsal, rehearseProgram } from "../rehearsal/rehearse-program.ts";
import { reportRehearsal } from "../rehearsal/report-rehearsal.ts";
import { type CommonOptions, type Finish, newCommand, printJson, printLine, withLog } from "./command.ts";

interface RehearseOptions extends CommonOptions {
  readonly handler?: string;
  readonly type?: string;
  readonly reason?: string;
  readonly group?: string;
  readonly console?: string;
  readonly tokenFile?: string;
}

export function rehearseCommand(context: CliContext, finish: Finish): Command {
  return newCommand("rehearse", "run dead letters through a build of their service without keeping anything", [
    "rehearse ./services/billing",
    "rehearse ./dist/billing/main.js --handler create-invoice --events kafka://localhost:9092",
    "rehearse ./services/billing 0198b2c4 0198b2c5",
    "rehearse ./services/billing --console https://console.example --token-file ./token --group 5d0c0e6a9f3b1c27",
  ])
    .argument("<program>", "the build: the file that starts the service, or its folder with a main.ts or main.js")
    .argument("[ids...]", "failure ids, or six or more characters of each; default: every open dead letter of the service")
    .option("--handler <name>", "of this handler")
    .option("--type <type>", "events of this type")
    .option("--reason <reason>", "failures with this reason: failed, permanent, gap, …")
    .option("--group <fingerprint>", "failures of this cause, with --console")
    .option("--console <url>", "take the letters from this console, and report the result to it")
    .option("--token-file <file>", "the console's API token (default: THROUGHLINE_TOKEN_FILE, or THROUGHLINE_TOKEN)")
    .addHelpText(
      "after",
      `
The program is run up to the start of its service, with this environment: THROUGHLINE_STORE must name the service's own database.
Each letter runs as its redrive would, in a transaction that is rolled back; what it publishes is checked and counted, and no call is made.
What a handler does outside of ctx.tx does happen: it can ask ctx.isRehearsal. Exit code 0 only if every letter would pass.
`,
    )
    .action(async (path: string, ids: string[], options: RehearseOptions) => {
      const program = await programAt(path);
      const console =
        options.console === undefined
          ? null
          : consoleClient(options.console, await consoleToken(context, options.tokenFile), context.signal);
      const choice: LetterChoice = { ids, filter: filterOf(options), group: options.group ?? null };
      refuseChoice(choice, console);
      const startedAtMs = context.now();
      const found = await rehearse(context, program, choice, { console, options });
      // Shown first: a console that is away by now takes nothing of it back.
      show(context, found, options);
      if (found.some(({ letters }) => !letters.every(passes))) finish(1);
      for (const build of found) if (console !== null) await reportRehearsal(console, build, startedAtMs);
    });
}

async function rehearse(
  context: CliContext,
  program: ServiceFile,
  choice: LetterChoice,
  { console, options }: { readonly console: ConsoleClient | null; readonly options: RehearseOptions },
): Promise<BuildRehearsal[]> {
  const progress = progressOn(context.stderr, context.now);
  try {
    return await rehearseProgram(context, program, {
      choose: async (services) => {
        const names = services.map(({ service }) => service);
        if (console !== null) return lettersOfConsole(console, choice, names);
        return withLog(context, options, (log) => lettersOfLog(context, log, choice, names));
      },
      onProgress: (done, total) => progress.report(`rehearsed ${done} of ${total}`),
    });
  } finally {
    progress.done();
  }
}

function show(context: CliContext, found: readonly BuildRehearsal[], options: RehearseOptions): void {
  const isAll = found.every(({ letters }) => letters.every(passes));
  if (options.json === true)
    return printJson(context, {
      ok: isAll,
      rehearsals: found.map(({ service, version, letters }) => ({
        service,
        version,
        total: letters.length,
        passed: letters.filter(passes).length,
        letters,
      })),
    });
  if (found.length === 0) return printLine(context, "Nothing to rehearse: no open dead letter fits.");
  const view = { paint: paintFor(context.stdout, context.env), columns: context.stdout.columns };
  const short = shortIds(found.flatMap(({ letters }) => letters.map(({ failureId }) => failureId)));
  for (const build of found) {
    const table = renderRehearsal(build, short, view);
    if (table !== "") printLine(context, `${table}\n`);
    printLine(context, rehearsalSentence(build));
  }
  printLine(context, "Nothing was kept: every transaction was rolled back.");
}

async function programAt(path: string): Promise<ServiceFile> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true) return { name: basename(path).replace(/(?:\.service)?\.[^.]+$/, ""), file: path, folder: null };
  const services = await findServices(path);
  if (services.length === 1) return services[0]!;
  throw usageError(`${path} has several services (${services.map(({ name }) => name).join(", ")}); name the folder of one`);
}

function filterOf({ handler, type, reason }: RehearseOptions): FailureFilter {
  const given = Object.entries({ handler, type, reason }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as FailureFilter;
}
