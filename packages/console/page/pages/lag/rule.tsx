import type { AnswerOf } from "../../api/answers.ts";
import { useApi } from "../../api/use-api.ts";
import { count } from "../../parts/say-number.ts";
import { duration } from "../../parts/say-time.ts";
import { Time } from "../../parts/time.tsx";

type LagRule = AnswerOf<"/lag-rules/{group}">["rule"];

/** When somebody is told of a group, in a sentence. */
export function Rule({ group }: { readonly group: string }) {
  const { data } = useApi("/lag-rules/{group}", { path: { group }, everyMs: 15_000 });
  if (data === undefined)
    return (
      <span className="bone" style={{ width: "24rem", maxWidth: "100%", height: "1.3rem" }} role="status" aria-label="Loading" />
    );
  const until = data.silences[0]?.untilMs;
  return (
    <>
      {sayRule(data.rule)} {data.pattern === null ? "It is the rule of all groups." : `It is the rule of ${data.pattern}.`}{" "}
      {until !== undefined && (
        <strong>
          Silenced until <Time at={until} />.
        </strong>
      )}
    </>
  );
}

function sayRule({ maxBehind, maxBehindMs, statuses, maxFailures }: LagRule): string {
  const limits = [
    ...(maxBehind === null ? [] : [`it is ${count(maxBehind)} events behind`]),
    ...(maxBehindMs === null ? [] : [`it is ${duration(maxBehindMs)} behind`]),
    ...(maxFailures === null ? [] : [sayFailures(maxFailures)]),
    ...(statuses.length === 0 ? [] : [`a partition is ${statuses.join(" or ")}`]),
  ];
  return limits.length === 0 ? "Nobody is told of it." : `Somebody is told when ${limits.join(", or when ")}.`;
}

const sayFailures = (most: number): string =>
  most === 0 ? "an event failed for good" : `more than ${count(most)} events failed for good`;
