import type { EventLog } from "throughline/seams";
import { HandlerReceipts } from "../flow/handler-receipts.ts";
import type { LoggedEvent } from "./flow-events.ts";
import { readReceipts } from "./receipts.ts";
import type { ScanOptions } from "./scan.ts";

/** Reads what receipts tell of some events. Receipts of reruns, which happen beside live, are left out. */
export async function readHandled(
  log: EventLog,
  events: readonly LoggedEvent[],
  isRerun: (service: string, handler: string, epoch: number) => boolean,
  options: ScanOptions & { sinceMs: number },
): Promise<HandlerReceipts> {
  const places = new Map<string, { topic: string; partition: number; offset: number }[]>();
  for (const place of events.flatMap((logged) => logged.places)) {
    const key = `${place.topic}/${place.partition}`;
    places.set(key, [...(places.get(key) ?? []), place]);
  }
  const handled = new HandlerReceipts();
  for await (const { receipt, partition, offset } of readReceipts(log, options)) {
    const inPartition = places.get(`${receipt.topic}/${receipt.partition}`);
    if (isRerun(receipt.service, receipt.handler, receipt.epoch)) continue;
    if (receipt.kind === "range") handled.addRange(receipt, inPartition ?? []);
    else if (inPartition?.some((place) => place.offset === receipt.offset)) handled.addTold({ receipt, partition, offset });
  }
  return handled;
}
