import type { Grant } from "./grants.ts";
import type { RateLimit } from "./rate-limit.ts";

/**
 * Who may use the control plane: users, sessions, tokens, and how often passwords were tried. A store of its own, for it cannot be read
 * from the log: a file of SQLite, or PostgreSQL for several control planes. Secrets are kept as hashes only. Each call is one transaction.
 */
export interface AccessStore {
  /** 32 bytes of this control plane, made with the store: what it seals, it can unseal after a restart. */
  readonly key: Buffer;

  users(): Promise<StoredUser[]>;
  user(name: string): Promise<StoredUser | null>;
  /** False: there is one of that name. */
  addUser(user: StoredUser): Promise<boolean>;
  /** Adds an admin, if there is no user at all. */
  addFirstUser(user: StoredUser): Promise<boolean>;
  /** Also ends the user's sessions, except `keepSession`, where the change asks for it. */
  changeUser(name: string, change: UserChange, needed: NeededAdmin): Promise<UserChanged>;
  removeUser(name: string, needed: NeededAdmin): Promise<UserChanged>;

  addSession(session: StoredSession): Promise<void>;
  /** A session by the hash of its secret, with the user it is of; null where there is none, or its user is gone or locked. */
  session(hash: string): Promise<FoundSession | null>;
  sessions(nowMs: number): Promise<StoredSession[]>;
  /** Notes that a session was used. */
  touchSession(id: string, atMs: number): Promise<void>;
  /** Answers with what it ended; null where there was none. */
  endSession(id: string): Promise<StoredSession | null>;

  addToken(token: StoredToken): Promise<boolean>;
  token(hash: string): Promise<StoredToken | null>;
  tokens(): Promise<StoredToken[]>;
  touchToken(id: string, atMs: number): Promise<void>;
  endToken(id: string): Promise<StoredToken | null>;

  /**
   * Counts an attempt in each bucket, or, where one of them is full, in none. Answers how many milliseconds to wait; 0: it was counted.
   * Of many at once no more are counted than of one after the other.
   */
  takeAttempts(attempts: readonly Attempt[], nowMs: number): Promise<number>;
  giveBackAttempts(attempts: readonly Attempt[]): Promise<void>;

  /** Removes sessions and tokens that ended before a time. */
  prune(ended: { readonly sessionsMs: number; readonly idleSinceMs: number; readonly tokensMs: number }): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Attempt {
  readonly bucket: number;
  readonly limit: RateLimit;
}

export interface StoredUser {
  /** In small letters. */
  readonly name: string;
  readonly passwordHash: string;
  readonly grants: readonly Grant[];
  readonly isLocked: boolean;
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly loggedInAtMs: number | null;
}

export interface UserChange {
  readonly passwordHash?: string;
  readonly grants?: readonly Grant[];
  readonly isLocked?: boolean;
  readonly loggedInAtMs?: number;
  /** Ends the user's sessions, all but one. */
  readonly endSessions?: { readonly except: string | null };
}

/** Whether a user of ours must remain who decides about access. A provider of identities can name some, too. */
export type NeededAdmin = "needs-admin" | "needs-none";

/** `last-admin`: it was not done, for nobody could decide about access any more. */
export type UserChanged = "done" | "unknown" | "last-admin";

export interface StoredSession {
  /** Names it, and lets nobody in. */
  readonly id: string;
  readonly hash: string;
  readonly user: string;
  /** What the provider said somebody may do, at login; null is a user of ours, whose grants count as they are now. */
  readonly grants: readonly Grant[] | null;
  readonly createdAtMs: number;
  readonly seenAtMs: number;
  readonly endsAtMs: number;
  readonly address: string;
  readonly agent: string;
}

export interface FoundSession {
  readonly session: StoredSession;
  readonly grants: readonly Grant[];
}

export interface StoredToken {
  readonly id: string;
  readonly hash: string;
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly usedAtMs: number | null;
}
