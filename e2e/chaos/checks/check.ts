/** One line of the report. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, in a few words. */
  readonly found: string;
  /** Examples of what is wrong; empty when it holds. */
  readonly wrong: readonly string[];
}

export function check(name: string, wrong: readonly string[], found: string): Check {
  return { name, ok: wrong.length === 0, found, wrong: wrong.slice(0, 10) };
}
