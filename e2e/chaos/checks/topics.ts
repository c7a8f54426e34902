import type { EventLog, LogRecord } from "throughline";
import { header } from "../../../examples/shop/driver/log-reading.ts";
import { subjectsOutOfOrder } from "../../../examples/shop/driver/subject-order.ts";
import { type Check, check } from "./check.ts";

/** Each subject's events stand in order at their first appearances, and none is missing: as many different ones as orders. */
export async function checkTopics(log: EventLog, { orders, flagged }: { orders: number; flagged: number }): Promise<Check[]> {
  const expected = new Map([
    ["order.placed", orders],
    ["order.flagged", flagged],
    ["order.completed", orders],
    ["payment.taken", orders],
  ]);
  const unordered: string[] = [];
  const ids = new Map<string, Set<string>>();
  let records = 0;
  for (const topic of ["order", "payment"])
    for (const { partition } of await log.offsets(topic)) {
      const found = await readPartition(log, topic, partition);
      records += found.length;
      unordered.push(...subjectsOutOfOrder(found).map((subject) => `${subject} in ${topic}`));
      for (const record of found) {
        const type = header(record, "ce_type") ?? "";
        const known = ids.get(type) ?? new Set();
        ids.set(type, known);
        known.add(header(record, "ce_id") ?? "");
      }
    }
  const wrong = [...expected]
    .filter(([type, wanted]) => (ids.get(type)?.size ?? 0) !== wanted)
    .map(([type, wanted]) => `${ids.get(type)?.size ?? 0} different ${type} instead of ${wanted}`);
  const different = [...ids.values()].reduce((sum, { size }) => sum + size, 0);
  return [
    check("each subject's events in order, in the topics", unordered, `${records} records`),
    check("each event in its topic", wrong, `${different} different events, ${records - different} repetitions`),
  ];
}

async function readPartition(log: EventLog, topic: string, partition: number): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for await (const records of log.read({ topic, partition, fromOffset: 0 })) found.push(...records);
  return found;
}
