import { Command, CommanderError } from "commander";
import { isThroughlineError } from "throughline/seams";
import type { CliContext } from "./cli-context.ts";
import { cliError, exitCodeOf } from "./cli-errors.ts";
import { acceptLossCommand } from "./commands/accept-loss.ts";
import { canDeployCommand } from "./commands/can-deploy.ts";
import { contractsCommand } from "./commands/contracts.ts";
import { devCommand } from "./commands/dev.ts";
import { consoleCommand } from "./commands/console.ts";
import { discardCommand } from "./commands/discard.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { eventsCommand } from "./commands/events.ts";
import { failedCommand } from "./commands/failed.ts";
import { flowCommand } from "./commands/flow.ts";
import { holdCommand, releaseCommand } from "./commands/hold.ts";
import { lagCommand } from "./commands/lag.ts";
import { limitCommand } from "./commands/limit.ts";
import { pauseCommand, resumeCommand } from "./commands/pause.ts";
import { redriveCommand } from "./commands/redrive.ts";
import { rehearseCommand } from "./commands/rehearse.ts";
import { registryCommand } from "./commands/registry.ts";
import { renameCommand } from "./commands/rename.ts";
import { replayCommand } from "./commands/replay.ts";
import { storeCommand } from "./commands/store.ts";
import { topicsCommand } from "./commands/topics.ts";
import { paintFor } from "./output/colours.ts";
import { printableText } from "./output/printable.ts";

/**
 * Runs the command line and answers its exit code: 0 done, 1 failed, 2 called wrongly. Never rejects.
 * @example process.exitCode = await runCli(process.argv.slice(2), processContext());
 */
export async function runCli(args: readonly string[], context: CliContext): Promise<0 | 1 | 2> {
  let exitCode: 0 | 1 = 0;
  const program = createProgram(context, (code) => (exitCode = code));
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has printed its own: help (exit code 0), or what was wrong with the arguments.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return report(
      context,
      args,
      context.signal.aborted && !isThroughlineError(error)
        ? cliError("CLI_INTERRUPTED", { what: "the command did not finish" }, error)
        : error,
    );
  }
}

function createProgram(context: CliContext, finish: (exitCode: 0 | 1) => void): Command {
  const program = new Command("throughline")
    // What stands after a command's name is that command's, not ours: needed for "replay list --json".
    .enablePositionalOptions()
    .description("Run services on events, follow what happens to each event, and repair what failed.")
    .addCommand(devCommand(context))
    .addCommand(eventsCommand(context))
    .addCommand(flowCommand(context))
    .addCommand(failedCommand(context))
    .addCommand(redriveCommand(context, finish))
    .addCommand(rehearseCommand(context, finish))
    .addCommand(discardCommand(context, finish))
    .addCommand(replayCommand(context, finish))
    .addCommand(storeCommand(context, finish))
    .addCommand(topicsCommand(context, finish))
    .addCommand(pauseCommand(context, finish))
    .addCommand(resumeCommand(context, finish))
    .addCommand(limitCommand(context, finish))
    .addCommand(holdCommand(context, finish))
    .addCommand(releaseCommand(context, finish))
    .addCommand(acceptLossCommand(context, finish))
    .addCommand(renameCommand(context, finish))
    .addCommand(contractsCommand(context, finish))
    .addCommand(canDeployCommand(context, finish))
    .addCommand(consoleCommand(context))
    .addCommand(registryCommand(context))
    .addCommand(lagCommand(context, finish))
    .addCommand(doctorCommand(context, finish))
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 failed, 2 called wrongly. NO_COLOR turns colours off. Each command explains itself: throughline flow --help",
    );
  for (const command of withSubcommands(program)) {
    command
      .exitOverride()
      .showSuggestionAfterError()
      .configureOutput({ writeOut: (text) => context.stdout.write(text), writeErr: (text) => context.stderr.write(text) });
  }
  return program;
}

const withSubcommands = (command: Command): Command[] => [command, ...command.commands.flatMap(withSubcommands)];

function report(context: CliContext, args: readonly string[], error: unknown): 1 | 2 {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  if (args.includes("--json")) {
    const { code, retryable } = error as { code?: string; retryable?: boolean };
    context.stderr.write(
      `${JSON.stringify({ error: { code: code ?? "UNEXPECTED", message, retryable: retryable ?? false } })}\n`,
    );
  } else if (isThroughlineError(error)) {
    const paint = paintFor(context.stderr, context.env);
    context.stderr.write(`${paint("red", "throughline:")} ${printableText(message)} ${paint("dim", `[${error.code}]`)}\n`);
  } else {
    context.stderr.write(`throughline: unexpected: ${printableText(stack ?? message)}\n`);
  }
  return exitCodeOf(error);
}
