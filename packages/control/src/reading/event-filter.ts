import type { SeenEvent } from "./seen-event.ts";

/** What events shall be like; what is not said does not matter. */
export interface EventFilter {
  /** A type, or the beginning of types and `*`. */
  readonly type?: string;
  readonly subject?: string;
  readonly tenantId?: string;
  readonly source?: string;
  readonly correlationId?: string;
  readonly id?: string;
}

export const isOfType = (type: string, wanted: string): boolean =>
  wanted.endsWith("*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted;

/** Whether a filter asks for something that only an event can be. */
export const asksForEvents = (filter: EventFilter): boolean => Object.values(filter).some((part) => part !== undefined);

export const matchesEvent = (event: SeenEvent, filter: EventFilter): boolean =>
  (filter.type === undefined || isOfType(event.type, filter.type)) &&
  (filter.subject === undefined || event.subject === filter.subject) &&
  (filter.tenantId === undefined || event.tenantId === filter.tenantId) &&
  (filter.source === undefined || event.source === filter.source) &&
  (filter.correlationId === undefined || (event.correlationId ?? event.id) === filter.correlationId) &&
  (filter.id === undefined || event.id === filter.id);
