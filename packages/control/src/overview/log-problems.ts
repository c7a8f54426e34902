import type { IndexedPartition } from "../index-store/index-store.ts";
import type { GroupLag } from "../lag/lag-report.ts";
import type { DeliveryView } from "../lag/lag-store.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";
import { countText, durationText, type Problem } from "./problem.ts";

const nothing = {
  service: null,
  handler: null,
  owner: null,
  count: null,
  trend: null,
  sinceMs: null,
  sinceVersion: null,
} as const;

/** Groups that are too far behind. */
export const lagProblems = (groups: readonly GroupLag[], services: ServicesSeen): Problem[] =>
  groups.flatMap(({ group, incident, behind, behindMs, trendPerSecond, catchUpMs, members }) => {
    if (incident === null) return [];
    const trend = trendPerSecond === null ? null : trendPerSecond > 1 ? "rising" : trendPerSecond < -1 ? "falling" : "steady";
    const age = behindMs === null ? "" : `, the oldest for ${durationText(behindMs)}`;
    const going =
      members === 0
        ? "nobody reads"
        : catchUpMs !== null
          ? `it will have caught up in ${durationText(catchUpMs)}`
          : trend === "rising"
            ? "it falls back further"
            : "it does not catch up";
    const isService = services.newest(group) !== null;
    return [
      {
        ...nothing,
        id: `lag:${incident.id}`,
        kind: "lag",
        severity: trend === "falling" ? "warning" : "critical",
        sentence: `${group} is ${countText(behind, "event")} behind${age}; ${going}.`,
        service: isService ? group : null,
        owner: services.newest(group)?.owner ?? null,
        count: behind,
        trend,
        sinceMs: incident.openedAtMs,
        actions: [
          { kind: "lag", title: `see the lag of ${group}`, target: group },
          ...(isService ? [{ kind: "service", title: `look at ${group}`, target: group } as const] : []),
        ],
      } satisfies Problem,
    ];
  });

/** That nobody watches the lag, or that nobody hears of it. */
export function alertProblems(watch: string | null, deliveries: readonly DeliveryView[], nowMs: number): Problem[] {
  const lost = deliveries.filter(({ state, createdAtMs }) => state === "given up" && createdAtMs > nowMs - 86_400_000);
  const channels = [...new Set(lost.map(({ channel }) => channel))];
  const unwatched: Problem = {
    ...nothing,
    id: "lag-unwatched",
    kind: "lag-unwatched",
    severity: "critical",
    sentence: `Nobody watches the lag: ${watch?.replace(/\.$/, "")}.`,
    actions: [],
  };
  return [
    ...(watch === null ? [] : [unwatched]),
    ...channels.map((channel): Problem => {
      const of = lost.filter((delivery) => delivery.channel === channel);
      const why = of[0]!.error === null ? "" : `: ${of[0]!.error}`;
      return {
        ...nothing,
        id: `alerts:${channel}`,
        kind: "alerts-undelivered",
        severity: "warning",
        sentence: `${countText(of.length, "alert")} of the last day could not be delivered by the channel "${channel}"${why}`,
        count: of.length,
        sinceMs: Math.min(...of.map(({ createdAtMs }) => createdAtMs)),
        actions: [{ kind: "channels", title: "try the channel", target: channel }],
      };
    }),
  ];
}

/** Records that are none of the form that their topic has. */
export function undecodableProblems(positions: readonly IndexedPartition[]): Problem[] {
  const topics = new Map<string, { count: number; problem: string | null }>();
  for (const { topic, undecodable, problem } of positions) {
    if (undecodable === 0) continue;
    const known = topics.get(topic);
    topics.set(topic, { count: (known?.count ?? 0) + undecodable, problem: problem ?? known?.problem ?? null });
  }
  return [...topics].map(([topic, { count, problem }]) => ({
    ...nothing,
    id: `undecodable:${topic}`,
    kind: "undecodable",
    severity: "notice",
    sentence: `${countText(count, "record")} of ${topic} cannot be read${problem === null ? "" : `, the last at offset ${problem}`}.`,
    count,
    actions: [{ kind: "events", title: `look at ${topic}`, target: topic }],
  }));
}
