import type { AppendResult, EventLog } from "throughline/seams";
import type { JobItem, RedriveJob } from "./job.ts";
import type { JobStore, SentItem } from "./job-store.ts";
import { readLetters } from "./read-letters.ts";
import { requestIdOf } from "./request-id.ts";
import { requestFor, writeRequests } from "./requests.ts";
import { largestBatch } from "./send-requests.ts";

/** What the letters of one batch may hold together, as far as those before them tell. */
const batchBytes = 8 * 1024 * 1024;
const firstBatch = 32;

/** Asks for the items of one job, batch by batch, each from where the job's store says that it stands. */
export class ItemSender {
  readonly #log: EventLog;
  readonly #jobs: JobStore;
  readonly #id: string;
  #batch = firstBatch;

  constructor(log: EventLog, jobs: JobStore, jobId: string) {
    this.#log = log;
    this.#jobs = jobs;
    this.#id = jobId;
  }

  /**
   * Asks for the next items, `most` of them or fewer; those that need no asking are passed over. Answers how many it asked for. Whoever dies here asks for them again, under the same ids.
   * Rejects when the log takes none of them now.
   */
  async send(job: RedriveJob, most: number, nowMs: number, signal: AbortSignal): Promise<number> {
    const items = await this.#jobs.nextItems(this.#id, Math.min(most, this.#batch));
    const waiting = items.filter(({ state }) => state === "waiting");
    const written = await this.#write(job, waiting, nowMs, signal);
    const results = new Map(waiting.map((item, n) => [item.no, written[n]!]));
    const { sent, trouble } = sentOf(items, results);
    if (sent.length === 0 && trouble !== null) throw trouble;
    await this.#jobs.sent(this.#id, job.next, sent, nowMs);
    return sent.filter(({ no }) => results.has(no)).length;
  }

  async #write(job: RedriveJob, items: readonly JobItem[], atMs: number, signal: AbortSignal): Promise<readonly AppendResult[]> {
    if (items.length === 0) return [];
    const { action, by, reason, force, isEdit, id } = job;
    const letters = await readLetters(this.#log, items, signal);
    const editedValue = isEdit ? await this.#jobs.edited(id) : null;
    // Aborted here nothing is asked for; later it is, and is noted.
    signal.throwIfAborted();
    let bytes = 0;
    const requests = items.map((item) => {
      const { original, valueOmitted } = letters.get(item.failureId)!;
      bytes += (original.value?.byteLength ?? 0) + 1_000;
      const letter = { failureId: item.failureId, service: item.service, handler: item.handler, valueOmitted };
      return requestFor(letter, original, requestIdOf(id, item.failureId), { action, by, reason, force, editedValue, atMs });
    });
    this.#batch = Math.max(1, Math.min(largestBatch, Math.floor(batchBytes / (bytes / items.length))));
    return writeRequests(this.#log, requests, id);
  }
}

/** What is decided of a batch: up to the first record that the log may take later. */
function sentOf(
  items: readonly JobItem[],
  results: ReadonlyMap<number, AppendResult>,
): { readonly sent: SentItem[]; readonly trouble: Error | null } {
  const sent: SentItem[] = [];
  for (const { no } of items) {
    const result = results.get(no);
    if (result === undefined || result.ok) sent.push({ no, state: "asked", detail: null, isWritten: result !== undefined });
    else if (isForNow(result.error)) return { sent, trouble: result.error };
    else sent.push({ no, state: "not-sent", detail: result.error.message });
  }
  return { sent, trouble: null };
}

/** The request topics were made before: one that is unknown was deleted, or its broker has not heard of it yet, and is made again. */
const isForNow = ({ code, retryable }: { readonly code: string; readonly retryable: boolean }): boolean =>
  retryable || code === "LOG_RECORD_SKIPPED" || code === "LOG_TOPIC_UNKNOWN";
