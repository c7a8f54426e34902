import type { EventLog } from "throughline";
import { readReceipt, receiptsTopic, unpackDurations } from "throughline/system-topics";
import type { Databases } from "../../places/databases.ts";
import { type Check, check } from "./check.ts";

/** Whatever the services' stores say was applied has a receipt in the log. It may have more than one. */
export async function checkReceipts(log: EventLog, databases: Databases, services: readonly string[]): Promise<Check> {
  const told = await toldOffsets(log);
  const wrong: string[] = [];
  let applied = 0;
  for (const service of services) {
    const cursors = await databases.all(
      service,
      `SELECT DISTINCT c.handler_id, n.name, c.topic, c.partition FROM throughline_cursors AS c
       JOIN throughline_handler_names AS n ON n.handler_id = c.handler_id`,
    );
    for (const { handler_id, name, topic, partition } of cursors) {
      const offsets = told.get(`${service}/${name}/${topic}/${partition}`);
      const rows = await databases.all(
        service,
        "SELECT record_offset FROM throughline_inbox WHERE handler_id = ? AND record_partition = ? AND outcome = 0",
        Number(handler_id),
        Number(partition),
      );
      applied += rows.length;
      for (const { record_offset } of rows)
        if (offsets?.has(Number(record_offset)) !== true) wrong.push(`${service}/${name} ${topic}/${partition}@${record_offset}`);
    }
  }
  return check("a receipt for whatever was applied", wrong, `${applied} applied, ${wrong.length} without`);
}

/** Offsets that receipts say were applied, by handler and partition. */
async function toldOffsets(log: EventLog): Promise<Map<string, Set<number>>> {
  const told = new Map<string, Set<number>>();
  for (const { partition } of await log.offsets(receiptsTopic))
    for await (const records of log.read({ topic: receiptsTopic, partition, fromOffset: 0 }))
      for (const { value } of records) {
        const receipt = readReceipt(value);
        if (receipt === null) continue;
        const key = `${receipt.service}/${receipt.handler}/${receipt.topic}/${receipt.partition}`;
        const offsets = told.get(key) ?? new Set();
        told.set(key, offsets);
        if (receipt.kind === "event") {
          if (receipt.outcome === "applied") offsets.add(receipt.offset);
        } else
          for (const [i, micros] of unpackDurations(receipt.applied).entries())
            if (micros !== null) offsets.add(receipt.from + i);
      }
  return told;
}
