import type { Clock, Timer } from "../seams/runtime.ts";

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is moved. */
export interface VirtualClock extends Clock {
  /**
   * Moves the time forward and fires what falls due on the way, in order of time, then of `after`. After each timer, and at
   * the end, it lets what was waiting run: promises, `setImmediate`, and what they start in turn. Calls wait for one another.
   */
  advance(ms: number): Promise<void>;
  /** `advance` to a time in milliseconds since 1970; a time that has passed only lets run what was waiting. */
  advanceTo(nowMs: number): Promise<void>;
  /**
   * Moves the time forward at once, as it does for a process that was suspended: what fell due meanwhile is fired afterwards,
   * late and once, in order. A timer that renews itself costs one firing, however far the time moved.
   */
  jumpTo(nowMs: number): Promise<void>;
  /** When the next timer is due, or null. */
  nextDueMs(): number | null;
}

/** What is ready gets this many turns of the event loop between two timers, so that chains of promises and immediates end. */
const turnsBetweenTimers = 8;

export function createVirtualClock(startMs: number): VirtualClock {
  let now = startMs;
  let order = 0;
  let moving: Promise<void> = Promise.resolve();
  const pending = new Set<Pending>();

  const next = (): Pending | undefined => {
    let first: Pending | undefined;
    for (const timer of pending) {
      if (first === undefined || timer.dueMs < first.dueMs || (timer.dueMs === first.dueMs && timer.order < first.order))
        first = timer;
    }
    return first;
  };

  const move = async (toMs: () => number): Promise<void> => {
    const target = Math.max(now, toMs());
    await settle();
    for (let timer = next(); timer !== undefined && timer.dueMs <= target; timer = next()) {
      pending.delete(timer);
      now = Math.max(now, timer.dueMs);
      timer.callback();
      await settle();
    }
    now = target;
    await settle();
  };

  const jump = async (toMs: number): Promise<void> => {
    now = Math.max(now, toMs);
    await settle();
    const late = [...pending].filter(({ dueMs }) => dueMs <= now).sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
    for (const timer of late) {
      // One that fired before may have cancelled it.
      if (!pending.delete(timer)) continue;
      timer.callback();
      await settle();
    }
  };

  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const moved = moving.then(work);
    moving = moved.catch(() => {});
    return moved;
  };

  return {
    now: () => now,
    monotonic: () => now - startMs,
    after: (delayMs, callback): Timer => {
      const timer: Pending = { dueMs: now + Math.max(0, delayMs), order: order++, callback };
      pending.add(timer);
      return { cancel: () => void pending.delete(timer) };
    },
    advance: (ms) => inTurn(() => move(() => now + ms)),
    advanceTo: (nowMs) => inTurn(() => move(() => nowMs)),
    jumpTo: (nowMs) => inTurn(() => jump(nowMs)),
    nextDueMs: () => next()?.dueMs ?? null,
  };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < turnsBetweenTimers; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
