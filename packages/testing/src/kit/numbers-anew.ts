import { decodeEvent, withSequence } from "throughline";
import type { NewRecord } from "throughline/seams";

/**
 * Numbers what a service publishes from 1 in each test: a store that served an earlier test goes on counting where that ended,
 * and the log of this one begins anew.
 */
export class NumbersAnew {
  /** By topic and subject: the last number of earlier tests. */
  readonly #before = new Map<string, number>();

  apply(record: NewRecord): NewRecord {
    const numbered = numberOf(record);
    if (numbered === null) return record;
    const subject = `${record.topic}\n${numbered.subject}`;
    const before = this.#before.get(subject) ?? numbered.sequence - 1;
    this.#before.set(subject, before);
    if (before === 0) return record;
    return { ...record, headers: withSequence(record.headers, numbered.sequence - before, numbered.sequenceEpoch) };
  }
}

function numberOf(record: NewRecord): { subject: string | null; sequence: number; sequenceEpoch: number } | null {
  try {
    const { subject, sequence, sequenceEpoch } = decodeEvent({ ...record, topicId: "", partition: 0, offset: 0, timestampMs: 0 });
    return sequence === null ? null : { subject, sequence, sequenceEpoch };
  } catch {
    // Receipts and announcements are no events.
    return null;
  }
}
