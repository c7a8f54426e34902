const dayMs = 24 * 60 * 60_000;

/** How long the watcher's store keeps what it knows. */
export interface LagRetention {
  /** How long history is kept. Default 14 days. */
  readonly historyMs?: number;
  /** The most points of history that are kept, about 200 bytes each. Default 1,000,000. */
  readonly historyPoints?: number;
}

export const defaultHistoryMs = 14 * dayMs;
export const defaultHistoryPoints = 1_000_000;
/** Of incidents that have ended, what was told of them, and silences that are over. */
export const incidentsKeptMs = 90 * dayMs;
