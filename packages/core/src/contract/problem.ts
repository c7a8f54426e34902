/** One thing that is wrong with an event's data or with a contract. */
export interface Problem {
  /** Where, as a JSON pointer; empty for the whole. */
  readonly pointer: string;
  /** A sentence that goes on from there: `must be an integer, but is "12"`. */
  readonly message: string;
}
