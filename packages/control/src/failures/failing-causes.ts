import type { IndexedPartition, IndexStore } from "../index-store/index-store.ts";

/** A cause for which events failed that nobody has answered: names and numbers, nothing of any event. */
export interface FailingCause {
  readonly fingerprint: string;
  readonly service: string;
  readonly handler: string;
  /** The error's code, or else its name. */
  readonly error: string;
  readonly unanswered: number;
  /** When the last event failed so. */
  readonly lastMs: number;
  readonly owner: string | null;
  readonly since: { readonly version: string; readonly deployedAtMs: number } | null;
}

/** What is known of failures now. */
export interface SeenFailures {
  readonly causes: readonly FailingCause[];
  /** Much may stand in the log that is not known yet: failures, and answers to them. */
  readonly isBehind: boolean;
  /** These are all of them. */
  readonly isWhole: boolean;
}

export type ReadFailures = (nowMs: number) => Promise<SeenFailures>;

/** Of more causes at a time nobody reads. */
const mostCauses = 1_000;
/** Of a log that is in use the index is always some records behind. */
const behindFrom = 5_000;
/** Ends are looked at every few hundred milliseconds while the index follows the log. */
const staleAfterMs = 30_000;

/** Reads them from the index, and its list of causes only when something was indexed since. */
export function failuresOfIndex(index: Pick<IndexStore, "version" | "positions" | "failureGroups">): ReadFailures {
  let read: { readonly version: number; readonly causes: readonly FailingCause[] } | null = null;
  return async (nowMs) => {
    const version = await index.version();
    if (read?.version !== version) read = { version, causes: await causesIn(index) };
    const positions = (await index.positions()).filter(({ isGone }) => !isGone);
    return { causes: read.causes, isBehind: isFarBehind(positions, nowMs), isWhole: read.causes.length < mostCauses };
  };
}

async function causesIn(index: Pick<IndexStore, "failureGroups">): Promise<FailingCause[]> {
  const groups = await index.failureGroups({ openOnly: true, limit: mostCauses });
  return groups.map(({ fingerprint, service, handler, error, code, open, asked, lastMs, owner, since }) => ({
    fingerprint,
    service,
    handler,
    error: code ?? error,
    unanswered: open + asked,
    lastMs,
    owner,
    since,
  }));
}

function isFarBehind(positions: readonly IndexedPartition[], nowMs: number): boolean {
  const lookedAtMs = positions.reduce((latest, position) => Math.max(latest, position.lookedAtMs), 0);
  const behind = positions.reduce((sum, { nextOffset, endOffset }) => sum + Math.max(0, endOffset - nextOffset), 0);
  return Math.abs(nowMs - lookedAtMs) > staleAfterMs || behind > behindFrom;
}
