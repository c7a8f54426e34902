import type { ServiceScope } from "../handling/scope.ts";
import type { AppendResult } from "../seams/event-log.ts";
import type { Numbering, OutboxRow } from "../seams/store.ts";
import { marksTopic, markRecord, type OutboxMark } from "../system-topics/index.ts";
import { within } from "./within.ts";

const everyMs = 5_000;
const patienceMs = 2_000;

/**
 * Keeps the store's mark in the log (R2): where the service's numbered events end, and how many numbers its store had given by
 * then. Written beside the hot path, every few seconds while the relay sends; awaited only before the first event of a topic,
 * which the mark has to know. Nothing waits long for it (R14).
 */
export class MarkWriter {
  readonly #scope: ServiceScope<unknown>;
  readonly #ensureTopic: (topic: string) => Promise<void>;
  #ends = new Map<string, number[]>();
  #isDirty = false;
  #writtenAtMs = 0;
  #writing: Promise<void> | null = null;
  #hasWarned = false;

  constructor(scope: ServiceScope<unknown>, options: { ensureTopic: (topic: string) => Promise<void> }) {
    this.#scope = scope;
    this.#ensureTopic = options.ensureTopic;
  }

  /** Goes on from a mark that was compared with the store. */
  begin(mark: OutboxMark | null): void {
    this.#ends = new Map(Object.entries(mark?.ends ?? {}).map(([topic, ends]) => [topic, [...ends]]));
  }

  /** Before rows are sent: their topics stand in the mark. */
  async know(rows: readonly OutboxRow[], numbering: Numbering): Promise<void> {
    let isNew = false;
    for (const { topic, sequence } of rows) {
      if (sequence === null || this.#ends.has(topic)) continue;
      this.#ends.set(topic, await this.#endsOf(topic));
      isNew = true;
    }
    if (isNew) await this.write(numbering);
  }

  /** What stands there now was sent before there was a mark. */
  async #endsOf(topic: string): Promise<number[]> {
    const { log, surroundings } = this.#scope;
    const partitions = await within(surroundings.clock, patienceMs, () => log.offsets(topic)).catch(() => []);
    const ends: number[] = [];
    for (const { partition, end } of partitions) ends[partition] = end;
    return ends;
  }

  sent(rows: readonly OutboxRow[], results: readonly AppendResult[]): void {
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index];
      const result = results[index];
      if (row === undefined || row.sequence === null || result?.ok !== true) continue;
      const ends = this.#ends.get(row.topic);
      if (ends === undefined) continue;
      ends[result.partition] = result.offset + 1;
      this.#isDirty = true;
    }
  }

  /** At the beginning of a round: `numbering` counts everything that was sent so far. Returns at once. */
  keep(numbering: Numbering): void {
    const nowMs = this.#scope.surroundings.clock.now();
    if (this.#isDirty && this.#writing === null && nowMs - this.#writtenAtMs >= everyMs) void this.write(numbering);
  }

  /** What was sent last; for the end. */
  async flush(numbering: Numbering): Promise<void> {
    await this.#writing;
    if (this.#isDirty) await this.write(numbering);
  }

  write(numbering: Numbering): Promise<void> {
    const { clock } = this.#scope.surroundings;
    this.#isDirty = false;
    this.#writtenAtMs = clock.now();
    const { service } = this.#scope.identity;
    const { storeId, sequenceEpoch, given } = numbering;
    const ends = Object.fromEntries([...this.#ends].map(([topic, offsets]) => [topic, Array.from(offsets, (end) => end ?? 0)]));
    const record = markRecord({ service, storeId, sequenceEpoch, given, atMs: clock.now(), ends });
    const before = this.#writing;
    const writing = within(clock, patienceMs, async () => {
      await before;
      await this.#ensureTopic(marksTopic);
      const [result] = await this.#scope.log.append([record]);
      if (result !== undefined && !result.ok) throw result.error;
    })
      .then(
        () => void (this.#hasWarned = false),
        (error: unknown) => this.#warn(error),
      )
      .finally(() => {
        if (this.#writing === writing) this.#writing = null;
      });
    this.#writing = writing;
    return writing;
  }

  #warn(error: unknown): void {
    if (!this.#hasWarned)
      this.#scope.logger.warn(
        { err: error },
        "the store's mark cannot be written; publishing goes on, and a store that is put back meanwhile may not be noticed",
      );
    this.#hasWarned = true;
  }
}
