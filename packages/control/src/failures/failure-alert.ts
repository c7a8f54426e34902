import type { Alert, AlertKind } from "../alerts/alert.ts";
import type { Incident } from "../lag/incident.ts";
import { duration, events, number, oneLine } from "../lag/alert-words.ts";
import type { FailingCause } from "./failing-causes.ts";

interface Moment {
  /** Of the incident, that have something to answer. */
  readonly causes: readonly FailingCause[];
  readonly nowMs: number;
  readonly linkTo: ((incident: Incident) => string | null) | null;
  readonly isAcknowledged: boolean;
}

const shownCauses = 5;

/** What somebody is told of events that failed for good: names and numbers. An error's message may hold data, so it stays on the page. */
export function failureAlertOf(
  kind: Exclude<AlertKind, "test">,
  incident: Incident,
  { causes, nowMs, linkTo, isAcknowledged }: Moment,
): Omit<Alert, "id"> {
  const { group, failures, limit, openedAtMs, endedAtMs, endedBy } = incident;
  const unanswered = causes.reduce((sum, cause) => sum + cause.unanswered, 0);
  const only = causes.length === 1 ? causes[0]! : null;
  return {
    kind,
    about: "failures",
    atMs: nowMs,
    incidentId: incident.id,
    group,
    title: titleOf(kind, incident, { causes, unanswered, nowMs, isAcknowledged }),
    lines: kind === "recovery" ? recoveryLines(incident) : [...openLines(causes)],
    url: linkTo?.(incident) ?? null,
    facts: {
      group,
      cause: "failures",
      limit,
      unanswered,
      worst_unanswered: failures?.worstUnanswered ?? unanswered,
      causes: failures?.causes.length ?? causes.length,
      handler: failures?.handlers.length === 1 ? failures.handlers[0]! : null,
      error: only?.error ?? null,
      since_version: only?.since?.version ?? null,
      owner: causes[0]?.owner ?? null,
      opened_at: new Date(openedAtMs).toISOString(),
      ended_at: endedAtMs === null ? null : new Date(endedAtMs).toISOString(),
      ended_by: endedBy,
    },
  };
}

function titleOf(
  kind: AlertKind,
  { group, failures, openedAtMs }: Incident,
  { causes, unanswered, nowMs, isAcknowledged }: Pick<Moment, "causes" | "nowMs" | "isAcknowledged"> & { unanswered: number },
): string {
  const name = oneLine(failures?.handlers.length === 1 ? `${group}/${failures.handlers[0]!}` : group);
  const lasted = duration(nowMs - openedAtMs);
  if (kind === "recovery") return `No failed event of ${name} waits for an answer any more, after ${lasted}.`;
  if (kind === "escalation") {
    const nobody = isAcknowledged ? "" : ", and nobody has acknowledged it";
    return `${name} has ${events(unanswered)} that failed for good still unanswered, ${lasted} after its incident began${nobody}.`;
  }
  const why = causes.length === 1 ? `with ${oneLine(causes[0]!.error)}` : `for ${number(causes.length)} causes`;
  return `${name} failed for good on ${events(unanswered)}, ${why}.`;
}

function* openLines(causes: readonly FailingCause[]): Generator<string> {
  const [first] = causes;
  if (causes.length > 1)
    for (const { handler, error, unanswered } of causes.slice(0, shownCauses))
      yield `${oneLine(handler)}: ${events(unanswered)} with ${oneLine(error)}.`;
  if (causes.length > shownCauses) yield `And ${number(causes.length - shownCauses)} causes more.`;
  for (const { version, deployedAtMs } of causes.flatMap(({ since }) => since ?? []).slice(0, 1))
    yield `It fails so since version ${oneLine(version)}, which came at ${new Date(deployedAtMs).toISOString()}.`;
  if (first?.owner != null) yield `${oneLine(first.owner)} looks after it.`;
  yield "They wait until somebody redrives or discards them.";
}

const recoveryLines = ({ failures, openedAtMs }: Incident): string[] => [
  `At the worst ${events(failures?.worstUnanswered ?? 0)} waited.`,
  `It began at ${new Date(openedAtMs).toISOString()}.`,
];
