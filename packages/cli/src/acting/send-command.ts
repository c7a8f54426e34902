import type { EventLog } from "throughline/seams";
import { auditTopic, commandRecord, commandsTopic, type Command } from "throughline/system-topics";
import { appendAll } from "./append-all.ts";
import { auditRecord } from "./audit-record.ts";

/** Writes a command for a service, and its audit entry. */
export async function sendCommand(log: EventLog, command: Command): Promise<void> {
  await log.createTopics([
    { name: commandsTopic, partitions: 1, compacted: true },
    { name: auditTopic, partitions: 1 },
  ]);
  await appendAll(log, [commandRecord(command)]);
  const { command: action, service, handler, by, reason, atMs, commandId } = command;
  await appendAll(log, [auditRecord({ action, service, handler, by, reason, atMs, id: commandId })]);
}
