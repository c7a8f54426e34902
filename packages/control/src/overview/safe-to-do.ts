import { describeControl } from "throughline/system-topics";
import type { FailureGroup } from "../failures/indexed-failure.ts";
import { runsNow } from "../failures/runs-now.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";
import { countText, type ProblemAction } from "./problem.ts";

/** What can be done now, and why that harms nothing; or why it should wait. */
export interface SafeAction {
  readonly isSafe: boolean;
  readonly sentence: string;
  readonly problem: string | null;
  readonly action: ProblemAction | null;
}

const mostShown = 20;

/** What is safe to do, by what runs now: what failed in a version that is gone may be redriven; what still fails may not. */
export function safeToDo(groups: readonly FailureGroup[], services: ServicesSeen): SafeAction[] {
  return [...groups.filter(({ open }) => open > 0).flatMap((group) => redriveOf(group, services)), ...controlsOf(services)].slice(
    0,
    mostShown,
  );
}

/** Whether what failed so would not most likely fail again: its service runs, in versions that have not failed so. */
export function mayRedrive(group: FailureGroup, services: ServicesSeen): boolean {
  const { versions } = runsNow(group, services, [], null);
  return group.open > 0 && versions.length > 0 && versions.every(({ failures }) => failures === 0);
}

export const redriveAction = ({ fingerprint }: FailureGroup): ProblemAction => ({
  kind: "redrive",
  title: "redrive them",
  target: fingerprint,
});

function redriveOf(group: FailureGroup, services: ServicesSeen): SafeAction[] {
  const { fingerprint, service, handler, open } = group;
  const problem = `failures:${fingerprint}`;
  const { versions } = runsNow(group, services, [], null);
  const running = versions.map(({ version }) => version);
  const failing = versions.filter(({ failures }) => failures > 0).map(({ version }) => version);
  const events = countText(open, "event");
  if (running.length === 0)
    return [
      { isSafe: false, sentence: `${service} does not run: what is redriven to it waits until it does.`, problem, action: null },
    ];
  if (failing.length > 0)
    return [
      {
        isSafe: false,
        sentence: `${service} ${failing.join(" and ")} runs, which fails so: mend ${handler} first; a redrive of ${events} would most likely fail again.`,
        problem,
        action: null,
      },
    ];
  return [
    {
      isSafe: true,
      sentence: `Redrive ${events} to ${service}/${handler}: ${service} ${running.join(" and ")} runs, which has not failed so. Only this handler sees them, in order.`,
      problem,
      action: redriveAction(group),
    },
  ];
}

/** A pause, a limit or a hold can be taken back at any time: what waited runs then, in order. */
const controlsOf = (services: ServicesSeen): SafeAction[] =>
  services.names().flatMap((service) =>
    services.controls(service).map((control) => {
      const target = control.handler === null ? service : `${service}/${control.handler}`;
      const isHold = control.kind === "hold";
      return {
        isSafe: true,
        sentence: `Take back that ${describeControl(control, control.handler)}: what waited runs then, in its order.`,
        problem: null,
        action: { kind: isHold ? "release" : "resume", title: isHold ? "release it" : "take it back", target },
      };
    }),
  );
