import { existsSync, readFileSync } from "node:fs";

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly service?: string;
  readonly correlationId?: string;
}

export const isErrorLine = ({ level }: LogLine): boolean => level === "error" || level === "fatal";

/** The JSON lines that a service has logged. What else it printed, such as a stack of Node's, is left out. */
export function readLogLines(file: string): LogLine[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => JSON.parse(line) as LogLine);
}
