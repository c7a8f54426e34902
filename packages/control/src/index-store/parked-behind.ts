import type { EventReceipt } from "throughline/system-topics";

/** A receipt of some handler at some place of a partition; the body only where it was parked. */
export interface ToldAtPlace {
  readonly offset: number;
  readonly outcome: string;
  /** Whether it is the handler's that is asked for. */
  readonly ours: boolean | number | null;
  readonly body: string;
}

/** The last word on each place, where it is that the event waits behind another of its subject. Rows stand in their order, at most `limit`. */
export function subjectsBehind(rows: readonly ToldAtPlace[], limit: number): { subjects: string[]; next: number | null } {
  // What is said of the last place may go on in the next page.
  const isWhole = rows.length < limit;
  const last = rows.at(-1)?.offset;
  const told = isWhole || rows[0]!.offset === last ? rows : rows.filter(({ offset }) => offset !== last);
  const words = new Map(told.filter(({ ours }) => Boolean(ours)).map((row) => [row.offset, row]));
  const subjects = [...words.values()]
    .filter(({ outcome }) => outcome === "parked")
    .map(({ body }) => JSON.parse(body) as EventReceipt)
    .filter(({ reason }) => reason === "behind")
    .map(({ event }) => event.subject)
    .filter((subject) => subject !== null);
  return { subjects, next: isWhole ? null : told.at(-1)!.offset };
}
