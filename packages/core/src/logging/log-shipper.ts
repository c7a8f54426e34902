import { pino } from "pino";
import { within } from "../outbox/within.ts";
import type { AppendResult, EventLog, NewRecord } from "../seams/event-log.ts";
import type { Surroundings, Timer } from "../seams/runtime.ts";
import { shippedLinesRecord } from "../system-topics/shipped-lines.ts";
import type { Logger } from "./create-logger.ts";
import type { LineAbout } from "./line-about.ts";
import { LineBuffer } from "./line-buffer.ts";
import type { Shipping } from "./ship-options.ts";
import { type TakenLine, shippedLine } from "./shipped-line.ts";
import type { LineTaker } from "./shipped-destination.ts";

/** What it needs once the service has a log. */
export interface ShipperParts {
  readonly log: Pick<EventLog, "append" | "maxRecordBytes">;
  readonly logger: Logger;
  readonly surroundings: Surroundings;
  readonly identity: { readonly service: string; readonly instance: string; readonly version: string };
}

const flushEveryMs = 500;
/** Of texts that are read in one go: some milliseconds of the event loop. */
const charactersAtOnce = 512 * 1024;
const largestRecord = 256 * 1024;
/** Beside the lines: names, and room for what the log counts as well. */
const restOfRecord = 2 * 1024;
const answersWithinMs = 10_000;
const retryAfterMs = [1_000, 5_000, 15_000];
/** Closing waits no longer for a log that does not answer. */
const lastLinesMs = 2_000;
const sayEveryMs = 60_000;

/**
 * Ships log lines to `throughline.logs`, at most once, and never in the way: taking a line costs next to nothing, what is too much is
 * dropped and counted, and a log that is away costs one warning a minute. Lines are sent in batches, one at a time, in their order. A batch
 * of which nobody knows whether the log took it is not sent again: lines explain, receipts prove.
 */
export class LogShipper implements LineTaker {
  readonly fromLevel: number;
  readonly level: Shipping["level"];
  /** Since this process started. */
  readonly metrics = { shipped: 0, dropped: 0 };
  readonly #linesInFlush: number;
  readonly #buffer: LineBuffer;
  readonly #now: () => number;
  #parts: ShipperParts | null = null;
  #timer: Timer | null = null;
  #sending: Promise<void> | null = null;
  #failures = 0;
  #untold = 0;
  #saidAtMs = Number.NEGATIVE_INFINITY;
  #isSpeaking = false;
  #isClosing = false;

  /** @param now Milliseconds since 1970. */
  constructor({ level, maxLinesPerSecond }: Shipping, now: () => number) {
    this.level = level;
    this.fromLevel = pino.levels.values[level] ?? 30;
    this.#linesInFlush = Math.ceil((maxLinesPerSecond * flushEveryMs) / 1000);
    this.#buffer = new LineBuffer(maxLinesPerSecond * 2);
    this.#now = now;
  }

