import type { Traffic } from "../index-store/traffic.ts";
import type { GroupLag } from "../lag/lag-report.ts";
import { isServiceOf } from "../reading/seen-event.ts";
import { type ServiceFacts, unansweredOf } from "../services/service-list.ts";

export type Health = "ok" | "behind" | "failing" | "stopped" | "unknown";

export interface MapNode {
  readonly name: string;
  /** `foreign`: it publishes, and never announced itself. `closed`: all that whoever asks may not see. */
  readonly kind: "service" | "foreign" | "closed";
  readonly health: Health;
}

/** That events of a type go from one service to a handler of another. */
export interface MapEdge {
  readonly from: string;
  readonly to: string;
  readonly handler: string;
  readonly type: string;
  readonly topic: string | null;
  /** In the window. */
  readonly events: number;
  readonly perSecond: number;
  readonly health: Health;
  /** Why, in a few words; null where all is well. */
  readonly why: string | null;
  readonly behind: number | null;
  readonly unanswered: number;
}

export interface ServiceMap {
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
  /** What is published and nobody handles. */
  readonly unheard: readonly { readonly from: string; readonly type: string; readonly events: number }[];
}

/** Who publishes what to whom, by what came in a window and what services say of themselves. */
export function serviceMap(facts: ServiceFacts, traffic: readonly Traffic[], windowMs: number): ServiceMap {
  const { services } = facts;
  const published = publishedTypes(facts, traffic);
  const readers = services.names().flatMap((service) => services.handlers(service).map((handler) => ({ service, handler })));
  const edges: MapEdge[] = [];
  const unheard: { from: string; type: string; events: number }[] = [];
  for (const { from, type, topic, events } of published) {
    const hearing = readers.filter(
      ({ handler }) =>
        handler.types.some((each) => each.type === type) &&
        (topic === null || handler.streams.length === 0 || handler.streams.includes(topic)),
    );
    if (hearing.length === 0) unheard.push({ from, type, events });
    for (const { service, handler } of hearing) {
      const group = facts.lag?.find((one) => one.group === service);
      const behind = handler.state === "live" ? behindOn(group, topic) : handler.behind;
      const unanswered = unansweredOf(facts.failures, service, handler.name);
      const [health, why] = healthOf(facts, service, handler, { behind, unanswered, group });
      const perSecond = events / (windowMs / 1_000);
      edges.push({ from, to: service, handler: handler.name, type, topic, events, perSecond, health, why, behind, unanswered });
    }
  }
  const names = [...new Set([...services.names(), ...published.map(({ from }) => from)])].toSorted();
  return { nodes: names.map((name) => nodeOf(name, facts, edges)), edges, unheard };
}

interface Published {
  readonly from: string;
  readonly type: string;
  readonly topic: string | null;
  readonly events: number;
}

/** What came in the window, and what is announced and did not come. */
function publishedTypes({ services }: ServiceFacts, traffic: readonly Traffic[]): Published[] {
  const names = services.names();
  const came = new Map<string, Published>();
  for (const { source, type, topic, count } of traffic) {
    const from = names.find((service) => isServiceOf(source, service)) ?? source;
    const key = JSON.stringify([from, type, topic]);
    came.set(key, { from, type, topic, events: (came.get(key)?.events ?? 0) + count });
  }
  const all = [...came.values()];
  for (const service of names)
    for (const type of services.newest(service)?.publishes ?? [])
      if (!all.some((each) => each.from === service && each.type === type))
        all.push({ from: service, type, topic: null, events: 0 });
  return all.toSorted((a, b) => a.from.localeCompare(b.from) || a.type.localeCompare(b.type));
}

function behindOn(group: GroupLag | undefined, topic: string | null): number | null {
  if (group === undefined) return null;
  const partitions = group.partitions.filter((partition) => topic === null || partition.topic === topic);
  return partitions.reduce((sum, { behind }) => sum + behind, 0);
}

function healthOf(
  { services }: ServiceFacts,
  service: string,
  handler: { readonly state: string; readonly problem: string | null },
  { behind, unanswered, group }: { behind: number | null; unanswered: number; group: GroupLag | undefined },
): [Health, string | null] {
  const absence = services.absence(service);
  if (absence !== null) return ["stopped", `${service} ${absence.state === "stopped" ? "is stopped" : "is silent"}`];
  if (handler.state === "stopped" || handler.state === "paused") return ["stopped", handler.problem ?? handler.state];
  if (handler.state === "failing" || handler.state === "full") return ["failing", handler.problem ?? handler.state];
  if (unanswered > 0) return ["failing", `${unanswered.toLocaleString("en")} failed for good`];
  if (group !== undefined && (group.incident !== null || group.status === "error"))
    return ["behind", `${(behind ?? group.behind).toLocaleString("en")} events behind`];
  if (handler.state === "waiting") return ["stopped", handler.problem ?? "waits"];
  if (handler.state === "catching-up") return ["behind", "catches up"];
  return behind === null ? ["unknown", "nobody watches its lag"] : ["ok", null];
}

const worst: readonly Health[] = ["stopped", "failing", "behind", "unknown", "ok"];

function nodeOf(name: string, { services }: ServiceFacts, edges: readonly MapEdge[]): MapNode {
  if (services.newest(name) === null) return { name, kind: "foreign", health: "unknown" };
  if (services.absence(name) !== null) return { name, kind: "service", health: "stopped" };
  const into = edges.filter(({ to }) => to === name).map(({ health }) => health);
  return { name, kind: "service", health: worst.find((health) => into.includes(health)) ?? "ok" };
}
