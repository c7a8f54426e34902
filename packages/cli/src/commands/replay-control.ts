import type { Command } from "commander";
import { randomUUID } from "node:crypto";
import type { ReplayControl } from "throughline/system-topics";
import { matchId, readServices, readReplays, type Replay } from "@throughline/control/reading";
import { sendCommand } from "../acting/send-command.ts";
import type { CliContext } from "../cli-context.ts";
import { cliError, usageError } from "../cli-errors.ts";
import { paintFor } from "../output/colours.ts";
import { renderReplays } from "../output/replay-text.ts";
import { newCommand, printJson, printLine, withLog, type CommonOptions } from "./command.ts";

/** `replay list`, `replay pause`, `replay resume` and `replay cancel`. */
export const replayControlCommands = (context: CliContext): Command[] => [
  listCommand(context),
  controlCommand(context, "pause"),
  controlCommand(context, "resume"),
  controlCommand(context, "cancel"),
];

function listCommand(context: CliContext): Command {
  return newCommand("list", "list replays and how far they are", ["replay list"]).action(async (options: CommonOptions) => {
    const replays = await withLog(context, options, async (log) =>
      readReplays(log, await readServices(log, context.now(), context.signal), context.signal),
    );
    if (options.json === true) return printJson(context, { replays });
    printLine(
      context,
      replays.length === 0
        ? "No replays."
        : renderReplays(replays, {
            nowMs: context.now(),
            paint: paintFor(context.stdout, context.env),
            columns: context.stdout.columns,
          }),
    );
  });
}

function controlCommand(context: CliContext, action: "pause" | "resume" | "cancel"): Command {
  return newCommand(action, `${action} a replay`, [`replay ${action} 0198b2c4`])
    .argument("<id>", "the replay's id, or six or more characters of it")
    .option("--note <text>", "why, for the audit")
    .option("--by <name>", "who asks, for the audit (default: the user of this machine)")
    .action(async (id: string, options: CommonOptions & { note?: string; by?: string }) =>
      withLog(context, options, async (log) => {
        const replay = replayById(
          await readReplays(log, await readServices(log, context.now(), context.signal), context.signal),
          id,
        );
        const { service, handler } = replay;
        if (action === "cancel" && replay.kind === "rebuild")
          throw usageError(
            `replay ${replay.id} is a rebuild, and cannot be cancelled: what it rebuilds is gone already; pause it instead`,
          );
        const command: ReplayControl = {
          command: `replay-${action}`,
          commandId: randomUUID(),
          replayId: replay.id,
          service,
          handler,
          by: options.by ?? context.user,
          reason: options.note ?? null,
          atMs: context.now(),
        };
        await sendCommand(log, command);
        if (options.json === true) printJson(context, { asked: action, replay: replay.id, service, handler });
        else printLine(context, `Asked ${service} to ${action} replay ${replay.id} of ${handler}. See throughline replay list`);
      }),
    );
}

function replayById(replays: readonly Replay[], given: string): Replay {
  const id = matchId(
    given,
    replays.map((replay) => replay.id),
    "replays",
  );
  const replay = replays.find((one) => one.id === id);
  if (replay === undefined)
    throw cliError("CLI_NOTHING_FOUND", {
      what: `no replay has the id "${given}"`,
      hint: '"throughline replay list" shows them',
    });
  if (replay.state === "done" || replay.state === "cancelled" || replay.state === "refused")
    throw cliError("CLI_NOTHING_FOUND", { what: `replay ${replay.id} is ${replay.state} already`, hint: "start another one" });
  return replay;
}
