import type { HandlerState } from "../handling/handler-state.ts";
import type { ServiceScope } from "../handling/scope.ts";
import type { OutboxRelay } from "../outbox/relay.ts";
import type { CursorRow, ParkedTable } from "../seams/store.ts";
import { eventLoopDelay } from "./event-loop-delay.ts";
import { durationBuckets, type HandlerMetrics } from "./handler-metrics.ts";
import { type MetricFamily, renderMetrics, type Sample } from "./prometheus-text.ts";
import { shippingMetrics } from "./shipping-metrics.ts";

interface Parts<Tx> {
  readonly scope: ServiceScope<Tx>;
  readonly handlers: readonly HandlerState<Tx>[];
  readonly relay: Pick<OutboxRelay, "metrics">;
}

/** What the store knows; null when it is away. */
interface StoreState {
  readonly counts: Awaited<ReturnType<ParkedTable["counts"]>>;
  readonly cursors: readonly CursorRow[];
  readonly backlog: { readonly count: number; readonly oldestMs: number | null };
  readonly stopped: number;
  /** The store is behind the log, and nothing is sent. */
  readonly isBehindLog: boolean;
}

/**
 * The service's metrics in Prometheus' text format. Their names are pinned: docs/reference/metrics.md. What the store or the
 * log cannot tell now is left out; it never rejects.
 */
export async function serviceMetrics<Tx>({ scope, handlers, relay }: Parts<Tx>): Promise<string> {
  const state = await readStore(scope).catch(() => null);
  const families = [
    ...processMetrics(scope, state),
    ...handlerMetrics(scope, handlers),
    ...relayMetrics(relay),
    ...shippingMetrics(scope),
    ...(state === null ? [] : [...outboxMetrics(scope, state), parkedMetric(handlers, state)]),
    await lagMetric(scope, handlers, state),
  ];
  return renderMetrics(families, { service: scope.identity.service });
}

function readStore({ store }: ServiceScope<unknown>): Promise<StoreState> {
  return store.unitOfWork(
    async (unit) => ({
      counts: await unit.parked.counts(),
      cursors: await unit.cursors.list(),
      backlog: await unit.outbox.backlog(),
      stopped: (await unit.outbox.stopped()).length,
      isBehindLog: (await unit.outbox.numbering()).behind !== null,
    }),
    { readOnly: true },
  );
}

function processMetrics({ identity, loops, schemas }: ServiceScope<unknown>, state: StoreState | null): MetricFamily[] {
  const { p50, p99, max } = eventLoopDelay();
  const { version, instance } = identity;
  const delays = { "0.5": p50, "0.99": p99, "1": max };
  return [
    gauge("throughline_info", "Always 1; its labels say what runs.", [{ labels: { version, instance }, value: 1 }]),
    gauge("throughline_store_up", "1 while the store answers.", [plain(state === null ? 0 : 1)]),
    ...(schemas.isUp === null
      ? []
      : [gauge("throughline_schema_registry_up", "1 while the schema registry answers.", [plain(Number(schemas.isUp))])]),
    gauge("throughline_loops_stuck", "Loops that stand still although they have work.", [plain(loops.stuck().length)]),
    gauge(
      "throughline_event_loop_delay_seconds",
      "How late timers are, since the last scrape.",
      Object.entries(delays).map(([quantile, value]) => ({ labels: { quantile }, value })),
    ),
  ];
}

function handlerMetrics(scope: ServiceScope<unknown>, handlers: readonly HandlerState<never>[]): MetricFamily[] {
  const nowMs = scope.surroundings.clock.now();
  const each = (value: (handler: HandlerState<never>) => number): Sample[] =>
    handlers.map((handler) => ({ labels: { handler: handler.spec.name }, value: value(handler) }));
  const count = (name: string, help: string, value: (metrics: HandlerMetrics) => number): MetricFamily =>
    counter(
      name,
      help,
      each(({ metrics }) => value(metrics)),
    );
  return [
    count("throughline_events_applied_total", "Events whose handler ran and committed.", ({ applied }) => applied),
    count("throughline_events_duplicate_total", "Events that came again; nothing was done.", ({ tally }) => tally.duplicates),
    count("throughline_events_stale_total", "Events older than what was applied.", ({ tally }) => tally.stale),
    count("throughline_events_parked_total", "Events that were parked.", ({ tally }) => tally.parked),
    count("throughline_event_failures_total", "Attempts that failed.", ({ tally }) => tally.failures),
    count("throughline_dead_letters_total", "Events that became dead letters.", ({ tally }) => tally.dead),
    count("throughline_transactions_total", "Transactions that committed.", ({ transactions }) => transactions),
    count("throughline_rollbacks_total", "Transactions that were rolled back.", ({ rollbacks }) => rollbacks),
    {
      name: "throughline_handler_duration_seconds",
      help: "How long a handler ran for an event that was applied.",
      type: "histogram",
      samples: handlers.flatMap(({ spec, metrics }) => histogramOf(spec.name, metrics)),
    },
    gauge(
      "throughline_handler_paused",
      "1 while on call has paused it.",
      each(({ controls }) => Number(controls.pausedAt(nowMs) !== null)),
    ),
    gauge(
      "throughline_handler_stopped",
      "1 while it has stopped and needs somebody.",
      each(({ problem }) => Number(problem !== null)),
    ),
    gauge(
      "throughline_handler_breaker_open",
      "1 while what it works with seems to be away, and it takes one new event a second.",
      each(({ guards }) => Number(guards.breaker.isOpen)),
    ),
    gauge(
      "throughline_handler_limit_per_second",
      "What on call allows it; absent without a limit.",
      each(({ controls }) => controls.limitAt(nowMs)?.row.perSecond ?? Number.NaN).filter(({ value }) => !Number.isNaN(value)),
    ),
    gauge(
      "throughline_holds",
      "Subjects and tenants that are held for it.",
      each(({ controls }) => controls.all.filter(({ kind }) => kind === "hold").length),
    ),
  ];
}

