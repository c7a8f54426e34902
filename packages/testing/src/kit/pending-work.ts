import type { ControlRow, CursorRow, EventLog, HandlerRow, ParkedRow, PartitionOffsets, Store } from "throughline/seams";
import type { InstanceLog } from "./instance-log.ts";

/** What the service under test still has to do, as its store and the log show it. */
export interface PendingWork {
  /** In words; null when nothing is left. */
  readonly what: string | null;
  /** It waits for nothing but this time: a retry, or a lease that has to run out. */
  readonly untilMs: number | null;
  /** A `call` is out: the world outside has to answer. */
  readonly isOutside: boolean;
}

interface Situation {
  readonly handlers: readonly HandlerRow[];
  readonly controls: readonly ControlRow[];
  readonly cursors: readonly CursorRow[];
  readonly parked: readonly ParkedRow[];
  readonly unsent: number;
}

export const nothingPending: PendingWork = { what: null, untilMs: null, isOutside: false };
const mostParked = 100_000;

export interface ServiceUnderTest {
  readonly store: Store;
  readonly log: EventLog;
  /** The topics that it reads. */
  readonly topics: readonly string[];
  /** The instance that runs now. */
  readonly instance: { readonly name: string; readonly log: InstanceLog };
}

/** Reads everything that decides whether the service has settled. */
export async function pendingWork({ store, log, topics, instance }: ServiceUnderTest, nowMs: number): Promise<PendingWork> {
  const situation = await readSituation(store);
  for (const topic of topics) {
    const unread = unreadPartition(topic, await log.offsets(topic), situation, { own: instance.log, nowMs });
    if (unread !== null) return { ...nothingPending, what: unread };
  }
  if (situation.unsent > 0) return { ...nothingPending, what: `${situation.unsent} events in the outbox are not sent` };
  return ofParked(situation, instance.name, nowMs);
}

async function readSituation(store: Store): Promise<Situation> {
  return store.unitOfWork(
    async (unit) => {
      const handlers = await unit.handlers.all();
      const liveEpochs = new Map(handlers.map(({ id, liveEpoch }) => [id, liveEpoch]));
      const parked: ParkedRow[] = [];
      for (const { id, liveEpoch } of handlers)
        parked.push(...(await unit.parked.ofRun({ handlerId: id, epoch: liveEpoch }, mostParked)));
      const cursors = (await unit.cursors.list()).filter((cursor) => liveEpochs.get(cursor.handlerId) === cursor.epoch);
      const { count } = await unit.outbox.backlog();
      return { handlers, controls: await unit.controls.all(), cursors, parked, unsent: count };
    },
    { readOnly: true },
  );
}

function unreadPartition(
  topic: string,
  partitions: readonly PartitionOffsets[],
  { handlers, controls, cursors }: Situation,
  { own, nowMs }: { own: InstanceLog; nowMs: number },
): string | null {
  for (const { partition, end } of partitions) {
    if (!own.reads({ topic, partition })) return `${topic}/${partition} is not assigned to the service yet`;
    const behind = cursors.find(
      (cursor) =>
        cursor.topic === topic && cursor.partition === partition && cursor.offset < end && !isPaused(cursor, controls, nowMs),
    );
    if (behind !== undefined)
      return `handler "${nameOf(behind.handlerId, handlers)}" is at offset ${behind.offset} of ${topic}/${partition}, which ends at ${end}`;
  }
  return null;
}

function ofParked({ handlers, controls, parked }: Situation, instance: string, nowMs: number): PendingWork {
  const waiting = parked.filter(
    (row) => row.state === "waiting" && row.reason !== "version" && row.reason !== "held" && !isPaused(row, controls, nowMs),
  );
  const called = waiting.find(({ lease }) => lease?.owner === instance && lease.untilMs > nowMs);
  if (called !== undefined)
    return { what: `handler "${nameOf(called.handlerId, handlers)}" waits for its call`, untilMs: null, isOutside: true };
  const times = waiting.map((row) => ({ row, atMs: nextTime(row, nowMs, parked) })).filter(({ atMs }) => atMs !== null);
  const [next] = times.sort((a, b) => Number(a.atMs) - Number(b.atMs));
  if (next === undefined || next.atMs === null) return nothingPending;
  const what = `handler "${nameOf(next.row.handlerId, handlers)}" is to try an event again (${next.row.attempts.at(-1)?.error?.message ?? next.row.reason})`;
  return { what, untilMs: next.atMs > nowMs ? next.atMs : null, isOutside: false };
}

/** When a waiting event may move by itself; null for one that only another event, or a deadline, sets free. */
function nextTime(row: ParkedRow, nowMs: number, parked: readonly ParkedRow[]): number | null {
  if (row.lease !== null && row.lease.untilMs > nowMs) return row.lease.untilMs;
  if (row.dueAtMs === null) return null;
  // Its turn comes with the one before it.
  return row.dueAtMs <= nowMs && parked.some((other) => isBefore(other, row)) ? null : row.dueAtMs;
}

function isBefore(other: ParkedRow, row: ParkedRow): boolean {
  const sameSubject = other.handlerId === row.handlerId && other.stream === row.stream && other.subject === row.subject;
  return sameSubject && other.sequence !== null && row.sequence !== null && other.sequence < row.sequence;
}

function isPaused({ handlerId }: Pick<CursorRow, "handlerId">, controls: readonly ControlRow[], nowMs: number): boolean {
  return controls.some(
    (control) =>
      control.kind === "pause" &&
      (control.handlerId === null || control.handlerId === handlerId) &&
      (control.untilMs === null || control.untilMs > nowMs),
  );
}

function nameOf(handlerId: number, handlers: readonly HandlerRow[]): string {
  return handlers.find(({ id }) => id === handlerId)?.name ?? String(handlerId);
}
