/** `test` is what a channel is tried with; it stands for no incident. */
export type AlertKind = "alert" | "escalation" | "recovery" | "test";

/** What somebody is told: one incident, at one moment. It holds names and numbers, and nothing of any event's data. */
export interface Alert {
  /** The same at every attempt to deliver it, so that a receiver can tell a repetition. */
  readonly id: string;
  readonly kind: AlertKind;
  /** What went wrong: a group is too far behind, or events failed for good. */
  readonly about: "lag" | "failures";
  readonly atMs: number;
  /** What the alert, its escalations and its recovery have in common. */
  readonly incidentId: string;
  /** The consumer group that is behind; the service whose events failed has the same name. */
  readonly group: string;
  /** A sentence. */
  readonly title: string;
  /** Further sentences, the most important first. */
  readonly lines: readonly string[];
  /** Where to look, if the control plane has an address. */
  readonly url: string | null;
  /** What the sentences say, for programs. */
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/** A way to tell somebody. */
export interface AlertChannel {
  /** Unique; in rules, in metrics and in the history. */
  readonly name: string;
  readonly kind: string;
  /** Where it goes, as may be shown: a host or addresses, never what is secret. */
  readonly target?: string;
  /**
   * Tells it once, within a time of its own. An alert that comes twice has the same id.
   * @throws ALERT_UNDELIVERED, which is tried again; ALERT_REFUSED and ALERT_TARGET_INSIDE, which are not
   */
  send(alert: Alert, signal?: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}

/** What came of trying a channel, in a sentence. */
export interface ChannelTrial {
  readonly ok: boolean;
  readonly sentence: string;
  readonly tookMs: number;
}

/** Sends a test through a channel, once, and tells what came of it. Never rejects. */
export async function testChannel(
  channel: AlertChannel,
  { id, nowMs, by }: { id: string; nowMs: number; by: string },
): Promise<ChannelTrial> {
  const startedAt = performance.now();
  const tookMs = (): number => Math.round(performance.now() - startedAt);
  try {
    await channel.send({
      id,
      kind: "test",
      about: "lag",
      atMs: nowMs,
      incidentId: id,
      group: "test",
      title: `This is a test of the alert channel "${channel.name}", asked for by ${by}.`,
      lines: ["Nothing is wrong. Alerts of this channel will look like this."],
      url: null,
      facts: { channel: channel.name, by },
    });
    return { ok: true, sentence: `The channel "${channel.name}" took the test in ${tookMs()} ms.`, tookMs: tookMs() };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return { ok: false, sentence: what[0]!.toUpperCase() + what.slice(1), tookMs: tookMs() };
  }
}
