import type { MetricFamily, Sample } from "throughline/metrics";
import type { FailureCount, IndexedPartition } from "../index-store/index-store.ts";
import type { TypeSeen } from "../index-store/traffic.ts";
import type { Problem } from "../overview/problem.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";

export interface ControlFacts {
  readonly positions: readonly IndexedPartition[];
  readonly types: readonly TypeSeen[];
  readonly failures: readonly FailureCount[];
  readonly services: ServicesSeen;
  readonly problems: readonly Pick<Problem, "kind" | "severity">[];
  readonly nowMs: number;
}

/** What the control plane knows of the log and of all services, as Prometheus reads it. Names are pinned: docs/reference/metrics.md. */
export const controlMetrics = (facts: ControlFacts): MetricFamily[] => [
  ...indexMetrics(facts),
  ...failureMetrics(facts),
  ...serviceMetrics(facts),
];

function indexMetrics({ positions, types, nowMs }: ControlFacts): MetricFamily[] {
  const lookedAtMs = positions.reduce((latest, position) => Math.max(latest, position.lookedAtMs), 0);
  const behind = positions.reduce((sum, { endOffset, nextOffset }) => sum + Math.max(0, endOffset - nextOffset), 0);
  return [
    gauge("throughline_index_behind_records", "Records of the log that are not indexed yet.", [sample({}, behind)]),
    gauge(
      "throughline_index_look_age_seconds",
      "Age of the last look at where the log ends.",
      positions.length === 0 ? [] : [sample({}, Math.max(0, nowMs - lookedAtMs) / 1_000)],
    ),
    gauge(
      "throughline_index_undecodable_records",
      "Records that are none of the form that their topic has.",
      byTopic(positions, ({ undecodable }) => undecodable),
    ),
    gauge(
      "throughline_index_lost_records",
      "Records that retention removed before they were indexed.",
      byTopic(positions, ({ lost }) => lost),
    ),
    {
      name: "throughline_events_indexed_total",
      help: "Events that were indexed.",
      type: "counter",
      // Sources may be as many as instances: too many for labels.
      samples: sums(types.map(({ last, type, count }) => [{ topic: last.topic, type }, count] as const)),
    },
  ];
}

function failureMetrics({ failures, problems }: ControlFacts): MetricFamily[] {
  return [
    gauge(
      "throughline_failures",
      "Dead letters that the index holds, by what became of them.",
      failures.flatMap(({ service, handler, open, asked, count }) => [
        sample({ service, handler, state: "open" }, open),
        sample({ service, handler, state: "asked" }, asked),
        sample({ service, handler, state: "answered" }, count - open - asked),
      ]),
    ),
    gauge(
      "throughline_failure_groups",
      "Causes of failures that the index holds.",
      failures.map(({ service, handler, groups }) => sample({ service, handler }, groups)),
    ),
    gauge(
      "throughline_problems",
      "Open problems, as the overview shows them.",
      sums(problems.map(({ kind, severity }) => [{ kind, severity }, 1] as const)),
    ),
  ];
}

function serviceMetrics({ services, nowMs }: ControlFacts): MetricFamily[] {
  const names = services.names();
  const handlers = names.flatMap((service) => services.handlers(service).map((handler) => ({ service, handler })));
  const outboxes = names.flatMap((service) => {
    const outbox = services.newest(service)?.outbox;
    return outbox === null || outbox === undefined ? [] : [{ service, outbox }];
  });
  return [
    gauge(
      "throughline_announced_instances",
      "Instances that run, by what they announce.",
      names.flatMap((service) =>
        sums([
          [{ service, version: services.newest(service)!.version }, 0],
          ...services.running(service).map(({ version }) => [{ service, version }, 1] as const),
        ]),
      ),
    ),
    gauge(
      "throughline_announced_handler_state",
      "1 for the state that a handler announces.",
      handlers.map(({ service, handler }) => sample({ service, handler: handler.name, state: handler.state }, 1)),
    ),
    gauge(
      "throughline_announced_parked_events",
      "Events that a handler has parked, by what it announces.",
      handlers.map(({ service, handler }) => sample({ service, handler: handler.name }, handler.parked)),
    ),
    gauge(
      "throughline_announced_outbox_rows",
      "Records that wait to be sent, by what a service announces.",
      outboxes.map(({ service, outbox }) => sample({ service }, outbox.waiting)),
    ),
    gauge(
      "throughline_announced_outbox_oldest_age_seconds",
      "Age of the oldest record that waits to be sent.",
      outboxes.map(({ service, outbox }) =>
        sample({ service }, outbox.oldestMs === null ? 0 : Math.max(0, nowMs - outbox.oldestMs) / 1_000),
      ),
    ),
    gauge(
      "throughline_announced_outbox_stopped_subjects",
      "Subjects whose record the log refused.",
      outboxes.map(({ service, outbox }) => sample({ service }, outbox.stoppedSubjects)),
    ),
  ];
}

const gauge = (name: string, help: string, samples: readonly Sample[]): MetricFamily => ({ name, help, type: "gauge", samples });
const sample = (labels: Sample["labels"], value: number): Sample => ({ labels, value });

/** One sample for each set of labels: Prometheus takes none twice. */
function sums(parts: readonly (readonly [Sample["labels"], number])[]): Sample[] {
  const known = new Map<string, { labels: Sample["labels"]; value: number }>();
  for (const [labels, value] of parts) {
    const key = JSON.stringify(labels);
    const sum = known.get(key);
    if (sum === undefined) known.set(key, { labels, value });
    else sum.value += value;
  }
  return [...known.values()];
}

const byTopic = (positions: readonly IndexedPartition[], count: (position: IndexedPartition) => number): Sample[] =>
  sums(positions.map((position) => [{ topic: position.topic }, count(position)] as const)).filter(({ value }) => value > 0);
