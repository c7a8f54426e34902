/** What the event loop's thread and the watchdog's share. */
export const watchdogMemory = {
  bytes: 32,
  /**
   * 32-bit words: a count of heartbeats; 1 while a debugger may hold the event loop; what was begun last (0: nothing yet);
   * 1 when the service has started. Before that, and before anything was begun, it prepares its store, which may take its time.
   */
  word: { beats: 0, debugged: 1, run: 2, started: 3 },
  /** 64-bit numbers, behind them: the place of its event. */
  number: { partition: 2, offset: 3 },
} as const;

/** What the thread is given when it begins. */
export interface WatchdogSetup {
  readonly memory: SharedArrayBuffer;
  readonly standstillMs: number;
  readonly tickMs: number;
  /** What its line holds beside its text. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A name for the number in `run`, sent before that is used. */
export interface WatchdogRun {
  readonly run: number;
  readonly handler: string;
  readonly topic: string;
}
