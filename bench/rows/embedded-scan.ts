import { join } from "node:path";
import { openSqliteLog } from "@throughline/sqlite";
import { decodeEvent } from "throughline";
import type { BenchRow } from "../bench-row.ts";
import { handRecords, readByHand } from "../by-hand/hand-event.ts";
import { HandLog, partitionCount } from "../by-hand/hand-log.ts";
import { inBatches, OrderCompleted, type OrderData, orderRecords } from "../order-events.ts";
import { rateOf, startStopwatch } from "../stopwatch.ts";

export const embeddedScan: BenchRow = {
  name: "embedded-scan",
  covers:
    "460-byte events with 13 headers read from the embedded log in batches of 500, decoded, their JSON parsed, one field used.",
  unit: "events/s",
  events: 100_000,
  rounds: 5,
  limit: 300_000,
  async ours({ events, folder }) {
    await using log = await openSqliteLog(join(folder, "events.db"));
    await log.createTopics([{ name: OrderCompleted.stream, partitions: partitionCount }]);
    for (const records of inBatches(orderRecords(events))) await log.append(records);
    const stop = startStopwatch();
    let sum = 0;
    for (let partition = 0; partition < partitionCount; partition += 1)
      for await (const records of log.read({ topic: OrderCompleted.stream, partition, fromOffset: 0 }))
        for (const record of records) sum += (decodeEvent(record).data() as OrderData).total;
    const spent = stop();
    checkSum(sum, events);
    return rateOf(spent, events);
  },
  peers: [
    {
      name: "by hand",
      async measure({ events, folder }) {
        const log = new HandLog(join(folder, "events.db"));
        for (const records of inBatches(handRecords(events))) log.append(records);
        const stop = startStopwatch();
        let sum = 0;
        for (let partition = 0; partition < partitionCount; partition += 1) {
          for (let from = 0; ;) {
            const records = log.read(partition, from, 500);
            if (records.length === 0) break;
            for (const record of records) sum += readByHand(record).data.total;
            from += records.length;
          }
        }
        const spent = stop();
        log.close();
        checkSum(sum, events);
        return rateOf(spent, events);
      },
    },
  ],
};

/** The totals are 0, 1, 2 … */
function checkSum(sum: number, events: number): void {
  if (sum !== (events * (events - 1)) / 2) throw new Error("some events were not read, or read twice");
}
