import { randomUUID } from "node:crypto";
import type { MemoryLog } from "../src/index.ts";
import {
  type Command,
  type CommandAnswer,
  commandRecord,
  readAnnouncement,
  type ServiceAnnouncement,
} from "../src/system-topics/index.ts";
import { readAll, until } from "./harness.ts";

type OperatorCommand = Exclude<Command, { command: `replay${string}` }>;
type Without<T> = T extends unknown ? Omit<T, "commandId" | "service" | "by" | "reason" | "atMs"> : never;

/** Sends a command to the service "reader" and waits for its answer. */
export async function ask(log: MemoryLog, command: Without<OperatorCommand>, service = "reader"): Promise<CommandAnswer> {
  const commandId = await send(log, command, service);
  let answer: CommandAnswer | undefined;
  await until(`an answer to ${command.command}`, async () => {
    answer = (await announcements(log)).flatMap(({ answers = [] }) => answers).find((one) => one.commandId === commandId);
    return answer !== undefined;
  });
  return answer!;
}

export async function send(log: MemoryLog, command: Without<OperatorCommand>, service = "reader"): Promise<string> {
  const commandId = randomUUID();
  const origin = { commandId, service, by: "ann", reason: "an incident", atMs: Date.now() };
  await log.append([commandRecord({ ...command, ...origin })]);
  return commandId;
}

/** The last one of each instance. */
export async function announcements(log: MemoryLog): Promise<ServiceAnnouncement[]> {
  const latest = new Map<string, ServiceAnnouncement>();
  for (const { value } of await readAll(log, "throughline.services")) {
    const announcement = readAnnouncement(value);
    if (announcement !== null) latest.set(`${announcement.service}/${announcement.instance}`, announcement);
  }
  return [...latest.values()];
}
