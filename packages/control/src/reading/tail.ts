import { setTimeout as delay } from "node:timers/promises";
import type { EventLog, LogRecord } from "throughline/seams";
import { isEventTopic } from "./event-topics.ts";
import { scan, type Span, spansOf } from "./scan.ts";
import type { Start } from "./start.ts";

export interface TailOptions {
  /** Empty: every topic with events, those that appear later too. */
  readonly topics: readonly string[];
  readonly start: Start;
  /** Wait for more at the end of the log; without, end there. */
  readonly follow: boolean;
  readonly pollMs: number;
  readonly signal: AbortSignal;
}

/**
 * Yields records as they come, without a group and without a trace in the log. What one look at the log finds comes in the
 * order of timestamps; a partition's records always come in their order. Ends when the signal aborts.
 */
export async function* tail(log: EventLog, options: TailOptions): AsyncGenerator<LogRecord> {
  for await (const record of tailWithLooks(log, options)) if (record !== null) yield record;
}

/** The same, with null after each look at the log: whoever shows it can say then what it left out. */
export async function* tailWithLooks(log: EventLog, options: TailOptions): AsyncGenerator<LogRecord | null> {
  const next = new Map<string, number>();
  const ids = new Map<string, string>();
  for (let first = true; first || (options.follow && !options.signal.aborted); first = false) {
    if (!first) {
      await delay(options.pollMs, undefined, { signal: options.signal }).catch(() => undefined);
      if (options.signal.aborted) return;
    }
    const topics = (await log.topics()).filter(({ name }) =>
      options.topics.length === 0 ? isEventTopic(name) : options.topics.includes(name),
    );
    // A topic that was deleted and created again begins anew.
    for (const { name, id } of topics) {
      if (ids.has(name) && ids.get(name) !== id)
        for (const place of next.keys()) if (place.startsWith(`${name}/`)) next.delete(place);
      ids.set(name, id);
    }
    const start: Start = first ? options.start : { at: "earliest" };
    const spans = (
      await spansOf(
        log,
        topics.map(({ name }) => name),
        start,
      )
    ).map((span) => ({ ...span, fromOffset: Math.max(span.fromOffset, next.get(placeOf(span)) ?? 0) }));
    yield* inOrderOfTime(log, spans, next, options.signal);
    yield null;
  }
}

const placeOf = ({ topic, partition }: Pick<Span, "topic" | "partition">): string => `${topic}/${partition}`;

/** The most records of one partition that are held to be put in order with those of the others. */
const window = 500;

/** Merges partitions by time, a window of each at a time, so that a tail from the beginning of a large log needs little memory. */
async function* inOrderOfTime(
  log: EventLog,
  spans: readonly Span[],
  next: Map<string, number>,
  signal: AbortSignal,
): AsyncGenerator<LogRecord> {
  const queues = spans.map((span) => ({
    span,
    held: [] as LogRecord[],
    at: span.fromOffset,
    whole: span.fromOffset >= span.toOffset,
  }));
  for (const queue of queues) next.set(placeOf(queue.span), queue.at);
  for (;;) {
    for (const queue of queues) if (queue.held.length === 0 && !queue.whole) await refill(log, queue);
    let earliest: (typeof queues)[number] | null = null;
    for (const queue of queues)
      if (queue.held.length > 0 && (earliest === null || queue.held[0]!.timestampMs < earliest.held[0]!.timestampMs))
        earliest = queue;
    if (earliest === null || signal.aborted) break;
    const record = earliest.held.shift()!;
    next.set(placeOf(record), record.offset + 1);
    yield record;
  }
  if (!signal.aborted) for (const { span } of queues) next.set(placeOf(span), Math.max(span.fromOffset, span.toOffset));
}

async function refill(
  log: EventLog,
  queue: { readonly span: Span; held: LogRecord[]; at: number; whole: boolean },
): Promise<void> {
  queue.whole = true;
  for await (const batch of scan(log, [{ ...queue.span, fromOffset: queue.at }])) {
    queue.held.push(...batch);
    queue.at = batch.at(-1)!.offset + 1;
    if (queue.held.length >= window) {
      queue.whole = queue.at >= queue.span.toOffset;
      return;
    }
  }
}
