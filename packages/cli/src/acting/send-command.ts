import type { EventLog } from "throughline/seams";
import { auditRecord, auditTopic, type Command, commandRecord, commandsTopic, topicSpec } from "throughline/system-topics";
import { appendAll } from "./append-all.ts";

/** Writes a command for a service, and its audit entry. */
export async function sendCommand(log: EventLog, command: Command): Promise<void> {
  await log.createTopics([topicSpec(commandsTopic), topicSpec(auditTopic)]);
  await appendAll(log, [commandRecord(command)]);
  const { command: action, service, handler, by, reason, atMs, commandId } = command;
  await appendAll(log, [auditRecord({ action, service, handler, by, reason, atMs, id: commandId })]);
}
