import type { Failure } from "@throughline/control/reading";

/** What a person can do about a dead letter, by its reason. */
export function nextSteps({ letter, state }: Failure): string[] {
  if (state === "answered") return ["Nothing: it was answered."];
  const { failureId: id, service, handler, reason } = letter;
  const redrive = `throughline redrive ${id}`;
  const discard = `Or put it aside: throughline discard ${id} --reason "…"`;
  const edit = [
    `Save the payload: throughline failed ${id} --payload > event.json`,
    `Mend event.json, then: ${redrive} --edit event.json`,
  ];
  switch (reason) {
    case "undecodable":
    case "invalid":
      return ["The event itself is wrong: tell the team that publishes it.", ...edit, discard];
    case "unknown-version":
      return [`Deploy a version of ${service} that knows this version of the event, then: ${redrive}`, discard];
    case "gap":
      return [
        "An earlier event of its subject never came. If it comes after all, this one runs by itself.",
        `To go on without it, which declares it lost: ${redrive}`,
        discard,
      ];
    case "conflict":
      return [
        "Its number was given to another event: the publisher's store was restored or shared. Find out which is right.",
        `Then: ${redrive}`,
        discard,
      ];
    case "uncertain":
      return [
        `A call of ${handler} ended without an outcome, too long ago to repeat safely. Look at the other side whether it happened.`,
        `It did not: ${redrive}`,
        `It did: throughline discard ${id} --reason "…"`,
      ];
    case "crash":
      return [`The process died three times while ${handler} ran it. Mend ${service}, then: ${redrive}`, discard];
    default:
      return [`Mend what failed in ${service}, then: ${redrive}`, "If the event is wrong instead:", ...edit, discard];
  }
}
