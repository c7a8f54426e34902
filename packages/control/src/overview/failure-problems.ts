import type { FailureGroup } from "../failures/indexed-failure.ts";
import { runsNow } from "../failures/runs-now.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";
import { mayRedrive, redriveAction } from "./safe-to-do.ts";
import { countText, type Problem, type ProblemAction } from "./problem.ts";

const hourMs = 3_600_000;
/** What has not failed for so long has stopped, whatever runs. */
const stoppedAfterMs = 10 * 60_000;
/** From so many open ones on, or from whichever rise, it is more than a warning. */
const criticalFrom = 100;

/** Groups of failures that nobody has answered, as problems. */
export const failureProblems = (
  groups: readonly FailureGroup[],
  services: ServicesSeen,
  nowMs: number,
  { blind = null, tenantId }: { readonly blind?: string | null; readonly tenantId?: string } = {},
): Problem[] =>
  groups
    .filter(({ open, asked }) => open + asked > 0)
    .map((group) => {
      const { fingerprint, service, handler, error, code, pattern, open, asked, owner, since, firstMs } = group;
      const [lastHour, before] = hoursOf(group, nowMs);
      const byHours =
        lastHour > before * 1.5 && lastHour > 1 ? "rising" : lastHour >= before / 2 && lastHour > 0 ? "steady" : "falling";
      const trend = hasStopped(group, services, nowMs, blind) ? "falling" : byHours;
      const count = open + asked;
      const text = pattern === "" ? "" : `: ${pattern.slice(0, 160)}`;
      // Hours count what was answered, too.
      const answered = group.count > count && lastHour > 0 ? ", answered or not" : "";
      const lately = lastHour === 0 ? "none in the last hour" : `${lastHour.toLocaleString("en")} in the last hour`;
      const version =
        since === null
          ? ""
          : since.firstSeen === null
            ? `, since version ${since.version}`
            : `, back since version ${since.version}; first seen with ${since.firstSeen}`;
      // Hours are counted for all tenants together.
      const [whose, ofAll] = tenantId === undefined ? ["", ""] : [` of ${tenantId}`, " of all tenants"];
      const waits = asked === 0 ? "" : `; ${countText(asked, "is", "are")} asked for and not answered`;
      return {
        id: `failures:${fingerprint}`,
        kind: "failures",
        severity:
          trend === "rising" || count >= criticalFrom ? "critical" : byHours === "falling" && count < 10 ? "notice" : "warning",
        sentence: `${service}/${handler} failed for good on ${countText(count, "event")}${whose} with ${code ?? error}${text}${version}; ${lately}${ofAll}${answered}${waits}.`,
        service,
        handler,
        owner,
        count,
        trend,
        sinceMs: since?.deployedAtMs ?? firstMs,
        sinceVersion: since?.version ?? null,
        actions: actionsOf(group, services, trend),
      } satisfies Problem;
    });

/** Failures of the last hour and of the one before. Hours begin on the hour: the one that runs counts by the part of it that is over. */
function hoursOf({ trend }: FailureGroup, nowMs: number): [number, number] {
  const hour = Math.floor(nowMs / hourMs) * hourMs;
  const part = (nowMs - hour) / hourMs;
  const at = (ms: number): number => trend.find(({ hourMs: begins }) => begins === ms)?.count ?? 0;
  const [now, last, lastButOne] = [at(hour), at(hour - hourMs), at(hour - 2 * hourMs)];
  return [Math.round(now + last * (1 - part)), Math.round(last * part + lastButOne * (1 - part))];
}

/** What runs now has not failed so, or nothing has for long: nothing of it grows, however many the hour had. */
const hasStopped = (group: FailureGroup, services: ServicesSeen, nowMs: number, blind: string | null): boolean =>
  nowMs - group.lastMs > stoppedAfterMs || runsNow(group, services, [], blind).state === "not-yet";

function actionsOf(group: FailureGroup, services: ServicesSeen, trend: Problem["trend"]): ProblemAction[] {
  const { fingerprint, service, handler } = group;
  const target = `${service}/${handler}`;
  const isPaused = services.handler(service, handler)?.state === "paused";
  return [
    { kind: "failures", title: "see the failures", target: fingerprint },
    ...(mayRedrive(group, services) ? [redriveAction(group)] : []),
    ...(isPaused
      ? [{ kind: "resume", title: `resume ${target}`, target } as const]
      : trend === "rising"
        ? [{ kind: "pause", title: `pause ${target}`, target } as const]
        : []),
    { kind: "service", title: `look at ${service}`, target: service },
  ];
}
