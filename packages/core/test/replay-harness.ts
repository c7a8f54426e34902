import { randomUUID } from "node:crypto";
import type { MemoryLog } from "../src/index.ts";
import { commandRecord, readAnnouncement, type ReplayProgress, type ReplayStart } from "../src/system-topics/index.ts";
import { readAll } from "./harness.ts";

export const everything = { fromMs: null, toMs: null, types: null, subjects: null };

export async function replay(
  log: MemoryLog,
  handler: string,
  more: Partial<ReplayStart> & Pick<ReplayStart, "kind">,
): Promise<string> {
  const commandId = randomUUID();
  await log.append([
    commandRecord({
      command: "replay",
      commandId,
      service: "reader",
      handler,
      by: "ann",
      reason: null,
      atMs: Date.now(),
      range: everything,
      ratePerSecond: null,
      publish: false,
      ...more,
    }),
  ]);
  return commandId;
}

export async function progress(log: MemoryLog, commandId: string): Promise<ReplayProgress | undefined> {
  const announcements = (await readAll(log, "throughline.services"))
    .map(({ value }) => readAnnouncement(value))
    .filter((found) => found !== null);
  return announcements
    .at(-1)
    ?.handlers.flatMap(({ replays }) => replays)
    .find((found) => found.commandId === commandId);
}
