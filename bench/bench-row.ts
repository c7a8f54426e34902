/** What one measured piece of work took. */
export interface Spent {
  readonly wallMs: number;
  /** Of all threads of this process. */
  readonly cpuMs: number;
}

export interface Workload {
  readonly events: number;
  /** Empty, of its own for each measurement, and removed after it. */
  readonly folder: string;
}

/** Prepares, does the work on `events` events under a stopwatch, checks that it was done, and cleans up. */
export type Measurement = (workload: Workload) => Promise<Spent>;

/** What a row must reach: a part of its peer's figure in the same run, or a figure. */
export type Goal =
  | { readonly kind: "part-of-peer"; readonly atLeast: number }
  | { readonly kind: "figure"; readonly atLeast: number };

/** One line of the table. */
export interface BenchRow {
  /** The first word is the group, as in `npm run bench -- embedded`. */
  readonly name: string;
  /** One sentence: from where to where it is measured. */
  readonly covers: string;
  readonly unit: string;
  /** How many events one measurement works on, unless the command says otherwise. */
  readonly events: number;
  readonly ours: Measurement;
  /** Code written by hand, without Throughline, that has the same effects. */
  readonly peer: Measurement;
  readonly goal: Goal;
}
