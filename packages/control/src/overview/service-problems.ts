import type { HandlerAnnouncement, ServiceAnnouncement } from "throughline/system-topics";
import type { ServicesSeen } from "../reading/services-seen.ts";
import { countText, durationText, type Problem, type ProblemAction } from "./problem.ts";

const outboxPatienceMs = 60_000;

/** What services say of themselves that is not as it should be, and who says nothing any more. */
export const serviceProblems = (services: ServicesSeen, nowMs: number): Problem[] =>
  services
    .names()
    .flatMap((service) => [
      ...absenceProblem(service, services, nowMs),
      ...services.handlers(service).flatMap((handler) => handlerProblem(service, handler, services, nowMs)),
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

/** So long a handler may wait for another team's topic: in most starts of a system some do. */
const waitingPatienceMs = 15 * 60_000;

const bad = {
  stopped: ["handler-stopped", "critical", "has stopped and needs somebody"],
  failing: ["handler-failing", "critical", "fails on most events"],
  full: ["handler-full", "critical", "has parked as much as it may, and reads no further"],
} as const;

function handlerProblem(service: string, handler: HandlerAnnouncement, services: ServicesSeen, nowMs: number): Problem[] {
  // What a service that does not run said last is no news.
  if (services.absence(service) !== null) return [];
  if (handler.state === "waiting") return [waitingProblem(service, handler, services, nowMs)];
  if (!(handler.state in bad)) return [];
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
      // Of a stopped one nothing is taken; the others park what they cannot do.
      count: handler.state === "stopped" ? handler.behind : handler.parked || handler.behind,
      sinceMs: null,
      actions: [...actions, look(service)],
    },
  ];
}

/** Nothing is wrong with a handler that waits for a topic which another team has yet to make; only, it may wait for what never comes. */
function waitingProblem(service: string, handler: HandlerAnnouncement, services: ServicesSeen, nowMs: number): Problem {
  const waits = (instance: ServiceAnnouncement): boolean =>
    instance.handlers.some(({ name, state }) => name === handler.name && state === "waiting");
  const sinceMs = Math.min(
    ...services
      .running(service)
      .filter(waits)
      .map(({ startedAtMs }) => startedAtMs),
  );
  const hasLasted = nowMs - sinceMs > waitingPatienceMs;
  const { streams } = handler;
  const isOne = streams.length === 1;
  const what =
    streams.length === 0
      ? "for what another team delivers"
      : `for ${isOne ? "the topic" : "one of the topics"} ${streams.join(", ")}, which ${isOne ? "does" : "do"} not exist yet`;
  const verb = hasLasted ? `has waited ${durationText(nowMs - sinceMs)}` : "waits";
  return {
    ...nothing,
    id: `handler:${service}/${handler.name}:waiting`,
    kind: "handler-waiting",
    severity: hasLasted ? "warning" : "notice",
    sentence: `${service}/${handler.name} ${verb} ${what}. It begins by itself when the first event of it is published.`,
    service,
    handler: handler.name,
    owner: services.newest(service)!.owner,
    sinceMs,
    actions: [look(service)],
  };
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
