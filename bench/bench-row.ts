import type { BenchServices } from "./bench-services.ts";

export interface Workload {
  /** How many events this measurement works on. */
  readonly events: number;
  /** Empty, of its own for each measurement, and removed after it. */
  readonly folder: string;
  /** A broker and a database, started by whoever asks first. */
  readonly services: BenchServices;
}

/** What one measurement found. */
export interface Measured {
  /** In the row's unit. */
  readonly figure: number;
  /** Of all threads of this process, for each event; absent where other processes did the work. */
  readonly cpuMsPerEvent?: number;
  /** What else is worth knowing, in the row's notes. The last round's counts. */
  readonly note?: string;
  /** Why the goal is missed, whatever the figure. */
  readonly failure?: string;
}

/** Prepares, does the work on `events` events, checks that it was done, and cleans up. */
export type Measurement = (workload: Workload) => Promise<Measured>;

/** What the row is compared with, in the same run. */
export interface Peer {
  /** As in "at least 6 x <name>". */
  readonly name: string;
  readonly measure: Measurement;
  /** Ours must be at least so many times the peer's figure, or at most, where less is better. Without it, it is only shown. */
  readonly times?: number;
  /** A slow one works on this part of the events. Default: 1. */
  readonly share?: number;
}

/** One line of the table. */
export interface BenchRow {
  /** The first word is the group, as in `npm run bench -- embedded`. */
  readonly name: string;
  /** From where to where it is measured. */
  readonly covers: string;
  readonly unit: string;
  /** How many events one measurement works on, unless the command says otherwise. */
  readonly events: number;
  /** How often it is measured, unless the command says otherwise. */
  readonly rounds: number;
  /** Rounds before those, of all sides, that count for nothing: a new broker and new code are still being compiled. Default: 0. */
  readonly warmUps?: number;
  /** Default: `more`. */
  readonly better?: "more" | "less";
  readonly ours: Measurement;
  readonly peers: readonly Peer[];
  /** A figure that must be reached, or not passed where less is better, whatever the peers do. */
  readonly limit?: number;
}
