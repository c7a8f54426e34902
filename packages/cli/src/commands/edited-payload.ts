import { isCloudEvent } from "throughline";
import type { ContractsLock } from "throughline/contracts";
import type { EventLog } from "throughline/seams";
import { type Failure, judgeEdit } from "@throughline/control/reading";
import { usageError } from "../cli-errors.ts";

export interface Edit {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** What was agreed, where there is a lock. */
  readonly lock: ContractsLock | null;
}

/**
 * What stands in for a dead letter's payload: JSON, without the line break that editors put at the end. Of a record that is no
 * CloudEvent nobody here knows what it is: there, the bytes as they are.
 */
export function editedPayload({ original }: Failure, { file, bytes }: Edit): Uint8Array {
  if (!isCloudEvent(original)) return bytes;
  const text = Buffer.from(bytes)
    .toString()
    .replace(/\r?\n$/, "");
  try {
    JSON.parse(text);
  } catch (error) {
    throw usageError(`--edit: ${file} is not JSON: ${(error as Error).message}`);
  }
  return Buffer.from(text);
}

/** Refuses an edit that its service would refuse, as far as contracts tell that here. Answers who was asked. */
export async function checkEditedPayload(
  log: EventLog,
  failure: Failure,
  value: Uint8Array,
  { file, lock }: Edit,
  signal: AbortSignal,
): Promise<string> {
  const { service } = failure.letter;
  const judged = isCloudEvent(failure.original) ? await judgeEdit(log, failure, value, { lock, signal }) : null;
  if (judged === null) return `${service} checks it against the schema`;
  const { problems, service: whose } = judged;
  const by = whose === null ? "the contracts lock" : `the contract of ${whose}`;
  if (problems.length === 0) return `it is valid by ${by}, and ${service} checks it again`;
  const told = problems.map(({ pointer, message }) => `${pointer} ${message}`.trim()).join("; ");
  throw usageError(`--edit: ${file} is not valid by ${by}: ${told}`);
}
