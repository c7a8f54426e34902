import { isCloudEvent } from "throughline";
import type { Failure } from "@throughline/control/reading";
import { usageError } from "../cli-errors.ts";

export interface Edit {
  readonly file: string;
  readonly bytes: Uint8Array;
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
