import type { HandlerAnnouncement } from "throughline/system-topics";
import type { ServicesSeen } from "../reading/services-seen.ts";
import { countText, durationText, type Problem, type ProblemAction } from "./problem.ts";

const outboxPatienceMs = 60_000;

/** What services say of themselves that is not as it should be, and who says nothing any more. */
export const serviceProblems = (services: ServicesSeen, nowMs: number): Problem[] =>
  services
    .names()
    .flatMap((service) => [
      ...absenceProblem(service, services, nowMs),
      ...services.handlers(service).flatMap((handler) => handlerProblem(service, handler, services)),
      ...outboxProblem(service, services, nowMs),
    ]);

const look = (service: string): ProblemAction => ({ kind: "service", title: `look at ${service}`, target: service });

const nothing = { handler: null, count: null, trend: null, sinceVersion: null } as const;

function absenceProblem(service: string, services: ServicesSeen, nowMs: number): Problem[] {
  const absence = services.absence(service);
  if (absence === null) return [];
  const { owner, version } = services.newest(service)!;
  const ago = absence.sinceMs === null ? "" : ` ${durationText(nowMs - absence.sinceMs)} ago`;
  const isSilent = absence.state === "silent";
  return [
    {
      ...nothing,
      id: `${isSilent ? "silent" : "stopped"}:${service}`,
      kind: isSilent ? "service-silent" : "service-stopped",
      severity: isSilent ? "critical" : "notice",
      sentence: isSilent
        ? `${service} is silent: it was last heard${ago}, and did not say that it stops. Its events wait.`
        : `${service} stopped${ago}, in order. Its events wait until it is started.`,
      service,
      owner,
      sinceMs: absence.sinceMs,
      sinceVersion: version,
      actions: [look(service)],
    },
  ];
}

const bad = {
  stopped: ["handler-stopped", "critical", "has stopped and needs somebody"],
  failing: ["handler-failing", "critical", "takes one event a second, for what it works with seems to be away"],
  full: ["handler-full", "critical", "has parked as much as it may, and reads no further"],
  waiting: ["handler-waiting", "warning", "waits for what another team delivers"],
} as const;

function handlerProblem(service: string, handler: HandlerAnnouncement, services: ServicesSeen): Problem[] {
  // What a service that does not run said last is no news.
  if (services.absence(service) !== null || !(handler.state in bad)) return [];
  const [kind, severity, what] = bad[handler.state as keyof typeof bad];
  const { owner } = services.newest(service)!;
  const target = `${service}/${handler.name}`;
  const parked = handler.parked > 0 ? ` ${countText(handler.parked, "event is", "events are")} parked.` : "";
  const problem = handler.problem === null ? "." : `: ${handler.problem.replace(/\.$/, "")}.`;
  const actions: ProblemAction[] =
    handler.state === "full"
      ? [{ kind: "failures", title: "see what failed", target }]
      : handler.state === "failing"
        ? [{ kind: "pause", title: `pause ${target}`, target }]
        : [];
  return [
    {
      ...nothing,
      id: `handler:${target}:${handler.state}`,
      kind,
      severity,
      sentence: `${target} ${what}${problem}${parked}`,
      service,
      handler: handler.name,
      owner,
      count: handler.behind,
      sinceMs: null,
      actions: [...actions, look(service)],
    },
  ];
}

function outboxProblem(service: string, services: ServicesSeen, nowMs: number): Problem[] {
  const newest = services.newest(service)!;
  const { outbox, owner } = newest;
  if (outbox === null || outbox === undefined) return [];
  const of = { ...nothing, service, owner, actions: [look(service)] };
  if (outbox.problem != null || outbox.stoppedSubjects > 0) {
    const subjects = countText(outbox.stoppedSubjects, "subject");
    return [
      {
        ...of,
        id: `outbox:${service}`,
        kind: "outbox-stopped",
        severity: "critical",
        sentence:
          outbox.problem != null
            ? `${service} sends nothing: ${outbox.problem.replace(/\.$/, "")}.`
            : `The event log refused records of ${subjects} of ${service}: nothing that follows of them is sent.`,
        count: outbox.stoppedSubjects,
        sinceMs: outbox.oldestMs,
      },
    ];
  }
  const ageMs = outbox.oldestMs === null ? 0 : nowMs - outbox.oldestMs;
  if (outbox.waiting === 0 || ageMs <= outboxPatienceMs) return [];
  return [
    {
      ...of,
      id: `outbox-waiting:${service}`,
      kind: "outbox-waiting",
      severity: "warning",
      sentence: `${countText(outbox.waiting, "event")} of ${service} ${outbox.waiting === 1 ? "waits" : "wait"} to be sent, the oldest for ${durationText(ageMs)}.`,
      count: outbox.waiting,
      sinceMs: outbox.oldestMs,
    },
  ];
}
