/** Events of one type, source and version, since the index began. */
export interface TypeSeen {
  readonly type: string;
  readonly source: string;
  /** Null where events name none. */
  readonly dataVersion: number | null;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Where the newest stands. */
  readonly last: { readonly topic: string; readonly partition: number; readonly offset: number };
}

/** Events of one type and source that came into a topic. */
export interface Traffic {
  readonly topic: string;
  readonly type: string;
  readonly source: string;
  readonly count: number;
}

/** Events are counted by the minute for so long. */
export const trafficKeptMs = 2 * 86_400_000;

/** Sources may be as many as instances, and anybody may publish: what came last, or most, is shown. */
export const mostShown = 5_000;
