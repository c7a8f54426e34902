import type { ServiceAnnouncement } from "throughline/system-topics";
import type { SeenEvent } from "../reading/seen-event.ts";
import type { LogLine } from "./log-line.ts";

export interface ServiceOfFlow {
  readonly service: string;
  /** Whether it ships its log lines; unknown where it has not announced itself. */
  readonly ships: "yes" | "no" | "unknown";
}

/** The services that a flow went through, by name: who published its events, who handles them, and whose lines there are. */
export function servicesOfFlow(
  events: readonly SeenEvent[],
  lines: readonly LogLine[],
  announcements: readonly ServiceAnnouncement[],
): ServiceOfFlow[] {
  const types = new Set(events.map(({ type }) => type));
  const handling = announcements.filter(({ handlers }) =>
    handlers.some((handler) => handler.types.some(({ type }) => types.has(type))),
  );
  const announced = new Map<string, ServiceAnnouncement>();
  for (const said of announcements) {
    const before = announced.get(said.service);
    if (before === undefined || before.atMs <= said.atMs) announced.set(said.service, said);
  }
  const shipped = new Set(lines.map(({ service }) => service));
  // A source need not be a service's name.
  const publishing = events.map(({ source }) => source).filter((source) => announced.has(source));
  return [...new Set([...publishing, ...handling.map(({ service }) => service), ...shipped])].toSorted().map((service) => {
    const said = announced.get(service);
    const ships = said?.shipsLogs !== undefined || shipped.has(service) ? "yes" : said === undefined ? "unknown" : "no";
    return { service, ships };
  });
}
