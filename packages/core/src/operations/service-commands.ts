import type { HandlerState } from "../handling/handler-state.ts";
import type { RequestHandler } from "../handling/request-lane.ts";
import type { ServiceScope } from "../handling/scope.ts";
import { isReplayCommand, type ReplayRefusal, replayCommands } from "../replay/replay-commands.ts";
import { type Command, type ControlCommand, readCommand } from "../system-topics/index.ts";
import { auditRow } from "./audit-row.ts";
import type { CommandAnswers } from "./command-answers.ts";
import { carryOutControl } from "./control-commands.ts";

interface Options<Tx> {
  readonly handlers: () => readonly HandlerState<Tx>[];
  readonly onRefused: (refusal: ReplayRefusal) => void;
  readonly answers: CommandAnswers;
}

const controlNames: readonly string[] = ["pause", "resume", "limit", "hold", "release"];

/** Carries out the commands to this service, each in the transaction that marks it as read, and answers them. */
export function serviceCommands<Tx>(scope: ServiceScope<Tx>, options: Options<Tx>): RequestHandler<Tx> {
  const replay = replayCommands(scope, options);
  return async (unit, record) => {
    const command = readCommand(record.value);
    if (command === null || command.service !== scope.identity.service) return;
    if (isReplayCommand(command)) return replay(unit, record);
    const { command: action, commandId } = command;
    if (!isControl(command)) {
      scope.logger.warn({ command: action, commandId }, "this version does not know a command; it is skipped");
      return;
    }
    const { state, sentence } = await carryOutControl(scope, unit, options.handlers(), command);
    const { handler, by, reason, service } = command;
    await unit.outbox.add([
      auditRow(scope, { action, outcome: state, detail: sentence, service, handler, by, reason, id: commandId }),
    ]);
    options.answers.add({ commandId, state, sentence, atMs: scope.surroundings.clock.now() });
    if (state === "refused") scope.logger.warn({ command: action, commandId, by }, `a command was refused: ${sentence}`);
  };
}

function isControl(command: Command): command is ControlCommand {
  return controlNames.includes(command.command);
}
