import { type ControlAnnouncement, describeControl, type HandlerAnnouncement } from "throughline/system-topics";
import type { FailureCount } from "../index-store/index-store.ts";
import type { GroupLag } from "../lag/lag-report.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";

/** What is known of services beside their announcements. */
export interface ServiceFacts {
  readonly services: ServicesSeen;
  readonly failures: readonly FailureCount[];
  /** The last sample of the lag of all groups; null where there is none. */
  readonly lag: readonly GroupLag[] | null;
}

export interface HandlerSummary extends Omit<HandlerAnnouncement, "types" | "retryDelaysMs"> {
  readonly types: readonly string[];
  /** Failures that nobody has answered, as the index knows them. */
  readonly unanswered: number;
  /** Pauses, limits and holds that stand for it, in sentences. */
  readonly controls: readonly string[];
}

export interface ServiceSummary {
  readonly service: string;
  readonly owner: string | null;
  readonly state: "running" | "stopped" | "silent";
  /** Since when it does nothing; null while it runs. */
  readonly sinceMs: number | null;
  readonly instances: number;
  /** Of the instances that run; of the last one where none does. */
  readonly versions: readonly string[];
  readonly publishes: readonly string[];
  readonly handlers: number;
  /** Handlers that do not work as they should, or not at all. */
  readonly notLive: number;
  /** Null where nobody watches its group. */
  readonly behind: number | null;
  readonly behindMs: number | null;
  readonly parked: number;
  readonly unanswered: number;
  readonly outboxWaiting: number | null;
}

export const summariesOf = (facts: ServiceFacts): ServiceSummary[] =>
  facts.services.names().map((service) => summaryOf(service, facts));

export function summaryOf(service: string, { services, failures, lag }: ServiceFacts): ServiceSummary {
  const newest = services.newest(service)!;
  const running = services.running(service);
  const absence = services.absence(service);
  const handlers = services.handlers(service);
  const group = lag?.find((one) => one.group === service) ?? null;
  return {
    service,
    owner: newest.owner,
    state: absence === null ? "running" : absence.state === "stopped" ? "stopped" : "silent",
    sinceMs: absence?.sinceMs ?? null,
    instances: running.length,
    versions: [...new Set((running.length > 0 ? running : [newest]).map(({ version }) => version))],
    publishes: newest.publishes ?? [],
    handlers: handlers.length,
    notLive: handlers.filter(({ state }) => state !== "live").length,
    behind: group?.behind ?? null,
    behindMs: group?.behindMs ?? null,
    parked: handlers.reduce((sum, { parked }) => sum + parked, 0),
    unanswered: unansweredOf(failures, service),
    outboxWaiting: newest.outbox?.waiting ?? null,
  };
}

export const unansweredOf = (failures: readonly FailureCount[], service: string, handler?: string): number =>
  failures
    .filter((each) => each.service === service && (handler === undefined || each.handler === handler))
    .reduce((sum, { open, asked }) => sum + open + asked, 0);

export function handlersOf(service: string, { services, failures }: ServiceFacts): HandlerSummary[] {
  const controls = services.controls(service);
  return services.handlers(service).map(({ types, retryDelaysMs: _, ...handler }) => ({
    ...handler,
    types: types.map(({ type }) => type),
    unanswered: unansweredOf(failures, service, handler.name),
    controls: controls
      .filter((control) => standsFor(control, handler.name))
      .map((control) => describeControl(control, control.handler)),
  }));
}

const standsFor = ({ handler }: ControlAnnouncement, name: string): boolean => handler === null || handler === name;
