import { type AppendResult, coreError, isThroughlineError, type NewRecord } from "throughline/seams";

type RefusedRecord = Extract<AppendResult, { ok: false }>["error"];

/** One call of `append`: gathers a result for each record, and settles when all are there. */
export class AppendCall {
  readonly records: readonly NewRecord[];
  readonly startedMs = performance.now();
  readonly settled: Promise<AppendResult[]>;
  readonly #results: AppendResult[] = [];
  #left: number;
  #unavailable = 0;
  /** Of keys, in partitions: the place of the first record that was refused. */
  #refused: Map<string, number> | undefined;
  #resolve!: (results: AppendResult[]) => void;
  #reject!: (error: unknown) => void;

  constructor(records: readonly NewRecord[]) {
    this.records = records;
    this.#left = records.length;
    this.settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  appended(index: number, partition: number, offset: number): void {
    this.#put(index, { ok: true, partition, offset });
  }

  /** Refused for good, with what follows of the same key in this partition. */
  refused(index: number, partition: number, error: RefusedRecord): void {
    const record = this.records[index] as NewRecord;
    if (record.key !== null) {
      this.#refused ??= new Map();
      const key = keyIn(partition, record);
      this.#refused.set(key, Math.min(index, this.#refused.get(key) ?? index));
    }
    this.#put(index, { ok: false, error });
  }

  /** Whether an earlier record of this one's key was refused. Such a record is answered at once. */
  skips(index: number, partition: number): boolean {
    if (this.#refused === undefined) return false;
    const record = this.records[index] as NewRecord;
    if (record.key === null || index < (this.#refused.get(keyIn(partition, record)) ?? Number.POSITIVE_INFINITY)) return false;
    this.#put(index, { ok: false, error: coreError("LOG_RECORD_SKIPPED", { topic: record.topic }) });
    return true;
  }

  /** Nothing is known of this record. */
  unavailable(index: number, error: RefusedRecord): void {
    this.#unavailable += 1;
    this.#put(index, { ok: false, error });
  }

  /** Of none of the records anything is known. */
  reject(error: unknown): void {
    this.#reject(error);
  }

  #put(index: number, result: AppendResult): void {
    this.#results[index] = result;
    this.#left -= 1;
    if (this.#left > 0) return;
    const [first] = this.#results;
    if (this.#unavailable === this.records.length && first?.ok === false && isThroughlineError(first.error))
      this.#reject(first.error);
    else this.#resolve(this.#results);
  }
}

function keyIn(partition: number, { topic, key }: NewRecord): string {
  return `${partition} ${topic} ${key === null ? "" : Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1")}`;
}
