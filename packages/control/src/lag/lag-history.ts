import type { GroupRecord } from "./group-record.ts";
import { mostBehindMs, totalBehind } from "./incident.ts";
import type { HistoryPoint } from "./lag-store.ts";
import { groupStatus } from "./partition-status.ts";

const pointEveryMs = 60_000;
/** Of a group in which nothing moves. */
const idlePointEveryMs = 60 * 60_000;

/** Which points of each group belong into the history: one a minute while something moves or waits, one an hour else. */
export class LagHistory {
  readonly #last = new Map<string, { readonly atMs: number; readonly signature: string }>();

  due(groups: readonly GroupRecord[], nowMs: number): HistoryPoint[] {
    const names = new Set(groups.map(({ group }) => group));
    for (const group of this.#last.keys()) if (!names.has(group)) this.#last.delete(group);
    return groups.flatMap((record) => {
      if (record.isPartial || record.partitions.length === 0) return [];
      const read = record.partitions.filter(({ excuse }) => excuse !== "dropped");
      const behind = totalBehind(read);
      const signature = JSON.stringify([behind > 0 ? nowMs : 0, read.map(({ committed, end }) => [committed, end])]);
      const last = this.#last.get(record.group);
      const sinceMs = nowMs - (last?.atMs ?? Number.NEGATIVE_INFINITY);
      if (sinceMs < pointEveryMs || (last?.signature === signature && sinceMs < idlePointEveryMs)) return [];
      this.#last.set(record.group, { atMs: nowMs, signature });
      return [
        {
          group: record.group,
          atMs: nowMs,
          behind,
          behindMs: mostBehindMs(read),
          status: groupStatus(read.map(({ status }) => status)),
          partitions: read.map(({ topic, partition, committed, end, behindMs }) => [
            topic,
            partition,
            committed,
            end,
            behindMs === null ? null : Math.round(behindMs),
          ]),
        },
      ];
    });
  }
}
