/** PostgreSQL's texts hold no NUL, and UTF-8 no half of a character. */
export const storable = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD");
export const storableOrNull = (text: string | null): string | null => (text === null ? null : storable(text));
/** Anybody writes numbers, too: times may be fractions, or beyond all. */
export const whole = (value: number): number =>
  Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.round(value) || 0));
