import { derivedEventId } from "throughline";
import type { HandlerAnnouncement } from "throughline/system-topics";
import type { LoggedEvent } from "../reading/flow-events.ts";
import { outcomeOf, type Evidence, type HandlerOutcome } from "./handler-outcome.ts";
import { publishedBy, type SeenEvent } from "../reading/seen-event.ts";

/** One event of a flow, what every handler made of it, and what was published because of it. */
export interface FlowEvent extends SeenEvent {
  /** How many records it has in the log: more than one after its publisher crashed. */
  readonly records: number;
  readonly handlers: readonly FlowHandler[];
  /** Events it caused of which no single handler is known to be the publisher. */
  readonly caused: readonly FlowEvent[];
}

export interface FlowHandler extends HandlerOutcome {
  readonly published: readonly FlowEvent[];
}

export interface Flow {
  readonly correlationId: string;
  /** Events that no other event of the flow caused, oldest first. */
  readonly roots: readonly FlowEvent[];
}

/** The events of one flow as a tree, with what every handler made of each. */
export function treeOf(logged: readonly LoggedEvent[], evidence: Evidence): FlowEvent[] {
  const ids = new Set(logged.map(({ event }) => event.id));
  const causes = new Map<string, LoggedEvent[]>();
  const roots: LoggedEvent[] = [];
  for (const one of logged) {
    const cause = one.event.causationId;
    if (cause === null || cause === one.event.id || !ids.has(cause)) roots.push(one);
    else causes.set(cause, [...(causes.get(cause) ?? []), one]);
  }
  return roots.map((root) => flowEvent(root, causes, evidence, new Set()));
}

function flowEvent(
  logged: LoggedEvent,
  causes: ReadonlyMap<string, readonly LoggedEvent[]>,
  evidence: Evidence,
  above: ReadonlySet<string>,
): FlowEvent {
  const within = new Set([...above, logged.event.id]);
  // Ids that cause each other in a circle come only from a broken publisher; they must not hang the reader.
  const caused = (causes.get(logged.event.id) ?? []).filter(({ event }) => !within.has(event.id));
  const handlers = handlersOf(logged, evidence);
  const publisherOf = (child: LoggedEvent) => publisherAmong(handlers, logged.event.id, child.event);
  const grow = (children: readonly LoggedEvent[]) => children.map((child) => flowEvent(child, causes, evidence, within));
  return {
    ...logged.event,
    records: logged.places.length,
    handlers: handlers.map((named) => {
      const published = caused.filter((child) => publisherOf(child) === named);
      return { ...provenBy(published, outcomeOf(named.service, named.handler, logged, evidence)), published: grow(published) };
    }),
    caused: grow(caused.filter((child) => publisherOf(child) === null)),
  };
}

/** Ids of what a handler publishes derive from cause and handler; an id that its code chose itself leaves the service. */
function publisherAmong<H extends { service: string; handler: string }>(
  handlers: readonly H[],
  causeId: string,
  child: SeenEvent,
): H | null {
  const candidates = handlers.filter(({ service }) => publishedBy(child, service));
  return candidates.find(({ handler }) => isDerived(child.id, causeId, handler)) ?? onlyOne(candidates);
}

const mostPublishes = 100;

function isDerived(id: string, causeId: string, handler: string): boolean {
  const causeTimeMs = Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
  if (Number.isNaN(causeTimeMs)) return false;
  for (let ordinal = 0; ordinal < mostPublishes; ordinal++)
    if (derivedEventId(causeId, causeTimeMs, handler, ordinal) === id) return true;
  return false;
}

const onlyOne = <T>(all: readonly T[]): T | null => (all.length === 1 ? all[0]! : null);

/** What a handler published because of an event shows that it handled it, whatever became of its receipt. */
function provenBy(published: readonly LoggedEvent[], outcome: HandlerOutcome): HandlerOutcome {
  const unproven = ["missing", "unknown", "pending", "before-start"].includes(outcome.outcome);
  return published.length > 0 && unproven
    ? { ...outcome, outcome: "applied", note: "known by what it published; its receipt is not there" }
    : outcome;
}

/** Who should have handled an event, by the announcements, and who did, by receipts and dead letters. */
function handlersOf({ event, places }: LoggedEvent, evidence: Evidence): { service: string; handler: string }[] {
  const handlers = new Map<string, { service: string; handler: string }>();
  const add = (service: string, handler: string) => handlers.set(`${service}/${handler}`, { service, handler });
  for (const service of evidence.services.names()) {
    for (const handler of evidence.services.handlers(service)) if (handles(handler, event)) add(service, handler.name);
  }
  for (const { service, handler } of evidence.receipts.reporting()) {
    const heard = evidence.receipts.of(service, handler, { event, places });
    if (heard.inRange !== null || heard.told.length > 0) add(service, handler);
  }
  for (const failure of evidence.failures) {
    if (
      places.some(
        (place) =>
          place.topic === failure.origin.topic &&
          place.partition === failure.origin.partition &&
          place.offset === failure.origin.offset,
      )
    )
      add(failure.service, failure.handler);
  }
  return [...handlers.values()].toSorted((a, b) => a.service.localeCompare(b.service) || a.handler.localeCompare(b.handler));
}

const handles = (handler: HandlerAnnouncement, event: SeenEvent): boolean =>
  handler.types.some(({ type }) => type === event.type) &&
  (handler.streams.length === 0 || handler.streams.includes(event.topic));
