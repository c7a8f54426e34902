import { join } from "node:path";
import { openSqliteLog } from "@throughline/sqlite";
import type { BenchRow } from "../bench-row.ts";
import { handRecords } from "../by-hand/hand-event.ts";
import { HandLog } from "../by-hand/hand-log.ts";
import { inBatches, OrderCompleted, orderRecords } from "../order-events.ts";
import { rateOf, startStopwatch } from "../stopwatch.ts";

export const embeddedAppend: BenchRow = {
  name: "embedded-append",
  covers: "460-byte events with 13 headers, encoded before, appended to six partitions of the embedded log, 500 in a call.",
  unit: "events/s",
  events: 100_000,
  rounds: 5,
  limit: 200_000,
  async ours({ events, folder }) {
    await using log = await openSqliteLog(join(folder, "events.db"));
    await log.createTopics([{ name: OrderCompleted.stream, partitions: 6 }]);
    const batches = inTurns(inBatches(orderRecords(Math.min(events, kept))), events);
    const stop = startStopwatch();
    for (const records of batches) await log.append(records);
    const spent = stop();
    const ends = await log.offsets(OrderCompleted.stream);
    if (ends.reduce((sum, { end }) => sum + end, 0) !== events) throw new Error("some events were not appended");
    return rateOf(spent, events);
  },
  peers: [
    {
      name: "by hand",
      async measure({ events, folder }) {
        const log = new HandLog(join(folder, "events.db"));
        const batches = inTurns(inBatches(handRecords(Math.min(events, kept))), events);
        const stop = startStopwatch();
        for (const records of batches) log.append(records);
        const spent = stop();
        log.close();
        return rateOf(spent, events);
      },
    },
  ],
};

/** As many events are made before; then the same ones are appended again. All at once in memory would be work of its own. */
const kept = 5_000;

/** The batches over and over, until they hold `events` events. */
function* inTurns<T>(batches: readonly (readonly T[])[], events: number): Generator<readonly T[]> {
  for (let left = events; left > 0;) {
    for (const batch of batches) {
      if (left > 0) yield batch.slice(0, left);
      left -= batch.length;
    }
  }
}
