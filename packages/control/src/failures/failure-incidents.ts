import type { Delivery, IncidentView, Silence } from "../lag/lag-store.ts";
import { dueAlerts, isSilenced, recoveryAlerts } from "../lag/due-alerts.ts";
import type { Incident } from "../lag/incident.ts";
import type { LagRule, LagRules } from "../lag/lag-rules.ts";
import { failureAlertOf } from "./failure-alert.ts";
import type { FailingCause, SeenFailures } from "./failing-causes.ts";

/** What is known from one sample to the next besides open incidents: who restarts without it is later, and tells nothing twice. */
export interface FailureMemory {
  /** Samples in a row in which a service had too many failures of causes that nobody was told of. */
  readonly over: ReadonlyMap<string, number>;
  /** Since when an open incident, by its id, has too few. */
  readonly belowSinceMs: ReadonlyMap<string, number>;
  /** When the last incident of a service began. */
  readonly openedAtMs: ReadonlyMap<string, number>;
}

export const noMemory: FailureMemory = { over: new Map(), belowSinceMs: new Map(), openedAtMs: new Map() };

export interface FailuresContext {
  readonly rules: Pick<LagRules, "of">;
  readonly silences: readonly Silence[];
  readonly nowMs: number;
  readonly newId: () => string;
  readonly linkTo: ((incident: Incident) => string | null) | null;
}

export interface FailuresStep {
  readonly memory: FailureMemory;
  /** That began, changed or ended. */
  readonly incidents: readonly Incident[];
  readonly deliveries: readonly Delivery[];
}

/** Whoever was told of a service is looking at it: what comes to it meanwhile is told together. */
const calmMs = 5 * 60_000;
/** While the index catches up, older failures may long be answered. */
const freshMs = 10 * 60_000;

/**
 * Decides, from one look at the failures, which incidents begin, go on and end; pure. An incident is of the causes that a service had when
 * it began: another cause begins another incident, but at most one in five minutes for each service. It ends when its causes have nothing
 * left to answer for a while. What the index does not know yet ends none.
 */
export function nextFailureIncidents(
  before: FailureMemory,
  seen: SeenFailures,
  open: readonly IncidentView[],
  context: FailuresContext,
): FailuresStep {
  const { nowMs } = context;
  const incidents: Incident[] = [];
  const deliveries: Delivery[] = [];
  const belowSinceMs = new Map<string, number>();
  const openedAtMs = new Map([...before.openedAtMs].filter(([, atMs]) => nowMs - atMs < calmMs));
  const covered = new Set<string>();

  const tell = (incident: Incident, known: Incident | null, isAcknowledged: boolean, isOver: boolean): void => {
    const due = dueAlerts(incident, alertsContext(incident, seen.causes, { isAcknowledged, isOver }, context));
    if (due.incident !== known) incidents.push(due.incident);
    deliveries.push(...due.deliveries);
  };

  for (const incident of open) {
    const { failures, group, id } = incident;
    if (failures === undefined) continue;
    const rule = context.rules.of(group);
    const waiting = unansweredOf(failures.causes, seen.causes);
    const isOver = waiting > (rule.maxFailures ?? incident.limit ?? 0) * rule.recoversBelow;
    const sinceMs = before.belowSinceMs.get(id) ?? nowMs;
    const isKnown = seen.isWhole && !seen.isBehind;
    if (!isOver && isKnown && nowMs - sinceMs >= rule.recoversAfterMs) {
      const ended = { ...withoutView(incident), endedAtMs: nowMs, endedBy: "answered" } as const;
      incidents.push(ended);
      deliveries.push(
        ...recoveryAlerts(ended, alertsContext(ended, seen.causes, { isAcknowledged: false, isOver: false }, context)),
      );
      continue;
    }
    if (!isOver) belowSinceMs.set(id, isKnown ? sinceMs : nowMs);
    for (const cause of failures.causes) covered.add(cause);
    openedAtMs.set(group, Math.max(openedAtMs.get(group) ?? 0, incident.openedAtMs));
    const known = withoutView(incident);
    const worst = Math.max(failures.worstUnanswered, waiting);
    const now = worst === failures.worstUnanswered ? known : { ...known, failures: { ...failures, worstUnanswered: worst } };
    tell(now, known, incident.acknowledgement !== null, isOver);
  }

  const over = new Map<string, number>();
  const untold = seen.causes.filter(
    ({ fingerprint, lastMs }) => !covered.has(fingerprint) && (!seen.isBehind || nowMs - lastMs < freshMs),
  );
  for (const [service, causes] of Map.groupBy(untold, (cause) => cause.service)) {
    const rule = context.rules.of(service);
    if (rule.maxFailures === null || totalOf(causes) <= rule.maxFailures) continue;
    const samples = (before.over.get(service) ?? 0) + 1;
    over.set(service, samples);
    if (samples < rule.opensAfterSamples || nowMs - (openedAtMs.get(service) ?? Number.NEGATIVE_INFINITY) < calmMs) continue;
    openedAtMs.set(service, nowMs);
    over.delete(service);
    tell(opened(service, causes, { rule, nowMs, id: context.newId() }), null, false, true);
  }
  return { memory: { over, belowSinceMs, openedAtMs }, incidents, deliveries };
}

const totalOf = (causes: readonly FailingCause[]): number => causes.reduce((sum, { unanswered }) => sum + unanswered, 0);

const unansweredOf = (fingerprints: readonly string[], causes: readonly FailingCause[]): number =>
  totalOf(causes.filter(({ fingerprint }) => fingerprints.includes(fingerprint)));

function withoutView({ acknowledgement: _acknowledgement, ...incident }: IncidentView): Incident {
  return incident;
}

function opened(
  group: string,
  causes: readonly FailingCause[],
  { rule, nowMs, id }: { rule: LagRule; nowMs: number; id: string },
): Incident {
  const unanswered = totalOf(causes);
  return {
    id,
    group,
    openedAtMs: nowMs,
    cause: "failures",
    limit: rule.maxFailures,
    behindAtOpen: 0,
    worstBehind: 0,
    worstBehindMs: null,
    endedAtMs: null,
    endedBy: null,
    told: [],
    toldChannels: [],
    failures: {
      causes: causes.map(({ fingerprint }) => fingerprint),
      handlers: [...new Set(causes.map(({ handler }) => handler))],
      unansweredAtOpen: unanswered,
      worstUnanswered: unanswered,
    },
  };
}

function alertsContext(
  { group, failures }: Incident,
  causes: readonly FailingCause[],
  state: { readonly isAcknowledged: boolean; readonly isOver: boolean },
  { rules, silences, nowMs, newId, linkTo }: FailuresContext,
) {
  const { isAcknowledged } = state;
  const own = causes.filter(({ fingerprint }) => failures?.causes.includes(fingerprint));
  return {
    ...state,
    rule: rules.of(group),
    nowMs,
    newId,
    isSilenced: isSilenced(silences, group, nowMs),
    say: (kind: "alert" | "escalation" | "recovery", incident: Incident) =>
      failureAlertOf(kind, incident, { causes: own, nowMs, linkTo, isAcknowledged }),
  };
}
