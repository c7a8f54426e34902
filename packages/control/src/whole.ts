/** Anybody writes numbers, too: times may be fractions, or beyond all. */
export const whole = (value: number): number =>
  Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.round(value) || 0));
