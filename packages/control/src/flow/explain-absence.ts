import { countText, timesText } from "../overview/problem.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";
import { eventsOf, hopsOf, type Hop } from "./flow-summary.ts";
import type { Flow } from "./flow-tree.ts";

/** Why a flow has no event of a kind, or that it has. */
export interface Absence {
  /** `there`: it has one. `nobody`: no service says that it publishes one. */
  readonly verdict: "there" | "nobody" | "failed" | "waits" | "missing" | "unknown" | "decided" | "not asked";
  readonly sentence: string;
  /** The hop that it hangs on; null where none of this flow is to blame. */
  readonly hop: Hop | null;
}

/** The worst first: it is what to look at. */
const blamed: readonly (readonly [Hop["handler"]["outcome"], Absence["verdict"], (hop: Hop) => string])[] = [
  [
    "dead",
    "failed",
    (hop) => `failed for good on ${named(hop)}${tries(hop)}: ${errorOf(hop)}; redrive it when its cause is mended`,
  ],
  ["discarded", "failed", (hop) => `had ${named(hop)} discarded`],
  ["missing", "missing", (hop) => `passed ${named(hop)}, and no outcome is known: it should have handled it and has not`],
  ["waiting", "waits", (hop) => `waits with ${named(hop)}${reasonOf(hop)}`],
  ["pending", "waits", (hop) => `has not come to ${named(hop)} yet${noteOf(hop)}`],
  ["unknown", "unknown", (hop) => `may have handled ${named(hop)} or not: ${hop.handler.note ?? "its receipt is not known"}`],
];

/**
 * Answers "why is there no invoice?": which event would be it, who publishes that, and what became of the events that lead there.
 * Where those are not in the flow either, it asks the same of them, back to where the flow broke.
 * @param wanted A type of event, or a word of one: "invoice.created", or "invoice".
 */
export function explainAbsence(flow: Flow, services: ServicesSeen, wanted: string): Absence {
  return explain(flow, services, wanted, new Set());
}

function explain(flow: Flow, services: ServicesSeen, wanted: string, asked: Set<string>): Absence {
  const found = eventsOf(flow).find(({ type }) => isMeant(type, wanted));
  if (found !== undefined) {
    const sentence = `There is one: ${found.type} ${found.subject ?? found.id}, published by ${found.source}.`;
    return { verdict: "there", sentence, hop: null };
  }
  const publishers = services
    .names()
    .filter((service) => (services.newest(service)?.publishes ?? []).some((type) => isMeant(type, wanted)));
  const type = publishers.flatMap((service) => services.newest(service)!.publishes).find((one) => isMeant(one, wanted));
  if (type === undefined)
    return { verdict: "nobody", sentence: `No service says that it publishes an event like "${wanted}".`, hop: null };
  const hops = hopsOf(flow).filter(({ handler }) => publishers.includes(handler.service));
  for (const [outcome, verdict, told] of blamed) {
    const hop = hops.find(({ handler }) => handler.outcome === outcome);
    if (hop !== undefined)
      return { verdict, sentence: `There is no ${type}: ${hop.handler.service}/${hop.handler.handler} ${told(hop)}.`, hop };
  }
  const done = hops.find(({ handler }) => handler.outcome === "applied");
  return (
    earlier(flow, services, type, publishers, asked) ?? (done === undefined ? notAsked(type, publishers) : decided(type, done))
  );
}

/** What its publishers react to and is not in the flow either. */
function earlier(
  flow: Flow,
  services: ServicesSeen,
  type: string,
  publishers: readonly string[],
  asked: Set<string>,
): Absence | null {
  asked.add(type);
  const there = new Set(eventsOf(flow).map((event) => event.type));
  const causes = publishers.flatMap((service) =>
    services.handlers(service).flatMap((handler) => handler.types.map((one) => one.type)),
  );
  for (const cause of new Set(causes)) {
    if (there.has(cause) || asked.has(cause)) continue;
    const why = explain(flow, services, cause, asked);
    if (why.hop === null || why.verdict === "decided") continue;
    return { ...why, sentence: `There is no ${type}, for ${publishers.join(" and ")} waits for ${cause}. ${why.sentence}` };
  }
  return null;
}

function decided(type: string, hop: Hop): Absence {
  const { service, handler } = hop.handler;
  const sentence = `There is no ${type}: ${service}/${handler} handled ${named(hop)} and published none; look at its code and its log.`;
  return { verdict: "decided", sentence, hop };
}

function notAsked(type: string, publishers: readonly string[]): Absence {
  const sentence = `There is no ${type}: ${publishers.join(" and ")} publishes it, and no event of this flow is one that it handles.`;
  return { verdict: "not asked", sentence, hop: null };
}

const isMeant = (type: string, wanted: string): boolean =>
  type === wanted || (!wanted.includes(".") && type.toLowerCase().split(/[._-]/).includes(wanted.toLowerCase()));

const named = ({ event }: Hop): string => `${event.type}${event.subject === null ? "" : ` ${event.subject}`}`;
const noteOf = ({ handler }: Hop): string => (handler.note === null ? "" : ` (${handler.note})`);
const tries = ({ handler: { retries, putOff } }: Hop): string =>
  retries + putOff === 0
    ? ""
    : ` after ${[countText(retries + 1, "attempt"), ...(putOff === 0 ? [] : [`put off ${timesText(putOff)}`])].join(", ")}`;
const errorOf = ({ handler }: Hop): string =>
  handler.error === null
    ? (handler.reason ?? "why is not known")
    : `${handler.error.code ?? handler.error.name}: ${handler.error.message}`;
const reasonOf = ({ handler }: Hop): string => {
  const parts = [
    handler.reason === null ? null : `reason ${handler.reason}`,
    handler.retries === 0 ? null : `${countText(handler.retries, "attempt")} failed`,
    handler.putOff === 0 ? null : `put off ${timesText(handler.putOff)}`,
    handler.error === null ? null : errorOf({ handler } as Hop),
  ].filter((part) => part !== null);
  return parts.length === 0 ? "" : ` (${parts.join("; ")})`;
};
