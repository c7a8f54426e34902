import { type AppendResult, crashPoint, isThroughlineError, type NewRecord } from "throughline/seams";
import type { SqliteWriter } from "../database/writer.ts";
import type { RecordAppender } from "./append-records.ts";

/** So many records end a transaction, so that other processes get their turn. One call's records always stay together. */
const recordsPerTransaction = 5_000;

interface AppendCall {
  readonly records: readonly NewRecord[];
  readonly resolve: (results: AppendResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends together what is appended in one turn of the event loop, or while a commit is under way: one transaction for many callers.
 * Calls reach the file in the order they were made.
 */
export class AppendQueue {
  readonly #writer: SqliteWriter;
  readonly #appender: RecordAppender;
  readonly #onAppended: (ends: ReadonlyMap<number, number>) => void;
  #waiting: AppendCall[] = [];
  #sending: Promise<void> | undefined;

  constructor(writer: SqliteWriter, appender: RecordAppender, onAppended: (ends: ReadonlyMap<number, number>) => void) {
    this.#writer = writer;
    this.#appender = appender;
    this.#onAppended = onAppended;
  }

  append(records: readonly NewRecord[]): Promise<AppendResult[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject });
      this.#sending ??= this.#send();
    });
  }

  /** Settles when everything that was appended is written or rejected. */
  async drained(): Promise<void> {
    await this.#sending;
  }

  async #send(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#sendSome(this.#takeSome());
    this.#sending = undefined;
  }

  #takeSome(): AppendCall[] {
    let records = 0;
    let calls = 0;
    while (calls < this.#waiting.length && records < recordsPerTransaction)
      records += this.#waiting[calls++]?.records.length ?? 0;
    return this.#waiting.splice(0, calls);
  }

  async #sendSome(calls: readonly AppendCall[]): Promise<void> {
    try {
      const records = calls.map((call) => call.records);
      const { results, ends } = await this.#writer.transaction((db) => {
        const appended = this.#appender.append(db, records, Date.now());
        crashPoint("log.before-append-commit");
        return appended;
      });
      crashPoint("log.after-append-commit");
      this.#onAppended(ends);
      for (const [i, call] of calls.entries()) call.resolve(results[i] ?? []);
    } catch (error) {
      // Not the file's failure but some record's, which is no Uint8Array, say: only its own caller shall see it.
      if (calls.length > 1 && !isThroughlineError(error)) for (const call of calls) await this.#sendSome([call]);
      else for (const call of calls) call.reject(error);
    }
  }
}
