import type { CommandAnswer, ServiceAnnouncement } from "throughline/system-topics";

/** What became of a command, as the service's instances tell it. */
export interface CommandOutcome {
  /** Null: none yet. */
  readonly answer: CommandAnswer | null;
  /** Instances that apply it, the one that carried it out first. */
  readonly appliedBy: readonly string[];
  /** Instances that run and have not said that they do. */
  readonly waitingFor: readonly string[];
}

/** Looks for the answer to a command in what a service's running instances announce; null where none of them has it. */
export function commandOutcome(running: readonly ServiceAnnouncement[], commandId: string): CommandOutcome | null {
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
