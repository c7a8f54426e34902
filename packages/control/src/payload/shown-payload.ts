import type { LogRecord } from "throughline/seams";
import { type KnownContracts } from "./known-contracts.ts";
import { type PayloadView, payloadView } from "./payload-view.ts";
import { isRead, type WrittenData } from "./written-data.ts";

export interface ShownTerms {
  readonly contracts: KnownContracts;
  /** Whoever asks may see all of it, and wants to. */
  readonly unmasked: boolean;
  readonly written: WrittenData | null;
}

/** A record's value as somebody may see it, by what is known of the events of its type. Null: it is no event. */
export function shownPayload(
  record: LogRecord,
  event: { readonly type: string; readonly dataVersion: number | null } | null,
  { contracts, unmasked, written }: ShownTerms,
): PayloadView {
  const personal = event === null ? null : contracts.personalPaths(event.type, event.dataVersion);
  const isAnnounced = event !== null && isRead(written) && contracts.announces(event.type, written.writer);
  return payloadView(record, { personal, unmasked, written, isAnnounced });
}