  take(text: string, level: number, about: LineAbout): void {
    // Its own words are not shipped: they would be more lines that cannot be.
    if (this.#isSpeaking) return;
    if (!this.#buffer.add(text, { takenAtMs: this.#now(), level, about })) this.#count(1);
    this.#schedule();
  }

  /** From now on it sends, those first that were taken before. */
  start(parts: ShipperParts): void {
    this.#parts = parts;
    this.#isClosing = false;
    if (!this.#buffer.isEmpty) this.#schedule();
  }

  /** Sends what waits, for a while. Never rejects. */
  async close(): Promise<void> {
    const parts = this.#parts;
    if (parts === null) return;
    this.#isClosing = true;
    this.#timer?.cancel();
    await within(parts.surroundings.clock, lastLinesMs, async (signal) => {
      await this.#sending;
      // A log that does not take them now is not tried again.
      while (!this.#buffer.isEmpty && this.#failures === 0 && !signal.aborted) await this.#send(parts);
    }).catch(() => undefined);
    this.stop();
  }

  /** Ends at once, as the end of the process would. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#parts = null;
  }

  #schedule(): void {
    const parts = this.#parts;
    if (parts === null || this.#isClosing || this.#timer !== null || this.#sending !== null) return;
    const delayMs = retryAfterMs[Math.min(this.#failures, retryAfterMs.length) - 1] ?? flushEveryMs;
    this.#timer = parts.surroundings.clock.after(delayMs, () => {
      this.#timer = null;
      this.#sending = this.#flush(parts).finally(() => {
        this.#sending = null;
        if (!this.#buffer.isEmpty) this.#schedule();
      });
    });
  }

  async #flush(parts: ShipperParts): Promise<void> {
    let left = this.#linesInFlush;
    const failuresBefore = this.#failures;
    while (left > 0 && !this.#buffer.isEmpty && this.#failures === failuresBefore && this.#parts === parts)
      left -= await this.#send(parts, left);
    this.#say(parts);
  }

  /** Answers how many lines it took from the buffer. */
  async #send(parts: ShipperParts, most = this.#linesInFlush): Promise<number> {
    const taken = this.#buffer.take(most, charactersAtOnce);
    const dropped = this.#buffer.takeDropped();
    try {
      const records = this.#records(parts, taken, dropped);
      const results = await within(parts.surroundings.clock, answersWithinMs, () => parts.log.append(records));
      refuseRefused(results);
      this.metrics.shipped += taken.length;
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      if (dropped !== null) this.#buffer.putBackDropped(dropped);
      for (const edge of [taken[0], taken.at(-1)]) if (edge !== undefined) this.#buffer.drop(0, edge.takenAtMs);
      this.#buffer.drop(taken.length, taken.at(-1)?.takenAtMs ?? this.#now());
      this.#count(taken.length);
      this.#say(parts, error);
    }
    return taken.length;
  }

  #records(
    { log, identity }: ShipperParts,
    taken: readonly TakenLine[],
    dropped: ReturnType<LineBuffer["takeDropped"]>,
  ): NewRecord[] {
    const limit = Math.min(largestRecord, log.maxRecordBytes) - restOfRecord;
    const records: NewRecord[] = [];
    let lines: string[] = [];
    let bytes = 0;
    const { service, instance, version } = identity;
    const close = (): void => {
      const first = records.length === 0 && dropped !== null ? { dropped } : {};
      records.push(shippedLinesRecord({ service, instance, version, atMs: this.#now(), ...first }, lines));
      [lines, bytes] = [[], 0];
    };
    for (const line of taken) {
      let text = JSON.stringify(shippedLine(line));
      if (Buffer.byteLength(text) > limit) text = JSON.stringify(shippedLine({ ...line, text: null }));
      const size = Buffer.byteLength(text) + 1;
      if (lines.length > 0 && bytes + size > limit) close();
      lines.push(text);
      bytes += size;
    }
    close();
    return records;
  }

  #count(lines: number): void {
    this.metrics.dropped += lines;
    this.#untold += lines;
  }

  /** In the service's own log, now and then. */
  #say({ logger }: ShipperParts, error?: unknown): void {
    const nowMs = this.#now();
    if (this.#untold === 0 || nowMs - this.#saidAtMs < sayEveryMs) return;
    this.#saidAtMs = nowMs;
    const droppedLines = this.#untold;
    this.#untold = 0;
    this.#isSpeaking = true;
    try {
      if (error === undefined)
        logger.warn({ droppedLines }, "more log lines came than are shipped to the event log; the rest stands here only");
      else
        logger.warn(
          { droppedLines, err: error },
          "log lines cannot be shipped to the event log; they stand here only, and everything else goes on",
        );
    } finally {
      this.#isSpeaking = false;
    }
  }
}

function refuseRefused(results: readonly AppendResult[]): void {
  for (const result of results) if (!result.ok) throw result.error;
}
