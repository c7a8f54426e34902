import type { EventLog } from "throughline/seams";
import { readReceipt, receiptsTopic, type EventReceipt, type RedriveRequest } from "throughline/system-topics";
import { readOrSkip } from "../reading/read-or-skip.ts";
import { scan, type Span, spansOf } from "../reading/scan.ts";
import { pause } from "./pause.ts";

export interface Answer {
  readonly request: RedriveRequest;
  /** Null: none came in time. */
  readonly receipt: EventReceipt | null;
  /** The last word before an answer: accepted, or failed and to be tried again. */
  readonly heard: EventReceipt | null;
}

export interface FollowOptions {
  readonly timeoutMs: number;
  readonly pollMs: number;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly onProgress?: (answered: number, total: number) => void;
}

/** Where receipts end now: take it before sending, so that no answer is missed. */
export const receiptsEnd = (log: EventLog): Promise<Span[]> => spansOf(log, [receiptsTopic], { at: "latest" });

const final: ReadonlySet<string> = new Set(["applied", "duplicate", "stale", "dead", "discarded", "refused"]);

/** Reads receipts from `from` on until each request is answered, the time is over or the signal aborts; in the requests' order. */
export async function followAnswers(
  log: EventLog,
  requests: readonly RedriveRequest[],
  from: readonly Span[],
  options: FollowOptions,
): Promise<Answer[]> {
  const answers = new Map<string, EventReceipt>();
  const heard = new Map<string, EventReceipt>();
  const requestOf = answeredBy(requests);
  const next = new Map(from.map((span) => [span.partition, span.fromOffset]));
  const untilMs = options.now() + options.timeoutMs;
  while (answers.size < requests.length && !options.signal.aborted) {
    const spans = (await spansOf(log, [receiptsTopic], { at: "earliest" })).map((span) => ({
      ...span,
      fromOffset: Math.max(span.fromOffset, next.get(span.partition) ?? 0),
    }));
    for await (const batch of scan(log, spans)) {
      for (const record of batch) {
        next.set(record.partition, record.offset + 1);
        const receipt = readOrSkip(() => readReceipt(record.value));
        if (receipt?.kind !== "event") continue;
        const request = requestOf(receipt);
        if (request !== undefined) (final.has(receipt.outcome) ? answers : heard).set(request.requestId, receipt);
      }
    }
    options.onProgress?.(answers.size, requests.length);
    if (answers.size === requests.length || options.now() >= untilMs) break;
    await pause(options.pollMs, options.signal);
  }
  return requests.map((request) => ({
    request,
    receipt: answers.get(request.requestId) ?? null,
    heard: heard.get(request.requestId) ?? null,
  }));
}

/** Which request a receipt answers. A later retry of a redriven event names the request no longer: then the failure tells, or its place. */
function answeredBy(requests: readonly RedriveRequest[]): (receipt: EventReceipt) => RedriveRequest | undefined {
  const byId = new Map(requests.map((request) => [request.requestId, request]));
  const byFailure = new Map(requests.map((request) => [request.failureId, request]));
  const byPlace = new Map(requests.map((request) => [placeOf(request, request.original), request]));
  return (receipt) => {
    if (receipt.requestId !== undefined) return byId.get(receipt.requestId);
    const named = receipt.failureId === undefined ? undefined : byFailure.get(receipt.failureId);
    return named ?? (receipt.outcome === "duplicate" ? undefined : byPlace.get(placeOf(receipt, receipt)));
  };
}

const placeOf = (by: { service: string; handler: string }, at: { topic: string; partition: number; offset: number }): string =>
  JSON.stringify([by.service, by.handler, at.topic, at.partition, at.offset]);
