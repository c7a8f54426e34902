import type { EventLog } from "../seams/event-log.ts";
import type { Numbering } from "../seams/store.ts";
import type { OutboxMark } from "../system-topics/index.ts";
import { sentEvents } from "./sent-events.ts";

/** The store's last number of each subject, read after the events that it is compared with. */
export type LastNumbers = (subjects: readonly { topic: string; subject: string }[]) => Promise<number[]>;

/**
 * Whether the log holds what the store does not know of (R2): null, or what shows it, with values. First what the last mark says,
 * which finds a store that was put back by more than a few seconds; then each event that was sent since that mark, which finds a
 * store that lacks a single number. A store gives numbers durably before it sends them, so one that was not put back is never
 * behind, and one that was gives no number before it was compared.
 */
export async function compareWithLog(
  log: EventLog,
  store: { readonly service: string; readonly numbering: Numbering; readonly lastNumbers: LastNumbers },
  mark: OutboxMark | null,
  signal: AbortSignal,
): Promise<string | null> {
  if (mark === null) return null;
  return whatTheMarkSays(mark, store.numbering) ?? (await whatWasSentSince(log, store, mark, signal));
}

export function whatTheMarkSays(mark: OutboxMark, numbering: Numbering): string | null {
  const at = new Date(mark.atMs).toISOString();
  if (mark.sequenceEpoch < numbering.sequenceEpoch) return null;
  if (mark.sequenceEpoch > numbering.sequenceEpoch)
    return `it gives numbers in numbering ${numbering.sequenceEpoch}, and the log was sent events of numbering ${mark.sequenceEpoch} by ${at}`;
  if (mark.storeId !== numbering.storeId)
    return `it is another store (${numbering.storeId}) than the one that sent events to the log until ${at} (${mark.storeId})`;
  if (mark.given > numbering.given) return `it knows of ${numbering.given} numbers, and ${mark.given} were given by ${at}`;
  return null;
}

async function whatWasSentSince(
  log: EventLog,
  { service, numbering, lastNumbers }: Parameters<typeof compareWithLog>[1],
  mark: OutboxMark,
  signal: AbortSignal,
): Promise<string | null> {
  for (const [topic, from] of Object.entries(mark.ends)) {
    for await (const events of sentEvents(log, { service, topic, from, signal })) {
      const known = await lastNumbers(events);
      for (const [index, { partition, offset, subject, sequence, sequenceEpoch }] of events.entries()) {
        const isUnknown =
          sequenceEpoch > numbering.sequenceEpoch ||
          (sequenceEpoch === numbering.sequenceEpoch && sequence > (known[index] ?? 0));
        if (isUnknown)
          return `the log holds number ${sequence} (numbering ${sequenceEpoch}) of subject "${subject}" at ${topic}/${partition}@${offset}, and it has given ${known[index] ?? 0} (numbering ${numbering.sequenceEpoch})`;
      }
    }
  }
  return null;
}
