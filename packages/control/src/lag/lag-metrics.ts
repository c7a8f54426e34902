import type { MetricFamily } from "throughline/metrics";
import type { IncidentView, LagStore } from "./lag-store.ts";
import type { GroupLag, PartitionLag } from "./lag-report.ts";
import type { LagWatcher } from "./lag-watcher.ts";

const statuses = ["ok", "warning", "error"] as const;

/** The lag of every group, incidents and deliveries, as Prometheus reads it. Names are pinned: docs/reference/metrics.md. */
export async function lagMetrics(watcher: LagWatcher, store: LagStore, nowMs: number): Promise<MetricFamily[]> {
  const groups = watcher.report?.groups ?? [];
  const { sampledAtMs } = watcher;
  return [
    family(
      "throughline_lag_sample_age_seconds",
      "Age of the last sample of all groups.",
      sampledAtMs === null ? [] : [sample({}, Math.max(0, nowMs - sampledAtMs) / 1000)],
    ),
    family(
      "throughline_lag_events",
      "Events behind.",
      perPartition(groups, ({ behind }) => behind),
    ),
    family(
      "throughline_lag_seconds",
      "Age of the oldest event that is not read yet.",
      perPartition(groups, ({ behindMs }) => (behindMs === null ? null : behindMs / 1000)),
    ),
    family(
      "throughline_lag_trend",
      "Events by which the group falls back in a second.",
      groups.flatMap(({ group, trendPerSecond }) => (trendPerSecond === null ? [] : [sample({ group }, trendPerSecond)])),
    ),
    family(
      "throughline_lag_excused",
      "1 where being behind raises no alarm, and why.",
      groups.flatMap(({ group, partitions }) =>
        partitions.flatMap(({ topic, partition, excuse }) =>
          excuse === null ? [] : [sample({ group, topic, partition: String(partition), excuse }, 1)],
        ),
      ),
    ),
    family(
      "throughline_lag_status",
      "1 for the status that the group has by its commits.",
      groups.flatMap(({ group, status }) => statuses.map((each) => sample({ group, status: each }, Number(each === status)))),
    ),
    family("throughline_lag_incident_open", "1 while the group has an open incident.", openIncidents(groups)),
    ...(await storeMetrics(store)),
  ];
}

async function storeMetrics(store: LagStore): Promise<MetricFamily[]> {
  const counts = await store.deliveryCounts();
  const open: IncidentView[] = await store.incidents({ isOpen: true, limit: -1 });
  return [
    family(
      "throughline_failures_incident_open",
      "Open incidents of a service whose events failed for good.",
      failureIncidents(open),
    ),
    family("throughline_lag_incidents_unacknowledged", "Open incidents that nobody has acknowledged.", [
      sample({}, open.filter(({ acknowledgement }) => acknowledgement === null).length),
    ]),
    family(
      "throughline_alerts",
      "Alerts of the last 90 days by what came of them.",
      counts.map(({ channel, state, count }) => sample({ channel, state }, count)),
    ),
  ];
}

function failureIncidents(open: readonly IncidentView[]): MetricFamily["samples"] {
  const ofFailures = open.filter(({ cause }) => cause === "failures");
  return [...Map.groupBy(ofFailures, ({ group }) => group)].map(([group, { length }]) => sample({ group }, length));
}

const openIncidents = (groups: readonly GroupLag[]): MetricFamily["samples"] =>
  groups.map(({ group, incident }) => sample({ group }, Number(incident !== null)));

function perPartition(groups: readonly GroupLag[], value: (partition: PartitionLag) => number | null): MetricFamily["samples"] {
  return groups.flatMap(({ group, partitions }) =>
    partitions.flatMap((record) => {
      const found = value(record);
      return found === null ? [] : [sample({ group, topic: record.topic, partition: String(record.partition) }, found)];
    }),
  );
}

const family = (name: string, help: string, samples: MetricFamily["samples"]): MetricFamily => ({
  name,
  help,
  type: "gauge",
  samples,
});
const sample = (labels: Readonly<Record<string, string>>, value: number) => ({ labels, value });
