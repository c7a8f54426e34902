import { describeControl } from "throughline/system-topics";
import type { IndexStore } from "../index-store/index-store.ts";
import type { SeenEvent } from "../reading/seen-event.ts";
import { subjectsMeant } from "./subjects-meant.ts";
import { flowOf } from "../reading/flow-events.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";

export type HitKind =
  | "failure"
  | "failure-group"
  | "event"
  | "flow"
  | "subject"
  | "type"
  | "service"
  | "handler"
  | "group"
  | "topic"
  | "tenant";

/** Something that a search found. */
export interface Hit {
  readonly kind: HitKind;
  /** What the API knows it by. */
  readonly id: string;
  readonly title: string;
  readonly detail: string | null;
  /** What was asked for is all of its name. */
  readonly isExact: boolean;
  /** The service that it is of; null where it is of no single one. */
  readonly service: string | null;
}

export interface SearchParts {
  readonly index: IndexStore;
  readonly services: ServicesSeen;
  /** The consumer groups of the log. */
  readonly groups: readonly string[];
  /** Only events and failures of this tenant; names of services, types and topics are nobody's. */
  readonly tenantId?: string | undefined;
}

/** Shorter beginnings of ids name too many. */
const shortestPrefix = 6;
const mostOfAKind = 8;
const mostGroups = 500;
const mostEvents = 100;

/**
 * Whatever a text may mean, from the index alone: ids of failures, events and flows, subjects, and names. Ids of events and flows are
 * found whole, for the index knows them by a number of all of it; those of failures by their beginning, too.
 */
export async function search(parts: SearchParts, text: string): Promise<Hit[]> {
  const hits = await Promise.all([failures(parts, text), events(parts, text), names(parts, text), causes(parts, text)]);
  const all = hits.flat();
  return [...all.filter(({ isExact }) => isExact), ...all.filter(({ isExact }) => !isExact)];
}

const ofTenant = <T extends { readonly tenantId: string | null }>({ tenantId }: SearchParts, found: readonly T[]): T[] =>
  found.filter((each) => tenantId === undefined || each.tenantId === tenantId);

async function failures(parts: SearchParts, text: string): Promise<Hit[]> {
  if (text.length < shortestPrefix) return [];
  const found = await parts.index.failuresNamed("failure", text, mostOfAKind);
  return ofTenant(parts, found).map((failure) => ({
    kind: "failure",
    id: failure.failureId,
    title: `${failure.service}/${failure.handler}: ${failure.error.name}`,
    detail: `${failure.state}, ${failure.type ?? "no event"} ${failure.subject ?? ""}`.trimEnd(),
    isExact: failure.failureId === text,
    service: failure.service,
  }));
}

async function events(parts: SearchParts, text: string): Promise<Hit[]> {
  const { index } = parts;
  const queries = [{ id: text }, { flow: text }, { subject: text, limit: mostEvents }];
  const found = await Promise.all(queries.map(async (query) => ofTenant(parts, await index.findEvents(query))));
  const [byId, flow, bySubject] = found as [SeenEvent[], SeenEvent[], SeenEvent[]];
  const hits: Hit[] = byId.slice(0, mostOfAKind).map((event) => ({
    kind: "event",
    id: `${event.topic}/${event.partition}/${event.offset}`,
    title: event.type,
    detail: `of ${event.subject ?? "no subject"}, by ${event.source}`,
    isExact: true,
    service: null,
  }));
  const flows = flow.length > 0 ? [text] : [...new Set(byId.map(flowOf))];
  const whole = { isExact: true, service: null } as const;
  for (const id of flows) hits.push({ kind: "flow", id, title: `flow ${id}`, detail: countOf(flow.length, "event"), ...whole });
  if (bySubject.length > 0) {
    hits.push({ kind: "subject", id: text, title: `subject ${text}`, detail: sayEvents(bySubject), ...whole });
    return hits;
  }
  for (const { subject, events } of await numbered(parts, text))
    hits.push({
      kind: "subject",
      id: subject,
      title: `subject ${subject}`,
      detail: sayEvents(events),
      isExact: false,
      service: null,
    });
  if (text.length < 3) return hits;
  const failed = ofTenant(parts, await index.failuresNamed("subject", text, mostOfAKind * 4));
  for (const subject of new Set(failed.flatMap((failure) => failure.subject ?? [])))
    hits.push({
      kind: "subject",
      id: subject,
      title: `subject ${subject}`,
      detail: "has failures",
      isExact: false,
      service: null,
    });
  return hits.slice(0, mostOfAKind * 2);
}

