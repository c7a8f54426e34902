import type { Readable } from "node:stream";
import { createInterface } from "node:readline";

/** Calls `onLine` with each line of a stream; settles when the stream has ended and its last line was given. */
export function eachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on("line", onLine);
  return new Promise((resolve) => lines.on("close", resolve));
}
