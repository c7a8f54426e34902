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

function redriveOf(group: FailureGroup, services: ServicesSeen): SafeAction[] {
  const { fingerprint, service, handler, open } = group;
  const problem = `failures:${fingerprint}`;
  const { versions } = runsNow(group, services, [], null);
  const running = versions.map(({ version }) => version);
  const failing = versions.filter(({ failures }) => failures > 0).map(({ version }) => version);
  const action = { kind: "redrive", title: "redrive them", target: fingerprint } as const;
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
      action,
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
