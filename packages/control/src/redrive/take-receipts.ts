import type { EventLog } from "throughline/seams";
import { type EventReceipt, readReceipt, receiptsTopic } from "throughline/system-topics";
import { isReceipt } from "../indexing/readable.ts";
import { readOrSkip } from "../reading/read-or-skip.ts";
import { spansOf } from "../reading/scan.ts";
import type { TakenReceipt } from "./job.ts";
import type { JobStore, ReceiptRead } from "./job-store.ts";

/** Records of one partition that are read, and written down, at once: receipts have three partitions, and nobody is served meanwhile. */
const mostRecords = 1_000;

/**
 * Reads receipts from where a job stands, and notes what they say of its items, in one transaction with how far it came. Answers whether
 * there is more to read.
 */
export async function takeReceipts(log: EventLog, jobs: JobStore, jobId: string, signal: AbortSignal): Promise<boolean> {
  const stands = new Map((await jobs.receiptPositions(jobId)).map(({ partition, offset }) => [partition, offset]));
  const reads: ReceiptRead[] = [];
  const receipts: TakenReceipt[] = [];
  let isMore = false;
  for (const { partition, fromOffset: earliest, toOffset: end } of await spansOf(log, [receiptsTopic], { at: "earliest" })) {
    const from = stands.get(partition) ?? 0;
    // The topic was made anew: what stands in it is all new.
    const first = from > end ? earliest : Math.max(from, earliest);
    const to = Math.min(end, first + mostRecords);
    if (to === from) continue;
    isMore ||= to < end;
    const range = { topic: receiptsTopic, partition, fromOffset: first, toOffset: to, signal };
    for await (const batch of log.read(range)) {
      for (const { value } of batch) {
        const taken = takenOf(value);
        if (taken !== null) receipts.push(taken);
      }
    }
    reads.push({ partition, from, to });
  }
  if (reads.length > 0) await jobs.take(jobId, reads, receipts);
  return isMore;
}

/** Null for what answers nobody: ranges of the live path, and events that are parked by themselves. */
function takenOf(value: Uint8Array | null): TakenReceipt | null {
  const receipt = readOrSkip(() => readReceipt(value));
  if (!isReceipt(receipt) || receipt.kind !== "event") return null;
  return receipt.outcome === "parked" && receipt.requestId === undefined ? null : asTaken(receipt);
}

const asTaken = (receipt: EventReceipt): TakenReceipt => ({
  outcome: receipt.outcome,
  service: receipt.service,
  handler: receipt.handler,
  topic: receipt.topic,
  partition: receipt.partition,
  offset: receipt.offset,
  failureId: receipt.failureId ?? null,
  requestId: receipt.requestId ?? null,
  reason: receipt.reason ?? null,
  errorCode: receipt.error?.code ?? null,
  error: receipt.error === undefined ? null : `${receipt.error.code ?? receipt.error.name}: ${receipt.error.message}`,
  atMs: Math.round(receipt.atMs),
});
