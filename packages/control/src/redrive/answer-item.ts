import type { ItemState, TakenReceipt } from "./job.ts";

/** What of an item decides what a receipt means for it. */
export interface AnsweredItem {
  readonly failureId: string;
  readonly requestId: string;
  readonly service: string;
  readonly handler: string;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number };
  readonly failedAtMs: number;
  readonly state: ItemState;
}

export interface ItemChange {
  readonly state: ItemState;
  readonly detail: string | null;
}

const handled: ReadonlySet<string> = new Set(["applied", "duplicate", "stale", "discarded"]);
const settled: ReadonlySet<ItemState> = new Set(["in-another-job", "answered-before", "not-sent", "cancelled"]);
const answerable: ReadonlySet<ItemState> = new Set(["asked", "accepted", "failing", "refused"]);
/** A letter and the receipt of the same death are written one after the other, by the same clock. */
const sameDeathMs = 5;

/**
 * What a receipt says of an item; null where it says nothing of it. The last word of a service counts. A request that was sent twice
 * is refused the second time, which says nothing: its first was accepted.
 */
export function answerItem(item: AnsweredItem, receipt: TakenReceipt): ItemChange | null {
  if (settled.has(item.state)) return null;
  const { requestId, outcome } = receipt;
  if (requestId === item.requestId) return toRequest(item, receipt);
  const isNamed = receipt.failureId === item.failureId;
  // That its event is a duplicate was said of another record of it, unless the failure is named.
  if (!isNamed && (outcome === "duplicate" || !isItsPlace(item, receipt))) return null;
  if (item.state === "waiting") {
    if (!handled.has(outcome)) return null;
    return { state: "answered-before", detail: `it was ${outcome === "applied" ? "applied" : outcome} before it was asked for` };
  }
  // Somebody else's request is answered to them.
  if (requestId !== null || !answerable.has(item.state)) return null;
  return ofEvent(item, receipt);
}

function toRequest({ state }: AnsweredItem, { outcome, error, errorCode }: TakenReceipt): ItemChange | null {
  if (outcome === "parked") return { state: "accepted", detail: null };
  if (outcome === "discarded") return { state: "discarded", detail: null };
  if (outcome !== "refused" || (state !== "waiting" && state !== "asked")) return null;
  return { state: errorCode === "REDRIVE_HANDLED_ALREADY" ? "answered-before" : "refused", detail: error };
}

function ofEvent(item: AnsweredItem, { outcome, error, atMs }: TakenReceipt): ItemChange | null {
  if (outcome === "applied" || outcome === "duplicate" || outcome === "stale" || outcome === "discarded")
    return { state: outcome, detail: null };
  // The death that the letter tells of may be reported late.
  if (outcome === "dead" && atMs - item.failedAtMs > sameDeathMs) return { state: "dead", detail: error };
  return outcome === "retried" ? { state: "failing", detail: error } : null;
}

/** Handlers of other services may have the same name; one that was renamed since is known by the failure alone. */
const isItsPlace = ({ service, handler, origin }: AnsweredItem, receipt: TakenReceipt): boolean =>
  receipt.service === service &&
  receipt.handler === handler &&
  receipt.topic === origin.topic &&
  receipt.partition === origin.partition &&
  receipt.offset === origin.offset;
