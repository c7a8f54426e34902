import type { EventLog } from "throughline/seams";
import { readReceipt, receiptsTopic, type EventReceipt, type Receipt } from "throughline/system-topics";
import { readOrSkip } from "./read-or-skip.ts";
import { readTopic, type ScanOptions } from "./scan.ts";

/** A receipt and its place in the log: those of one handler share a partition, so of two the later offset is the later word. */
export interface PlacedReceipt<R extends Receipt = Receipt> {
  readonly receipt: R;
  readonly partition: number;
  readonly offset: number;
}

export async function* readReceipts(log: EventLog, options: ScanOptions & { sinceMs?: number }): AsyncGenerator<PlacedReceipt> {
  for await (const record of readTopic(log, receiptsTopic, options)) {
    const receipt = readOrSkip(() => readReceipt(record.value));
    if (receipt !== null) yield { receipt, partition: record.partition, offset: record.offset };
  }
}

/** The time of the oldest receipt that retention left; null when there are none, 0 when none was ever removed. */
export async function receiptHorizonMs(log: EventLog): Promise<number | null> {
  if (!(await log.topics()).some((topic) => topic.name === receiptsTopic)) return null;
  const partitions = await log.offsets(receiptsTopic);
  if (partitions.every(({ end }) => end === 0)) return null;
  let horizon = 0;
  for (const { partition, earliest } of partitions) {
    if (earliest > 0) horizon = Math.max(horizon, (await timestampAt(log, receiptsTopic, partition, earliest)) ?? 0);
  }
  return horizon;
}

/** The timestamp of the first record at or after an offset; null at the end of the partition. */
export async function timestampAt(log: EventLog, topic: string, partition: number, offset: number): Promise<number | null> {
  for await (const batch of log.read({ topic, partition, fromOffset: offset, maxBatchRecords: 1 })) return batch[0]!.timestampMs;
  return null;
}

/** Receipts are at least once: two that say the same count once. */
export const receiptKey = (receipt: EventReceipt): string =>
  JSON.stringify([
    receipt.service,
    receipt.handler,
    receipt.epoch,
    receipt.topic,
    receipt.partition,
    receipt.offset,
    receipt.outcome,
    receipt.attempt ?? null,
    receipt.atMs,
    receipt.requestId ?? null,
  ]);