function sayEvents(events: readonly SeenEvent[]): string {
  const types = [...new Set(events.map(({ type }) => type))];
  const more = events.length === mostEvents ? `${mostEvents} events and more` : countOf(events.length, "event");
  return `${more}: ${types.slice(0, 5).join(", ")}`;
}

/** Subjects that somebody may mean who says a number, or a thing and its number: "4711", "order 4711", "Order #4711". */
async function numbered(parts: SearchParts, text: string): Promise<{ subject: string; events: SeenEvent[] }[]> {
  const { index } = parts;
  const topics = /^\W*\d+$/.test(text) ? (await index.positions()).filter(({ isGone }) => !isGone).map(({ topic }) => topic) : [];
  const found = await Promise.all(
    subjectsMeant(text, topics)
      .filter((subject) => subject !== text)
      .map(async (subject) => ({ subject, events: ofTenant(parts, await index.findEvents({ subject, limit: mostEvents })) })),
  );
  return found.filter(({ events }) => events.length > 0).slice(0, mostOfAKind);
}

const countOf = (count: number, what: string): string | null =>
  count === 0 ? null : `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;

async function names({ index, services, groups, tenantId }: SearchParts, text: string): Promise<Hit[]> {
  const sought = text.toLowerCase();
  const named = (kind: HitKind, all: Iterable<string>, detail: (name: string) => string | null = () => null): Hit[] =>
    [...new Set(all)]
      .filter((name) => name.toLowerCase().includes(sought))
      .toSorted((a, b) => a.length - b.length || a.localeCompare(b))
      .slice(0, mostOfAKind)
      .map((name) => ({
        kind,
        id: name,
        title: name,
        detail: detail(name),
        isExact: name === text,
        service: serviceOf(kind, name),
      }));
  const [seen, positions, tenants] = await Promise.all([
    index.typesSeen(),
    index.positions(),
    index.hurtTenants(1_000, tenantId),
  ]);
  const all = services.names();
  const handlers = all.flatMap((service) => services.handlers(service).map(({ name }) => `${service}/${name}`));
  const announced = all.flatMap((service) => [
    ...(services.newest(service)?.publishes ?? []),
    ...services.handlers(service).flatMap(({ types }) => types.map(({ type }) => type)),
  ]);
  return [
    ...named("service", all, (service) => stateOf(services, service)),
    ...named("handler", handlers, (handler) => controlOf(services, handler)),
    ...named("type", [...seen.map(({ type }) => type), ...announced]),
    ...named(
      "group",
      groups.filter((group) => !all.includes(group)),
    ),
    ...named(
      "topic",
      positions.filter(({ isGone }) => !isGone).map(({ topic }) => topic),
    ),
    ...named(
      "tenant",
      tenants.map(({ tenantId }) => tenantId),
      () => "has failures",
    ),
  ];
}

/** Consumer groups are named after their services. */
const serviceOf = (kind: HitKind, name: string): string | null =>
  kind === "service" || kind === "group" ? name : kind === "handler" ? name.split("/", 1)[0]! : null;

const stateOf = (services: ServicesSeen, service: string): string => services.absence(service)?.state ?? "running";

function controlOf(services: ServicesSeen, id: string): string | null {
  const [service, name] = id.split("/") as [string, string];
  const control = services.controls(service).find(({ handler }) => handler === null || handler === name);
  return control === undefined ? (services.handler(service, name)?.state ?? null) : describeControl(control, control.handler);
}

async function causes({ index, tenantId }: SearchParts, text: string): Promise<Hit[]> {
  if (text.length < 3) return [];
  const sought = text.toLowerCase();
  const groups = await index.failureGroups({ limit: mostGroups, ...(tenantId !== undefined && { tenantId }) });
  return groups
    .filter(({ fingerprint, error, code, pattern }) =>
      [fingerprint, error, code ?? "", pattern].some((part) => part.toLowerCase().includes(sought)),
    )
    .slice(0, mostOfAKind)
    .map(({ fingerprint, service, handler, error, code, pattern, open, ofTenant: its }) => ({
      kind: "failure-group",
      id: fingerprint,
      title: `${service}/${handler}: ${code ?? error}`,
      detail: `${its === null ? `${open.toLocaleString("en")} open` : `${its.toLocaleString("en")} of ${tenantId}`}: ${pattern}`,
      isExact: fingerprint === text,
      service,
    }));
}
