import type { AccessStore, StoredSession } from "./access-store.ts";
import { type Actor, actorOf } from "./actor.ts";
import type { Grant } from "./grants.ts";
import { hashOfSecret, newSecret } from "./secrets.ts";

export interface SessionTimes {
  /** A session that is not used for so long is over. Default 12 hours. */
  readonly idleMs: number;
  /** And after so long in any case. Default 7 days. */
  readonly longestMs: number;
  /** Of those whom a provider vouches for: what it says of them counts for so long. Default 12 hours. */
  readonly providedMs: number;
}

const hourMs = 3_600_000;
export const sessionTimes: SessionTimes = { idleMs: 12 * hourMs, longestMs: 7 * 24 * hourMs, providedMs: 12 * hourMs };

export interface NewSession {
  readonly user: string;
  /** Null: those of the user of that name, as they are when they are asked for. */
  readonly grants: readonly Grant[] | null;
  readonly address: string;
  readonly agent: string;
}

export interface SessionsOptions {
  readonly store: AccessStore;
  readonly times: SessionTimes;
  readonly now: () => number;
  readonly newId: () => string;
}

const aSecret = /^[\w-]{43}$/;
const longestAgent = 200;
/** A token that has ended is still listed for so long. */
const tokensShownMs = 30 * 24 * hourMs;
/** A use is noted no more often. */
const noteEveryMs = 60_000;

/** Sessions of people who logged in. A secret is always made here, never taken from who comes. */
export class Sessions {
  readonly #options: SessionsOptions;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  async begin({ user, grants, address, agent }: NewSession): Promise<{ session: StoredSession; secret: string }> {
    const { store, times, now, newId } = this.#options;
    const nowMs = now();
    await store.prune({ sessionsMs: nowMs, idleSinceMs: nowMs - times.idleMs, tokensMs: nowMs - tokensShownMs });
    const secret = newSecret();
    const session: StoredSession = {
      id: newId(),
      hash: hashOfSecret(secret),
      user,
      grants,
      createdAtMs: nowMs,
      seenAtMs: nowMs,
      endsAtMs: nowMs + (grants === null ? times.longestMs : times.providedMs),
      address,
      agent: agent.slice(0, longestAgent),
    };
    await store.addSession(session);
    return { session, secret };
  }

  /** Who comes with a session; null where it is none, or none any more. That it was only looked after is no use of it. */
  async actor(secret: string, isUse = true): Promise<Actor | null> {
    const { store, times, now } = this.#options;
    if (!aSecret.test(secret)) return null;
    const found = await store.session(hashOfSecret(secret));
    if (found === null) return null;
    const { session, grants } = found;
    const nowMs = now();
    if (session.endsAtMs <= nowMs || session.seenAtMs + times.idleMs <= nowMs) return null;
    if (isUse && nowMs - session.seenAtMs >= noteEveryMs) await store.touchSession(session.id, nowMs);
    return actorOf({ name: session.user, kind: session.grants === null ? "user" : "oidc", grants, credential: session.id });
  }

  async list(): Promise<StoredSession[]> {
    const { store, times, now } = this.#options;
    const nowMs = now();
    return (await store.sessions(nowMs)).filter(({ seenAtMs }) => seenAtMs + times.idleMs > nowMs);
  }

  end(id: string): Promise<StoredSession | null> {
    return this.#options.store.endSession(id);
  }
}
