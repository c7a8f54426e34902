import type { EventLog, LogRecord } from "throughline/seams";
import type { Start } from "./start.ts";

/** A range of one partition: from `fromOffset` up to `toOffset`, not included. */
export interface Span {
  readonly topic: string;
  readonly partition: number;
  readonly fromOffset: number;
  readonly toOffset: number;
}

export interface ScanOptions {
  readonly signal?: AbortSignal;
  /** Records passed so far, and how many there are to pass. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** The spans of topics from a start to their ends as they are now. Topics that do not exist have none. */
export async function spansOf(
  log: EventLog,
  topics: readonly string[],
  start: Start,
  untilMs: number | null = null,
): Promise<Span[]> {
  const existing = new Set((await log.topics()).map((topic) => topic.name));
  const spans = await Promise.all(
    topics.filter((topic) => existing.has(topic)).map((topic) => spansOfTopic(log, topic, start, untilMs)),
  );
  return spans.flat();
}

async function spansOfTopic(log: EventLog, topic: string, start: Start, untilMs: number | null): Promise<Span[]> {
  const partitions = await log.offsets(topic);
  const from = start.at === "time" ? await log.offsetsAt(topic, start.ms) : null;
  const until = untilMs === null ? null : await log.offsetsAt(topic, untilMs);
  return partitions.map(({ partition, earliest, end }) => {
    const fromOffset =
      from?.find((offset) => offset.partition === partition)?.offset ??
      (start.at === "offset" ? Math.min(start.offset, end) : start.at === "latest" ? end : earliest);
    const toOffset = until?.find((offset) => offset.partition === partition)?.offset ?? end;
    return { topic, partition, fromOffset: Math.max(fromOffset, earliest), toOffset: Math.max(toOffset, fromOffset, earliest) };
  });
}

export const recordsIn = (spans: readonly Span[]): number =>
  spans.reduce((sum, span) => sum + span.toOffset - span.fromOffset, 0);

/** Reads spans one after the other, in batches, without a group. */
export async function* scan(log: EventLog, spans: readonly Span[], options: ScanOptions = {}): AsyncGenerator<LogRecord[]> {
  const total = recordsIn(spans);
  let passed = 0;
  for (const span of spans) {
    if (span.fromOffset >= span.toOffset) continue;
    for await (const batch of log.read({ ...span, ...(options.signal ? { signal: options.signal } : {}) })) {
      yield batch;
      options.onProgress?.(passed + batch.at(-1)!.offset + 1 - span.fromOffset, total);
    }
    options.signal?.throwIfAborted();
    passed += span.toOffset - span.fromOffset;
  }
  options.onProgress?.(total, total);
}

/** Every record of a topic from `sinceMs` on; nothing where the topic does not exist. */
export async function* readTopic(
  log: EventLog,
  topic: string,
  options: ScanOptions & { sinceMs?: number } = {},
): AsyncGenerator<LogRecord> {
  const spans = await spansOf(
    log,
    [topic],
    options.sinceMs === undefined ? { at: "earliest" } : { at: "time", ms: options.sinceMs },
  );
  for await (const batch of scan(log, spans, options)) yield* batch;
}