function histogramOf(handler: string, { buckets, applied, durationMicros }: HandlerMetrics): Sample[] {
  let sum = 0;
  const cumulative = durationBuckets.map((bound, index): Sample => {
    sum += buckets[index] ?? 0;
    return { suffix: "_bucket", labels: { handler, le: String(bound) }, value: sum };
  });
  return [
    ...cumulative,
    { suffix: "_bucket", labels: { handler, le: "+Inf" }, value: applied },
    { suffix: "_sum", labels: { handler }, value: durationMicros / 1e6 },
    { suffix: "_count", labels: { handler }, value: applied },
  ];
}

function relayMetrics({ metrics }: Pick<OutboxRelay, "metrics">): MetricFamily[] {
  return [
    counter("throughline_relay_sent_total", "Records that this instance's relay appended.", [plain(metrics.sent)]),
    counter("throughline_relay_refused_total", "Records that the log refused for good.", [plain(metrics.refused)]),
    counter("throughline_relay_failures_total", "Rounds of the relay that failed.", [plain(metrics.failures)]),
  ];
}

function outboxMetrics({ surroundings }: ServiceScope<unknown>, { backlog, stopped, isBehindLog }: StoreState): MetricFamily[] {
  const ageMs = backlog.oldestMs === null ? 0 : Math.max(0, surroundings.clock.now() - backlog.oldestMs);
  return [
    gauge("throughline_outbox_rows", "Records that wait for the relay.", [plain(backlog.count)]),
    gauge("throughline_outbox_oldest_age_seconds", "Age of the oldest of them.", [plain(ageMs / 1000)]),
    gauge("throughline_outbox_stopped_subjects", "Subjects that wait for a repair.", [plain(stopped)]),
    gauge("throughline_store_behind_log", "1 while nothing is sent, for the store was put back.", [plain(isBehindLog ? 1 : 0)]),
  ];
}

function parkedMetric(handlers: readonly HandlerState<never>[], { counts }: StoreState): MetricFamily {
  const samples = handlers.flatMap(({ spec, row }) =>
    counts
      .filter(({ handlerId, epoch }) => handlerId === row.id && epoch === row.liveEpoch)
      .map(({ state, reason, count }) => ({ labels: { handler: spec.name, state, reason }, value: count })),
  );
  return gauge("throughline_parked_events", "Events held in the store; dead ones are open dead letters.", samples);
}

async function lagMetric(
  { log }: ServiceScope<unknown>,
  handlers: readonly HandlerState<never>[],
  state: StoreState | null,
): Promise<MetricFamily> {
  const samples: Sample[] = [];
  const topics = new Set(handlers.flatMap(({ spec }) => spec.streams));
  for (const topic of state === null ? [] : topics) {
    const ends = new Map((await log.offsets(topic).catch(() => [])).map(({ partition, end }) => [partition, end]));
    for (const { spec, row } of handlers)
      for (const cursor of state?.cursors ?? []) {
        if (cursor.handlerId !== row.id || cursor.epoch !== row.liveEpoch || cursor.topic !== topic) continue;
        const end = ends.get(cursor.partition);
        if (end === undefined) continue;
        const labels = { handler: spec.name, topic, partition: String(cursor.partition) };
        samples.push({ labels, value: Math.max(0, end - cursor.offset) });
      }
  }
  return gauge("throughline_handler_lag_events", "Events between its cursor and the end of the partition.", samples);
}

const plain = (value: number): Sample => ({ labels: {}, value });

const gauge = (name: string, help: string, samples: readonly Sample[]): MetricFamily => ({ name, help, type: "gauge", samples });

const counter = (name: string, help: string, samples: readonly Sample[]): MetricFamily => ({
  name,
  help,
  type: "counter",
  samples,
});
