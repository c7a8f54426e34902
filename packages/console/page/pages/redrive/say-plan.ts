import type { RedriveJob, RedrivePlan } from "../../api/answers.ts";
import type { FailureGroup } from "../../api/api-types.ts";
import { count, counted } from "../../parts/say-number.ts";

type Consumer = RedrivePlan["consumers"][number];

export const nameOf = ({ service, handler }: Pick<Consumer, "service" | "handler">): string => `${service}/${handler}`;

/** What would happen, in a sentence. */
export function sayPlan({ total, action, consumers, isEdit }: RedrivePlan): string {
  if (total === 0) return "None of the failed events that were named can be asked for; below stands why.";
  const letters = counted(total, "failed event");
  const who = consumers.length === 1 ? nameOf(consumers[0]!) : `${consumers.length} handlers`;
  if (action === "discard")
    return `${letters} of ${who} would be put aside for good, and what waits behind ${total === 1 ? "it" : "them"} would go on.`;
  if (isEdit) return `${who} would be handed its failed event again, with the payload that you changed.`;
  if (total === 1) return `${who} would be handed ${letters} again. No other handler sees it.`;
  return `${who} would be handed ${letters} again, in order within each subject. No other handler sees them.`;
}

const whyLeftOut: Readonly<Record<string, string>> = {
  unknown: "the index does not know it",
  answered: "answered already",
  superseded: "its event died again later, in another letter",
  asked: "asked for already, and not answered yet",
  uncertain: "its call may have happened: name it by its id to take it",
  "in-another-job": "another job has it",
};
export const sayLeftOut = (why: string): string => whyLeftOut[why] ?? why;

/** What is known of one consumer, in a sentence. */
export function sayConsumer({ count: events, failedIn, running, absence, heldSubjects, waiting }: Consumer): string {
  const failed = failedIn.map(({ version, count: failures }) => `${count(failures)} in ${version}`).join(", ");
  const now = absence === null ? `${running.join(", ") || "an unknown version"} runs now` : `it is ${absence} now`;
  // Not "held": that is what people do.
  const held =
    heldSubjects === 0
      ? "no subject waits"
      : `${counted(heldSubjects, "subject")} ${heldSubjects === 1 ? "waits" : "wait"} behind ${events === 1 ? "this event" : "these events"}, with ${waiting === 0 ? "no" : count(waiting)} later event${waiting === 1 ? "" : "s"} so far`;
  return `Failed: ${failed}; ${now}; ${held}.`;
}

/** Whether a redrive is what one does first: not while what runs now fails so. */
export const isRedriveFirst = (judged: FailureGroup["runsNow"] | null): boolean => judged?.state !== "fails";

export type ItemState = keyof RedriveJob["counts"];
