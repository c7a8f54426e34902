import type { EventLog, NewRecord } from "throughline/seams";
import { cliError } from "../cli-errors.ts";

/** Appends records and throws at the first that was refused. */
export async function appendAll(log: EventLog, records: readonly NewRecord[]): Promise<void> {
  const results = await log.append(records);
  const at = results.findIndex((result) => !result.ok);
  const refused = results[at];
  if (refused === undefined || refused.ok) return;
  throw cliError(
    "CLI_NOT_APPENDED",
    { topic: records[at]!.topic, written: at, total: records.length, reason: refused.error.message },
    refused.error,
  );
}
