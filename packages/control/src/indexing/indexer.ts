import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import type { EventLog } from "throughline/seams";
import type { IndexStore, RetentionLimits } from "../index-store/index-store.ts";
import { indexLog } from "./index-log.ts";

export interface IndexerOptions {
  readonly log: EventLog;
  readonly store: IndexStore;
  readonly retention?: Partial<RetentionLimits>;
  /** How often the log is looked at once the index has caught up; 250 ms by default. */
  readonly pollMs?: number;
  /** Records in one transaction, 2,000 by default: more take longer at once, fewer cost more each. */
  readonly batchRecords?: number;
  readonly now?: () => number;
  /** Hears of trouble, once for each kind that follows another; the indexer goes on by itself. */
  readonly onTrouble?: (error: Error) => void;
}

/** Keeps the index in step with the log: catches up, then follows. */
export interface Indexer {
  /** Reads up to the ends of the log as they are now. Answers how many records it read. */
  catchUp(): Promise<number>;
  /** Forgets the index and reads it from the log again. */
  rebuild(): Promise<number>;
  /** Begins to follow the log, until `close`. */
  start(): void;
  /** Ends what runs after its transaction. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const dayMs = 86_400_000;
const defaultRetention: RetentionLimits = {
  eventsMs: 30 * dayMs,
  deadLettersMs: 30 * dayMs,
  maxBytes: 20 * 1024 ** 3,
  logsMs: 7 * dayMs,
  logsMaxBytes: 2 * 1024 ** 3,
};
const mostSteps = 50;
const committedEveryMs = 5_000;
const longestPauseMs = 10_000;

/**
 * Reads the log without a group, never a service's store, and leaves no trace in the log.
 * @example
 *   const indexer = createIndexer({ log, store: openSqliteIndex("./data/control.db") });
 *   indexer.start();
 */
export function createIndexer(options: IndexerOptions): Indexer {
  const { log, store, pollMs = 250, batchRecords = 2_000, now = Date.now, onTrouble } = options;
  const retention = { ...defaultRetention, ...options.retention };
  const ending = new AbortController();
  const round = { log, store, now, batchRecords, signal: ending.signal };
  let running: Promise<unknown> = Promise.resolve();
  let committedAtMs = Number.NEGATIVE_INFINITY;

  /** One after the other: a batch begins where the one before it ended. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = running.then(work, work);
    running = turn.catch(() => {});
    return turn;
  };

  async function keepUp(): Promise<number> {
    const records = await indexLog(round);
    if (Math.abs(now() - committedAtMs) >= committedEveryMs) {
      await noteCommitted(log, store, now());
      committedAtMs = now();
    }
    await removeOld();
    return records;
  }

  /** In steps, between which others have their turn: more of them than a busy log brings, and no more in a round. */
  async function removeOld(): Promise<void> {
    for (let step = 0; step < mostSteps && (await store.retain(retention, now())); step++) await nextTurn();
  }

  async function follow(): Promise<void> {
    let pauseMs = pollMs;
    let told = "";
    while (!ending.signal.aborted) {
      try {
        const records = await inTurn(keepUp);
        pauseMs = records > batchRecords ? 0 : pollMs;
        told = "";
      } catch (error) {
        if (ending.signal.aborted) return;
        const { code, message } = error as Error & { code?: string };
        // Another process was ahead: what it wrote counts.
        const isBehind = code === "INDEX_MOVED";
        pauseMs = isBehind ? pollMs : Math.min(longestPauseMs, Math.max(pauseMs, pollMs) * 2);
        if (!isBehind && told !== (code ?? message)) onTrouble?.(error as Error);
        told = code ?? message;
      }
      await delay(pauseMs, undefined, { signal: ending.signal }).catch(() => {});
    }
  }

  const indexer: Indexer = {
    catchUp: () => inTurn(keepUp),
    rebuild: () =>
      inTurn(async () => {
        await store.clear();
        return keepUp();
      }),
    start: () => void follow(),
    close: async () => {
      ending.abort();
      await running;
    },
    [Symbol.asyncDispose]: () => indexer.close(),
  };
  return indexer;
}

/** Where services' groups stand: a hop that none has come to is pending, not missing. */
async function noteCommitted(log: EventLog, store: IndexStore, atMs: number): Promise<void> {
  const services = new Set((await store.announcements()).map(({ service }) => service));
  const offsets = await Promise.all(
    [...services].map(async (group) => (await log.committedOffsets(group)).map((offset) => ({ group, ...offset }))),
  );
  await store.noteCommitted(offsets.flat(), atMs);
}
