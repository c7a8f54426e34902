import { coreError } from "../errors/index.ts";

/** A transaction, as far as locks know it. */
export interface LockHolder {
  /** Grows with every transaction: of two in a deadlock, the higher gives way. */
  readonly age: number;
  /** What it waits for now. A transaction runs one statement at a time, so this is one lock at most. */
  waiting: Waiting | null;
}

export interface Waiting {
  readonly lock: RowLock;
  /** Ends the wait with an error. */
  refuse(error: Error): void;
}

interface RowLock {
  owner: LockHolder;
  readonly queue: { readonly holder: LockHolder; grant(): void }[];
}

/** Exclusive row locks, first come, first served; a wait that would close a circle ends the youngest transaction in it. */
export class RowLocks {
  readonly #locks = new Map<string, RowLock>();

  /** True when `holder` has the lock afterwards. */
  tryAcquire(key: string, holder: LockHolder): boolean {
    const lock = this.#locks.get(key);
    if (lock === undefined) this.#locks.set(key, { owner: holder, queue: [] });
    return lock === undefined || lock.owner === holder;
  }

  holds(key: string, holder: LockHolder): boolean {
    return this.#locks.get(key)?.owner === holder;
  }

  /** Resolves when `holder` has the lock; rejects with `TX_CONFLICT` when it lost in a deadlock. */
  async acquire(key: string, holder: LockHolder): Promise<void> {
    if (this.tryAcquire(key, holder)) return;
    const lock = this.#locks.get(key) as RowLock;
    const victim = youngestInCircle(holder, lock);
    const deadlock = coreError("TX_CONFLICT", { what: `deadlock on ${key}` });
    if (victim === holder) throw deadlock;
    victim?.waiting?.refuse(deadlock);
    await this.#wait(lock, holder);
  }

  release(key: string, holder: LockHolder): void {
    const lock = this.#locks.get(key);
    if (lock === undefined || lock.owner !== holder) return;
    const next = lock.queue.shift();
    if (next === undefined) this.#locks.delete(key);
    else {
      lock.owner = next.holder;
      next.grant();
    }
  }

  #wait(lock: RowLock, holder: LockHolder): Promise<void> {
    return new Promise((resolve, reject) => {
      const place = {
        holder,
        grant: () => {
          holder.waiting = null;
          resolve();
        },
      };
      lock.queue.push(place);
      holder.waiting = {
        lock,
        refuse: (error) => {
          lock.queue.splice(lock.queue.indexOf(place), 1);
          holder.waiting = null;
          reject(error);
        },
      };
    });
  }
}

/** The youngest of the transactions that would wait for one another for ever; null when there is no circle. */
function youngestInCircle(holder: LockHolder, wanted: RowLock): LockHolder | null {
  let youngest = holder;
  let next: LockHolder | undefined = wanted.owner;
  while (next !== undefined) {
    if (next === holder) return youngest;
    if (next.age > youngest.age) youngest = next;
    next = next.waiting?.lock.owner;
  }
  return null;
}
