import type { ShippedLine, ShippedLines } from "throughline/system-topics";
import { lineLevels } from "../log-lines/log-line.ts";

const isText = (value: unknown): value is string => typeof value === "string";
const isTextOrAbsent = (value: unknown): boolean => value === undefined || isText(value);
const isTime = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isCountOrAbsent = (value: unknown): boolean =>
  value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0);
const isMarkOrAbsent = (value: unknown): boolean => value === undefined || value === true;

/** Whether a record of `throughline.logs` has the form that it should have. Anybody may write there. */
export function isShippedLines(value: unknown): value is ShippedLines {
  if (!isObject(value)) return false;
  const { service, instance, version, atMs, lines, dropped } = value;
  return (
    [service, instance, version].every(isText) &&
    isTime(atMs) &&
    Array.isArray(lines) &&
    lines.every(isLine) &&
    (dropped === undefined || isDropped(dropped))
  );
}

function isLine(value: unknown): value is ShippedLine {
  if (!isObject(value)) return false;
  const { atMs, level, message, correlationId, tenantId, eventId, handler, attempt, traceId, rolledBack, cut, fields } = value;
  return (
    isTime(atMs) &&
    (lineLevels as readonly unknown[]).includes(level) &&
    isText(message) &&
    [correlationId, tenantId, eventId, handler, traceId].every(isTextOrAbsent) &&
    isCountOrAbsent(attempt) &&
    [rolledBack, cut].every(isMarkOrAbsent) &&
    (fields === undefined || isObject(fields))
  );
}

function isDropped(value: unknown): boolean {
  return isObject(value) && [value["fromMs"], value["toMs"]].every(isTime) && Number.isSafeInteger(value["count"]);
}
