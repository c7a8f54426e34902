import type { Incident } from "./incident.ts";
import type { Delivery, DeliveryView, HistoryPartition, HistoryPoint, IncidentView, SavedLag, Silence } from "./lag-store.ts";
import type { EndAtTime } from "./offset-times.ts";
import type { GroupStatus } from "./partition-status.ts";

/** A row of the watcher's tables, whose columns have the same names in every store. Numbers may come as texts. */
export type Row = Readonly<Record<string, unknown>>;

const textOf = (row: Row, column: string): string => String(row[column]);
const textOrNull = (row: Row, column: string): string | null => (row[column] === null ? null : textOf(row, column));
const numberOrNull = (row: Row, column: string): number | null => (row[column] === null ? null : Number(row[column]));
export const parsed = <T>(row: Row, column: string): T => JSON.parse(textOf(row, column)) as T;

export const endsOf = (row: Row): SavedLag["ends"][number] => ({
  topicId: textOf(row, "topic_id"),
  partition: Number(row["partition"]),
  points: parsed<[number, number][]>(row, "points").map(([offset, atMs]): EndAtTime => ({ offset, atMs })),
});

export const incidentOf = (row: Row): IncidentView => ({
  ...parsed<Incident>(row, "incident"),
  acknowledgement:
    row["at_ms"] === null ? null : { by: textOf(row, "by_whom"), note: textOrNull(row, "note"), atMs: Number(row["at_ms"]) },
});

export const silenceOf = (row: Row): Silence => ({
  id: textOf(row, "id"),
  groups: textOf(row, "groups"),
  fromMs: Number(row["from_ms"]),
  untilMs: Number(row["until_ms"]),
  reason: textOf(row, "reason"),
  by: textOf(row, "by_whom"),
});

export const deliveryOf = (row: Row): Delivery => ({
  id: textOf(row, "id"),
  incidentId: textOf(row, "incident_id"),
  channel: textOf(row, "channel"),
  // Alerts from before there were others are about lag.
  alert: { about: "lag", ...parsed<Omit<Delivery["alert"], "about">>(row, "alert") },
  attempts: Number(row["attempts"]),
});

/** What came of a delivery, by its row. */
export const deliveryStateSql =
  "CASE WHEN next_ms IS NOT NULL THEN 'waiting' WHEN error IS NULL THEN 'delivered' ELSE 'given up' END";

export function deliveryViewOf(row: Row): DeliveryView {
  const error = textOrNull(row, "error");
  return {
    id: textOf(row, "id"),
    incidentId: textOf(row, "incident_id"),
    channel: textOf(row, "channel"),
    kind: textOf(row, "kind") as DeliveryView["kind"],
    attempts: Number(row["attempts"]),
    state: row["next_ms"] !== null ? "waiting" : error === null ? "delivered" : "given up",
    createdAtMs: Number(row["created_ms"]),
    attemptedAtMs: numberOrNull(row, "attempted_ms"),
    error,
  };
}

export const deliveryCountOf = (row: Row) => ({
  channel: textOf(row, "channel"),
  state: textOf(row, "state") as DeliveryView["state"],
  count: Number(row["count"]),
});

export const historyPointOf = (row: Row): HistoryPoint => ({
  group: textOf(row, "group_name"),
  atMs: Number(row["at_ms"]),
  behind: Number(row["behind"]),
  behindMs: numberOrNull(row, "behind_ms"),
  status: textOf(row, "status") as GroupStatus,
  partitions: parsed<HistoryPartition[]>(row, "partitions"),
});
