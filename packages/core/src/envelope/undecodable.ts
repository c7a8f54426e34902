import { coreError, type ThroughlineError } from "../errors/index.ts";
import type { LogRecord } from "../seams/event-log.ts";
import { decodeStrictly, indexOfBadByte } from "./utf8.ts";

/** @param where The attribute or part of the record, as the producer knows it: `ce_id`, `value`. */
export function undecodable({ topic, partition, offset }: LogRecord, where: string, problem: string): ThroughlineError {
  return coreError("EVENT_UNDECODABLE", { topic, partition, offset, where, problem });
}

export function readText(record: LogRecord, where: string, bytes: Uint8Array): string {
  try {
    return decodeStrictly(bytes);
  } catch {
    const at = indexOfBadByte(bytes);
    throw undecodable(record, where, `is not UTF-8: byte ${at} is 0x${bytes[at]?.toString(16).padStart(2, "0")}`);
  }
}

export function readJson(record: LogRecord, where: string, bytes: Uint8Array): unknown {
  const text = readText(record, where, bytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw undecodable(record, where, `is not JSON${jsonProblem(text, (error as Error).message)}`);
  }
}

/** V8's own message quotes the data, which may be personal; only the place is taken from it. */
function jsonProblem(text: string, message: string): string {
  if (text.trim() === "") return ": it is empty";
  if (/end of JSON|unterminated/i.test(message)) return ": it ends too early";
  const position = /at position (\d+)/.exec(message)?.[1];
  return position === undefined ? "" : `: something unexpected stands at character ${position}`;
}
