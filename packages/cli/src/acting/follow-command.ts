import type { EventLog } from "throughline/seams";
import type { CommandAnswer, ServiceAnnouncement } from "throughline/system-topics";
import { readServices } from "@throughline/control/reading";
import { pause } from "./pause.ts";

export interface FollowCommandOptions {
  readonly pollMs: number;
  /** A service that says nothing of the command for so long will not answer it soon. */
  readonly answerWithinMs: number;
  /** After its answer, how long the other instances may take to apply it. */
  readonly applyWithinMs: number;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

export interface Followed {
  /** Null: none in time. */
  readonly answer: CommandAnswer | null;
  /** Instances that apply it, the one that carried it out first. */
  readonly appliedBy: readonly string[];
  /** Instances that run and have not said that they do. */
  readonly waitingFor: readonly string[];
}

/** Reads announcements until a command is answered and every running instance applies it, or time is over. */
export async function followCommand(
  log: EventLog,
  command: { service: string; commandId: string },
  options: FollowCommandOptions,
): Promise<Followed> {
  let untilMs = options.now() + options.answerWithinMs;
  let followed: Followed = { answer: null, appliedBy: [], waitingFor: [] };
  while (!options.signal.aborted) {
    const running = (await readServices(log, options.now(), options.signal)).running(command.service);
    const wasAnswered = followed.answer !== null;
    followed = lookAt(running, command.commandId) ?? followed;
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

function lookAt(running: readonly ServiceAnnouncement[], commandId: string): Followed | null {
  const carrier = running.find(({ answers = [] }) => answers.some((answer) => answer.commandId === commandId));
  const answer = carrier?.answers?.find((one) => one.commandId === commandId);
  if (carrier === undefined || answer === undefined) return null;
  // Who applies the same controls as the one that carried it out applies this command, too.
  const applies = (instance: ServiceAnnouncement): boolean =>
    instance === carrier || controlIds(instance) === controlIds(carrier);
  const others = running.filter((instance) => instance !== carrier);
  return {
    answer,
    appliedBy: [carrier, ...others.filter(applies)].map(({ instance }) => instance),
    waitingFor: others.filter((instance) => !applies(instance)).map(({ instance }) => instance),
  };
}

const controlIds = ({ controls = [] }: ServiceAnnouncement): string =>
  controls
    .map(({ id }) => id)
    .sort()
    .join();
