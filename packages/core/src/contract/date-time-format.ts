import { fullFormats } from "ajv-formats/dist/formats.js";

const { "date-time": full } = fullFormats;
const validateFully = (typeof full === "object" && "validate" in full ? full.validate : full) as (text: string) => boolean;

/**
 * The `date-time` format of JSON Schema (RFC 3339), as Ajv checks it. Nearly every time is written in one way, which is
 * recognised by its characters; all others, and days that not each month has, are left to Ajv's own.
 */
export function isDateTime(text: string): boolean {
  return isPlainDateTime(text) || validateFully(text);
}

/** `2026-01-28T23:59:59.123Z`, or with an offset such as `+02:00`. */
function isPlainDateTime(text: string): boolean {
  if (text.length < 20 || text[4] !== "-" || text[7] !== "-" || text[10] !== "T" || text[13] !== ":" || text[16] !== ":")
    return false;
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const isPlain =
    twoDigits(text, 0) >= 0 &&
    twoDigits(text, 2) >= 0 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 28 &&
    isWithin(text, 11, 23) &&
    isWithin(text, 14, 59) &&
    isWithin(text, 17, 59);
  if (!isPlain) return false;
  let at = 19;
  if (text[at] === ".") {
    at += 1;
    const from = at;
    while (isDigit(text.charCodeAt(at))) at += 1;
    if (at === from) return false;
  }
  if (text[at] === "Z") return text.length === at + 1;
  const hasOffset = (text[at] === "+" || text[at] === "-") && text[at + 3] === ":" && text.length === at + 6;
  return hasOffset && isWithin(text, at + 1, 23) && isWithin(text, at + 4, 59);
}

function isWithin(text: string, at: number, most: number): boolean {
  const number = twoDigits(text, at);
  return number >= 0 && number <= most;
}

/** -1 where there are none. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at);
  const ones = text.charCodeAt(at + 1);
  return isDigit(tens) && isDigit(ones) ? (tens - 48) * 10 + ones - 48 : -1;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
