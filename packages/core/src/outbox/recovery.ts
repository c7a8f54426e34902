import { coreError } from "../errors/index.ts";
import type { EventLog } from "../seams/event-log.ts";
import type { Numbering, Store } from "../seams/store.ts";
import { isSystemTopic, type OutboxMark } from "../system-topics/index.ts";
import { compareWithLog } from "./compare-with-log.ts";
import { lastMark } from "./last-mark.ts";
import { type SentEvent, sentEvents } from "./sent-events.ts";

/** Clocks of the log and of the store may differ by so much. */
const clockSkewMs = 60_000;
const mostExamples = 1_000;

/** What `throughline store recover` found, and what it will do. */
export interface Recovery {
  readonly service: string;
  readonly numbering: Numbering;
  /** The store's last mark in the log; null where there is none. */
  readonly mark: OutboxMark | null;
  /** What shows that the store is behind the log; null when nothing does. */
  readonly why: string | null;
  /** The numbering that it opens: higher than any that the store or the log knows. */
  readonly opens: number;
  /** Events in the outbox: they are sent in the new numbering, in their order. */
  readonly waiting: number;
  /**
   * Events in the log that this store knows nothing of: transactions that were undone with the restore published them, and
   * consumers have handled them, or will.
   */
  readonly undone: { readonly events: number; readonly subjects: number; readonly examples: readonly SentEvent[] };
}

/** Compares a store with the log and counts what was undone; writes nothing. The store is open, as its service's. */
export async function planRecovery(options: {
  readonly store: Store;
  readonly log: EventLog;
  readonly service: string;
  readonly signal: AbortSignal;
}): Promise<Recovery> {
  const { store, log, service, signal } = options;
  const mark = await lastMark(log, service, signal);
  const [numbering, backlog] = await store.unitOfWork(async (unit) => [
    await unit.outbox.numbering(),
    await unit.outbox.backlog(),
  ]);
  const lastNumbers = (subjects: readonly { topic: string; subject: string }[]) =>
    store.unitOfWork((unit) => unit.outbox.lastNumbers(subjects));
  const found = await compareWithLog(log, { service, numbering, lastNumbers }, mark, signal);
  const undone = new Map<string, SentEvent>();
  let highest = Math.max(numbering.sequenceEpoch, mark?.sequenceEpoch ?? 0);
  for await (const events of eventsSince(options, numbering, mark)) {
    const unknown = await unknownOf(store, numbering, events);
    for (const event of unknown) {
      highest = Math.max(highest, event.sequenceEpoch);
      undone.set(event.id, event);
    }
  }
  const all = [...undone.values()];
  return {
    service,
    numbering,
    mark,
    why: numbering.behind?.why ?? found,
    opens: highest + 1,
    waiting: backlog.count,
    undone: {
      events: all.length,
      subjects: new Set(all.map(({ topic, subject }) => `${topic}\0${subject}`)).size,
      examples: all.slice(0, mostExamples),
    },
  };
}

/**
 * Opens the next numbering. A running relay goes on by itself. Rejects with `STORE_CHANGED` when the store is no longer as it was
 * found.
 */
export async function recover(store: Store, { service, numbering, opens }: Recovery): Promise<void> {
  await store.unitOfWork(async (unit) => {
    const now = await unit.outbox.numbering();
    if (now.storeId !== numbering.storeId || now.sequenceEpoch !== numbering.sequenceEpoch || now.given < numbering.given)
      throw coreError("STORE_CHANGED", { service });
    await unit.outbox.openNumbering(opens);
  });
}

/** What the service sent since this store's relay worked last. */
async function* eventsSince(
  { log, service, signal }: Parameters<typeof planRecovery>[0],
  numbering: Numbering,
  mark: OutboxMark | null,
): AsyncIterable<SentEvent[]> {
  const topics = mark === null ? (await log.topics()).map(({ name }) => name) : Object.keys(mark.ends);
  const sinceMs = Math.max(0, (numbering.round?.atMs ?? 0) - clockSkewMs);
  const existing = new Set((await log.topics()).map(({ name }) => name));
  for (const topic of topics) {
    if (isSystemTopic(topic) || !existing.has(topic)) continue;
    const from: number[] = [];
    for (const { partition, offset } of await log.offsetsAt(topic, sinceMs)) from[partition] = offset;
    yield* sentEvents(log, { service, topic, from, signal });
  }
}

/** Those that the store neither numbered nor still has to send: one that waits is sent again, and its consumers know its id. */
async function unknownOf(store: Store, numbering: Numbering, events: readonly SentEvent[]): Promise<SentEvent[]> {
  if (events.length === 0) return [];
  return store.unitOfWork(async (unit) => {
    const known = await unit.outbox.lastNumbers(events);
    const unknown = events.filter(
      ({ sequence, sequenceEpoch }, index) =>
        sequenceEpoch > numbering.sequenceEpoch || (sequenceEpoch === numbering.sequenceEpoch && sequence > (known[index] ?? 0)),
    );
    const waiting = await unit.outbox.waiting(unknown.map(({ id }) => id));
    return unknown.filter(({ id }) => !waiting.has(id));
  });
}
