import type { EventLog, LogRecord } from "throughline/seams";
import { readDeadLetter } from "throughline/system-topics";
import { readOrSkip } from "../reading/read-or-skip.ts";
import type { JobItem } from "./job.ts";

/** What of a failure says where its bytes are. */
export type LetterPlace = Pick<JobItem, "failureId" | "letter" | "origin" | "subject">;

export interface ReadLetter {
  /** The record that failed, byte for byte. */
  readonly original: LogRecord;
  /** Its value stands in its service's store only. */
  readonly valueOmitted: boolean;
  /** The letter is not in the log any more. */
  readonly isGone: boolean;
}

/** Letters this near to one another are read at once, with what lies between them. */
const nearOffsets = 64;

/**
 * Reads letters where the index says that they stand, each partition from its lowest to its highest. One that is gone is answered without
 * its bytes: its service's store may hold them.
 */
export async function readLetters(
  log: EventLog,
  places: readonly LetterPlace[],
  signal?: AbortSignal,
): Promise<Map<string, ReadLetter>> {
  const found = new Map<string, ReadLetter>();
  for (const range of rangesOf(places)) {
    const wanted = new Map(range.places.map((place) => [place.letter.offset, place.failureId]));
    try {
      for await (const batch of log.read({ ...range.span, ...(signal ? { signal } : {}) }))
        for (const record of batch) take(record, wanted.get(record.offset), found);
    } catch (error) {
      // A topic that was deleted has no letters.
      if ((error as { code?: string }).code !== "LOG_TOPIC_UNKNOWN") throw error;
    }
  }
  for (const place of places) if (!found.has(place.failureId)) found.set(place.failureId, goneLetter(place));
  return found;
}

function take(record: LogRecord, failureId: string | undefined, found: Map<string, ReadLetter>): void {
  if (failureId === undefined) return;
  const read = readOrSkip(() => readDeadLetter(record));
  // Another topic under the same name has something else there.
  if (read?.letter.failureId !== failureId) return;
  found.set(failureId, { original: read.original, valueOmitted: read.letter.valueOmitted === true, isGone: false });
}

const goneLetter = ({ origin, subject }: LetterPlace): ReadLetter => ({
  original: {
    ...origin,
    topicId: "",
    timestampMs: 0,
    // Its subject's requests stay in their order.
    key: subject === null ? null : Buffer.from(subject),
    value: null,
    headers: [],
  },
  valueOmitted: true,
  isGone: true,
});

interface Range {
  readonly span: { readonly topic: string; readonly partition: number; readonly fromOffset: number; toOffset: number };
  readonly places: LetterPlace[];
}

function rangesOf(places: readonly LetterPlace[]): Range[] {
  const sorted = places.toSorted(
    ({ letter: a }, { letter: b }) =>
      (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0) || a.partition - b.partition || a.offset - b.offset,
  );
  const ranges: Range[] = [];
  for (const place of sorted) {
    const { topic, partition, offset } = place.letter;
    const last = ranges.at(-1);
    if (last?.span.topic === topic && last.span.partition === partition && offset - last.span.toOffset < nearOffsets) {
      last.span.toOffset = offset + 1;
      last.places.push(place);
    } else ranges.push({ span: { topic, partition, fromOffset: offset, toOffset: offset + 1 }, places: [place] });
  }
  return ranges;
}
