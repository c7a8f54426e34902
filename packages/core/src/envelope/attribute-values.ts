/** What attributes mean that are written as text. */

const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970; null for anything but an RFC 3339 time. */
export function timeMsOf(time: string | null): number | null {
  if (time === null || !DATE_TIME.test(time)) return null;
  const timeMs = Date.parse(time);
  return Number.isNaN(timeMs) ? null : timeMs;
}

/** A whole number of at least `least`, written in decimal digits; null for any other text. */
export function wholeNumber(text: string, least: number): number | null {
  if (!/^\d{1,16}$/.test(text)) return null;
  const number = Number(text);
  return number >= least && Number.isSafeInteger(number) ? number : null;
}

/** Whether data of this media type is JSON. */
export function isJsonType(contentType: string): boolean {
  if (contentType === "application/json") return true;
  const essence = (contentType.split(";", 1)[0] as string).trim().toLowerCase();
  return essence.endsWith("/json") || essence.endsWith("+json");
}
