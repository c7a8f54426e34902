/** Failures of a group are counted by the hour. */
export const hourMs = 3_600_000;

/** What of a letter decides where it counts. */
export interface CountedLetter {
  readonly state: string;
  readonly superseded: number;
  readonly tenant: number | null;
}

/** A letter that was replaced counts nowhere. */
export const countsAs = (row: CountedLetter, state: string): 0 | 1 => (row.superseded === 0 && row.state === state ? 1 : 0);
