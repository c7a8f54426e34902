import type { LineLevel, ShippedLine } from "../system-topics/shipped-lines.ts";
import type { LineAbout } from "./line-about.ts";

/** A line that waits to be shipped; its text is null where it is too long to be looked into. */
export interface TakenLine {
  readonly text: string | null;
  readonly length: number;
  /** When it was taken: a line of a handler is older, and tells its own time. */
  readonly takenAtMs: number;
  readonly level: number;
  readonly about: LineAbout;
}

/** Reading a longer line takes the event loop longer than it may. */
export const longestLine = 256 * 1024;
const longestMessage = 8 * 1024;
const longestFields = 16 * 1024;

/** What every line has by itself, and the record or the line tells in its own place. */
const own = new Set(["level", "time", "service", "version", "instance", "correlationId", "tenantId", "msg", "rolledBack"]);
/** A line begins with them as they are; what a caller names alike comes later. */
const time = /^\{"level":"[a-z]+","time":(\d{1,16})[,}]/;

/** A line as it is shipped. What its text says of the event it is about counts only where nobody knows better. */
export function shippedLine({ text, length, takenAtMs, level, about }: TakenLine): ShippedLine {
  const line = { atMs: takenAtMs, level: levelOf(level), message: "" };
  if (text === null) return { ...line, message: `a line of ${length} characters is too long to be shipped`, ...about, cut: true };
  const atMs = Number(time.exec(text)?.[1] ?? takenAtMs);
  const found = parsed(text);
  if (found === null) return { ...line, atMs, message: "a line that is no JSON", ...about, cut: true };
  const { message, isCut } = messageOf(found["msg"]);
  const textAbout = aboutInText(found, about);
  const fields = fieldsOf(found, textAbout);
  const isWhole = fields === null || length <= longestFields || JSON.stringify(fields).length <= longestFields;
  return {
    ...line,
    atMs,
    message,
    ...textAbout,
    ...about,
    ...(found["rolledBack"] === true ? { rolledBack: true } : {}),
    ...(isCut || !isWhole ? { cut: true } : {}),
    ...(fields !== null && isWhole ? { fields } : {}),
  };
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}

function messageOf(msg: unknown): { message: string; isCut: boolean } {
  const text = typeof msg === "string" ? msg : msg === undefined ? "" : JSON.stringify(msg);
  return { message: text.slice(0, longestMessage).toWellFormed(), isCut: text.length > longestMessage };
}

function aboutInText(line: Record<string, unknown>, about: LineAbout): LineAbout {
  const found: Record<string, string> = {};
  for (const name of ["correlationId", "tenantId", "eventId", "handler"] as const) {
    const value = line[name];
    if (about[name] === undefined && typeof value === "string" && value !== "") found[name] = value.slice(0, 1024);
  }
  return found;
}

/** Null where there are none. */
function fieldsOf(line: Record<string, unknown>, told: LineAbout): Record<string, unknown> | null {
  const names = Object.keys(line).filter((name) => !own.has(name) && !(name in told));
  return names.length === 0 ? null : Object.fromEntries(names.map((name) => [name, line[name]]));
}

function levelOf(level: number): LineLevel {
  if (level >= 60) return "fatal";
  if (level >= 50) return "error";
  if (level >= 40) return "warn";
  if (level >= 30) return "info";
  return level >= 20 ? "debug" : "trace";
}
