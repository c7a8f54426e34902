import type { EventLog, LogRecord } from "throughline/seams";
import type { ScanOrder, ScanPosition } from "./scan-position.ts";

const firstRecords = 64;
const mostRecords = 1_000;

/** One partition, read a window at a time from either end: what was read and not taken yet is looked at first. */
export class PartitionWindow {
  readonly #log: EventLog;
  readonly #order: ScanOrder;
  readonly #of: Omit<ScanPosition, "at">;
  readonly #bound: number;
  #at: number;
  #held: LogRecord[] = [];
  #size = firstRecords;

  /** @param bound Where it ends: the end of the partition, or its beginning where the newest come first. */
  constructor(log: EventLog, order: ScanOrder, { at, ...of }: ScanPosition, bound: number) {
    this.#log = log;
    this.#order = order;
    this.#of = of;
    this.#at = at;
    this.#bound = bound;
  }

  /** Where to go on: before what is held. */
  get position(): ScanPosition {
    const [first] = this.#held;
    const at = first === undefined ? this.#at : this.#order === "oldest" ? first.offset : first.offset + 1;
    return { ...this.#of, at };
  }

  get isOver(): boolean {
    return this.#held.length === 0 && this.#isRead;
  }

  get next(): LogRecord | undefined {
    return this.#held[0];
  }

  take(): void {
    this.#held.shift();
  }

  /** Reads until something is held, or all is read. Answers how many offsets it passed. */
  async fill(signal: AbortSignal): Promise<number> {
    let passed = 0;
    while (this.#held.length === 0 && !this.#isRead && !signal.aborted) passed += await this.#window(signal);
    return passed;
  }

  get #isRead(): boolean {
    return this.#order === "oldest" ? this.#at >= this.#bound : this.#at <= this.#bound;
  }

  async #window(signal: AbortSignal): Promise<number> {
    const isForward = this.#order === "oldest";
    const fromOffset = isForward ? this.#at : Math.max(this.#bound, this.#at - this.#size);
    const toOffset = isForward ? Math.min(this.#bound, this.#at + this.#size) : this.#at;
    const { topic, topicId, partition } = this.#of;
    const read: LogRecord[] = [];
    for await (const batch of this.#log.read({ topic, partition, fromOffset, toOffset, signal }))
      read.push(...batch.filter((record) => record.topicId === topicId && record.offset >= fromOffset));
    this.#held = isForward ? read : read.toReversed();
    this.#at = isForward ? toOffset : fromOffset;
    this.#size = Math.min(this.#size * 2, mostRecords);
    return toOffset - fromOffset;
  }
}
