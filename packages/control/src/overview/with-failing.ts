import type { FailureGroup } from "../failures/indexed-failure.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";
import { countText, type Problem } from "./problem.ts";

/** A handler whose breaker is open spends no attempts, so that the newest failure of its cause may be some time ago. */
const ofOneTimeMs = 3_600_000;

/**
 * All problems as one list. A breaker that is open where events fail for good now is no problem of its own, and gives no other cause:
 * the newest cause of that handler tells of it. Where nothing failed for good, it stands for itself.
 */
export function withFailing(
  failed: readonly Problem[],
  others: readonly Problem[],
  groups: readonly FailureGroup[],
  services: ServicesSeen,
  nowMs: number,
): Problem[] {
  const facts = new Map<string, Problem>();
  const rest = others.filter((problem) => {
    if (problem.kind !== "handler-failing") return true;
    const [newest] = groups
      .filter(({ service, handler }) => service === problem.service && handler === problem.handler)
      .filter(({ open, asked, lastMs }) => open + asked > 0 && nowMs - lastMs <= ofOneTimeMs)
      .toSorted((a, b) => b.lastMs - a.lastMs);
    if (newest !== undefined) facts.set(`failures:${newest.fingerprint}`, problem);
    return newest === undefined;
  });
  return [
    ...failed.map((problem) => {
      const fact = facts.get(problem.id);
      return fact === undefined ? problem : withFact(problem, fact, services);
    }),
    ...rest,
  ];
}

function withFact(problem: Problem, fact: Problem, services: ServicesSeen): Problem {
  const parked = services.handler(fact.service!, fact.handler!)?.parked ?? 0;
  const waiting = parked === 0 ? "" : `; ${countText(parked, "event is", "events are")} parked`;
  const pause = fact.actions.filter(({ kind }) => kind === "pause" && !problem.actions.some((one) => one.kind === kind));
  return {
    ...problem,
    severity: fact.severity,
    sentence: `${problem.sentence} Most of its events fail, so it takes one new event a second${waiting}.`,
    actions: [...problem.actions.slice(0, -1), ...pause, ...problem.actions.slice(-1)],
  };
}
