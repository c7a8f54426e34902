import type { EventLog } from "throughline/seams";
import { commandOutcome, type CommandOutcome, readServices } from "@throughline/control/reading";
import { pause } from "@throughline/control/redrive";

export interface FollowCommandOptions {
  readonly pollMs: number;
  /** A service that says nothing of the command for so long will not answer it soon. */
  readonly answerWithinMs: number;
  /** After its answer, how long the other instances may take to apply it. */
  readonly applyWithinMs: number;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** Reads announcements until a command is answered and every running instance applies it, or time is over. */
export async function followCommand(
  log: EventLog,
  command: { service: string; commandId: string },
  options: FollowCommandOptions,
): Promise<CommandOutcome> {
  let untilMs = options.now() + options.answerWithinMs;
  let followed: CommandOutcome = { answer: null, appliedBy: [], waitingFor: [] };
  while (!options.signal.aborted) {
    const running = (await readServices(log, options.now(), options.signal)).running(command.service);
    const wasAnswered = followed.answer !== null;
    followed = commandOutcome(running, command.commandId) ?? followed;
    if (followed.answer === null) {
      if (options.now() > untilMs) break;
    } else {
      if (!wasAnswered) untilMs = options.now() + options.applyWithinMs;
      if (followed.answer.state === "refused" || followed.waitingFor.length === 0 || options.now() > untilMs) break;
    }
    await pause(options.pollMs, options.signal);
  }
  return followed;
}
