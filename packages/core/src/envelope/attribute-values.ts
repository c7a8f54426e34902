/** What attributes mean that are written as text. */

const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970; null for anything but an RFC 3339 time. */
export function timeMsOf(time: string | null): number | null {
  if (time === null || !DATE_TIME.test(time)) return null;
  const timeMs = Date.parse(time);
  return Number.isNaN(timeMs) ? null : timeMs;
}

/** A whole number of at least `least`, written in at most 16 decimal digits; null for any other text. */
export function wholeNumber(text: string, least: number): number | null {
  return wholeNumberIn(Buffer.from(text), least);
}

/** The same for text that is still bytes: decoding it first would cost more than reading it. */
export function wholeNumberIn(bytes: Uint8Array, least: number, start = 0, end = bytes.length): number | null {
  if (start === end || end - start > 16) return null;
  let number = 0;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] as number) - 0x30;
    if (digit < 0 || digit > 9) return null;
    number = number * 10 + digit;
  }
  return number >= least && Number.isSafeInteger(number) ? number : null;
}

/** Whether data of this media type is JSON. */
export function isJsonType(contentType: string): boolean {
  if (contentType === "application/json") return true;
  const essence = (contentType.split(";", 1)[0] as string).trim().toLowerCase();
  return essence.endsWith("/json") || essence.endsWith("+json");
}
