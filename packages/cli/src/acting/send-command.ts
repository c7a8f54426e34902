import type { EventLog } from "throughline/seams";
import { auditRecord, auditTopic, type Command, commandRecord, commandsTopic, topicSpec } from "throughline/system-topics";
import { appendAll } from "./append-all.ts";

/** Writes a command for a service, its audit entry first: nothing is done that nobody wrote down. */
export async function sendCommand(log: EventLog, command: Command): Promise<void> {
  await log.createTopics([topicSpec(commandsTopic), topicSpec(auditTopic)]);
  const { command: action, service, handler, by, reason, atMs, commandId } = command;
  await appendAll(log, [auditRecord({ action, service, handler, by, reason, atMs, id: commandId })]);
  await appendAll(log, [commandRecord(command)]);
}
