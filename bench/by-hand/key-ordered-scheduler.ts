/**
 * Runs tasks at once, up to a bound, and those of one key one after the other: what one writes by hand to call something slow
 * for each event.
 */
export class KeyOrderedScheduler<T> {
  readonly #bound: number;
  readonly #work: (task: T) => Promise<void>;
  /** Of each key that runs: what comes after. */
  readonly #lines = new Map<string, T[]>();
  /** Keys whose turn has come, but for the bound. */
  readonly #ready: { key: string; task: T }[] = [];
  #running = 0;

  constructor(bound: number, work: (task: T) => Promise<void>) {
    this.#bound = bound;
    this.#work = work;
  }

  add(key: string, task: T): void {
    const line = this.#lines.get(key);
    if (line !== undefined) line.push(task);
    else {
      this.#lines.set(key, []);
      this.#begin(key, task);
    }
  }

  #begin(key: string, task: T): void {
    if (this.#running >= this.#bound) {
      this.#ready.push({ key, task });
      return;
    }
    this.#running += 1;
    void this.#work(task).then(() => {
      this.#running -= 1;
      const line = this.#lines.get(key) as T[];
      const next = line.shift();
      if (next === undefined) this.#lines.delete(key);
      else this.#ready.push({ key, task: next });
      const ready = this.#ready.shift();
      if (ready !== undefined) this.#begin(ready.key, ready.task);
    });
  }
}
