import type { HandlerState } from "../handling/handler-state.ts";
import type { RequestHandler } from "../handling/request-lane.ts";
import { isAddressed, type ServiceScope } from "../handling/scope.ts";
import { isReplayCommand, type ReplayRefusal, replayCommands } from "../replay/replay-commands.ts";
import type { UnitOfWork } from "../seams/store.ts";
import { type Command, readCommand } from "../system-topics/index.ts";
import { acceptLoss } from "./accept-loss.ts";
import { auditRow } from "./audit-row.ts";
import type { CommandAnswers } from "./command-answers.ts";
import { carryOutControl } from "./control-commands.ts";
import { renameService } from "./rename-service.ts";
import { done, handlerNamed, type Outcome, refused, unknownHandler } from "./outcome.ts";

interface Options<Tx> {
  readonly handlers: () => readonly HandlerState<Tx>[];
  readonly onRefused: (refusal: ReplayRefusal) => void;
  readonly answers: CommandAnswers;
}

/** Carries out the commands to this service, each in the transaction that marks it as read, and answers them. */
export function serviceCommands<Tx>(scope: ServiceScope<Tx>, options: Options<Tx>): RequestHandler<Tx> {
  const replay = replayCommands(scope, options);
  return async (unit, record) => {
    const command = readCommand(record.value);
    if (command === null || !isAddressed(scope.identity, command.service)) return;
    if (isReplayCommand(command)) return replay(unit, record);
    const { commandId, command: action, handler, by, reason, service } = command;
    const outcome = await carryOut(scope, unit, options.handlers(), command);
    if (outcome === null) {
      scope.logger.warn({ command: action, commandId }, "this version does not know a command; it is skipped");
      return;
    }
    const { state, sentence } = outcome;
    const entry = { action, outcome: state, detail: sentence, service, handler, by, reason, id: commandId };
    await unit.outbox.add([auditRow(scope, entry)]);
    options.answers.add({ commandId, state, sentence, atMs: scope.surroundings.clock.now() });
    if (state === "refused") scope.logger.warn({ command: action, commandId, by }, `a command was refused: ${sentence}`);
    else scope.logger.info({ command: action, commandId, by }, `a command was carried out: ${sentence}`);
  };
}

/** Null for a command that a newer version may know. */
async function carryOut<Tx>(
  scope: ServiceScope<Tx>,
  unit: UnitOfWork<Tx>,
  handlers: readonly HandlerState<Tx>[],
  command: Exclude<Command, { command: `replay${string}` }>,
): Promise<Outcome | null> {
  switch (command.command) {
    case "pause":
    case "resume":
    case "limit":
    case "hold":
    case "release":
      return carryOutControl(scope, unit, handlers, command);
    case "accept-loss": {
      const handler = handlerNamed(handlers, command.handler);
      if (handler === undefined) return unknownHandler(handlers, command);
      const accepted = await acceptLoss(scope.log, unit, handler);
      if (accepted.length > 0) return done(accepted.join("; "));
      return refused(`handler "${handler.spec.name}" has lost nothing${handler.problem === null ? "" : `: ${handler.problem}`}`);
    }
    case "rename-service":
      return renameService(scope, unit, command);
    default:
      return null;
  }
}
