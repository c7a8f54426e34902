import type { LogRecord } from "throughline";
import { header } from "./log-reading.ts";

/**
 * The subjects of a topic whose events, at their first appearance, are not numbered 1, 2, 3 … in the order in which they
 * stand in the log. An event that stands there again, with the same id, is no mistake: its publisher crashed.
 */
export function subjectsOutOfOrder(records: readonly LogRecord[]): string[] {
  const seen = new Set<string>();
  const last = new Map<string, number>();
  const wrong = new Set<string>();
  for (const record of records) {
    const id = header(record, "ce_id") ?? "";
    const subject = header(record, "ce_subject") ?? "";
    if (seen.has(id)) continue;
    seen.add(id);
    const sequence = Number(header(record, "ce_sequence"));
    if (sequence !== (last.get(subject) ?? 0) + 1) wrong.add(subject);
    last.set(subject, sequence);
  }
  return [...wrong];
}
