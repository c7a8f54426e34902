import pg from "pg";
import type { Client, ClientConfig } from "pg";
import type { Clock, CommitNews } from "throughline/seams";

export interface WakeOptions {
  readonly config: ClientConfig;
  readonly channel: string;
  /** Behind a pooler nothing can be listened to: the others look by themselves. */
  readonly canListen: boolean;
  readonly clock: Clock;
  /** Something was committed that may be of interest. */
  readonly onWake: (news: CommitNews) => void;
}

const nothing: CommitNews = { hasPublished: false, hasMadeDue: false };
const anything: CommitNews = { hasPublished: true, hasMadeDue: true };
const shortestRetryMs = 100;
const longestRetryMs = 5_000;
const longestAnswerMs = 10_000;
/** Others are told at once, and then no more often than this: each NOTIFY is a transaction of the server's. */
const notifyEveryMs = 10;

/**
 * Tells other processes that a commit wrote something they wait for, and hears it from them: LISTEN and NOTIFY on a connection of
 * its own, after the commit. Inside the transaction, NOTIFY would make all commits of the server wait for each other. One that is
 * lost costs no more than the time until somebody looks by himself.
 */
export class Wake {
  readonly #options: WakeOptions;
  #client: Client | null = null;
  #isClosed = false;
  #isNotifying = false;
  #notifying: Promise<void> = Promise.resolve();
  #endPause: (() => void) | null = null;
  /** What the others were not told yet. */
  #untold: CommitNews = nothing;
  #retryMs = shortestRetryMs;
  #retry: { cancel(): void } | null = null;
  #connecting: Promise<void> = Promise.resolve();
  #hasConnected = false;

  constructor(options: WakeOptions) {
    this.#options = options;
  }

  /** Resolves when it listens, or once it is clear that it cannot yet; goes on trying then. */
  start(): Promise<void> {
    this.#connecting = this.#connect();
    return this.#connecting;
  }

  /** Wakes this process at once, and the others soon: many signals make one statement. Without news it does nothing. */
  signal({ hasPublished, hasMadeDue }: CommitNews): void {
    if (!hasPublished && !hasMadeDue) return;
    this.#options.onWake({ hasPublished, hasMadeDue });
    this.#untold = {
      hasPublished: hasPublished || this.#untold.hasPublished,
      hasMadeDue: hasMadeDue || this.#untold.hasMadeDue,
    };
    this.#notifySoon();
  }

  /** What was signalled is sent before. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#retry?.cancel();
    this.#endPause?.();
    await this.#connecting;
    await this.#notifying;
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const { config, channel, canListen, onWake } = this.#options;
    const client = new pg.Client({ ...config, keepAlive: true, query_timeout: longestAnswerMs });
    client.on("error", () => this.#lost(client));
    client.on("end", () => this.#lost(client));
    // Its own commits woke it already.
    client.on("notification", ({ processId, payload }) => {
      if (processId !== (client as unknown as { processID: number }).processID) onWake(newsOf(payload));
    });
    try {
      await client.connect();
      // What a server that dies had still to tell is of no use to anybody.
      if (canListen) await client.query(`SET synchronous_commit = off; LISTEN ${channel}`);
    } catch {
      await client.end().catch(() => undefined);
      this.#tryAgain();
      return;
    }
    this.#client = client;
    this.#retryMs = shortestRetryMs;
    if (this.#isClosed) return;
    // What was told meanwhile was not heard.
    if (this.#hasConnected) onWake(anything);
    this.#hasConnected = true;
    this.#notifySoon();
  }

  #lost(client: Client): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.#tryAgain();
  }

  #tryAgain(): void {
    if (this.#isClosed || this.#retry !== null) return;
    this.#retry = this.#options.clock.after(this.#retryMs, () => {
      this.#retry = null;
      if (!this.#isClosed) this.#connecting = this.#connect();
    });
    this.#retryMs = Math.min(longestRetryMs, this.#retryMs * 2);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(notifyEveryMs, resolve);
      this.#endPause = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  #notifySoon(): void {
    if (this.#isNotifying) return;
    this.#isNotifying = true;
    this.#notifying = this.#notify();
  }

  async #notify(): Promise<void> {
    try {
      while (this.#untold !== nothing && this.#client !== null) {
        const payload = payloadOf(this.#untold);
        this.#untold = nothing;
        await this.#client.query(`NOTIFY ${this.#options.channel}, '${payload}'`);
        if (!this.#isClosed) await this.#pause();
      }
    } catch {
      // Whoever waits looks by himself, and at once when this process listens again.
    } finally {
      this.#isNotifying = false;
    }
  }
}

function payloadOf({ hasPublished, hasMadeDue }: CommitNews): string {
  return [hasPublished ? "published" : "", hasMadeDue ? "due" : ""].filter(Boolean).join(" ");
}

/** Whoever notifies without saying of what may mean anything. */
function newsOf(payload: string | undefined): CommitNews {
  const words = (payload ?? "").split(" ").filter(Boolean);
  return words.length === 0 ? anything : { hasPublished: words.includes("published"), hasMadeDue: words.includes("due") };
}
