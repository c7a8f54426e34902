import { randomUUID } from "node:crypto";
import type { Surroundings } from "throughline/seams";
import type { Audit } from "../audit/create-audit.ts";
import type { AccessStore } from "./access-store.ts";
import { Login } from "./login.ts";
import { createOidcLogin, type OidcLogin } from "./oidc/oidc-login.ts";
import type { OidcOptions } from "./oidc/oidc-options.ts";
import { type PasswordCost, Passwords } from "./passwords.ts";
import { Sessions, type SessionTimes, sessionTimes } from "./sessions.ts";
import { Tokens } from "./tokens.ts";
import { Users } from "./users.ts";

export interface AccessOptions {
  /**
   * `open`: whoever reaches the port may do everything; only for loopback. `login`: nobody may do anything without a session or a token.
   */
  readonly mode: "open" | "login";
  /** Who logs in with a password here. */
  readonly store: AccessStore;
  readonly audit: Audit;
  readonly surroundings: Surroundings;
  /** Where people reach it: `https://throughline.example.com`. */
  readonly publicUrl?: URL | null;
  /** Who logs in at a provider of identities. */
  readonly oidc?: OidcOptions | null;
  readonly times?: Partial<SessionTimes>;
  readonly passwordCost?: PasswordCost;
  /** Told where a login could not be written to the audit. */
  readonly onUnwritten?: (error: Error) => void;
}

/** Who may use the control plane, and how one finds out. */
export interface Access {
  readonly mode: "open" | "login";
  readonly publicUrl: URL | null;
  readonly isHttps: boolean;
  readonly store: AccessStore;
  readonly audit: Audit;
  readonly users: Users;
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly login: Login;
  readonly oidc: OidcLogin | null;
  readonly now: () => number;
  readonly newId: () => string;
  readonly onUnwritten: (error: Error) => void;
}

/** Ids and secrets come from the system, never from `surroundings`: what a seed decides, anybody with the seed knows. */
export function createAccess(options: AccessOptions): Access {
  const { mode, store, audit, surroundings, publicUrl = null, oidc: provider = null } = options;
  const now = (): number => surroundings.clock.now();
  const newId = (): string => randomUUID();
  const passwords = new Passwords(options.passwordCost);
  const sessions = new Sessions({ store, times: { ...sessionTimes, ...options.times }, now, newId });
  const needed = provider?.grants.some(({ grant }) => grant.role === "admin") === true ? "needs-none" : "needs-admin";
  const users = new Users({ store, passwords, audit, now, newId, needed });
  const onUnwritten = options.onUnwritten ?? (() => undefined);
  const login = new Login({ store, users, passwords, sessions, audit, now, newId, onUnwritten });
  const oidc = provider === null ? null : createOidcLogin(provider, { key: store.key, publicUrl, now });
  const isHttps = publicUrl?.protocol === "https:";
  const tokens = new Tokens({ store, audit, now, newId });
  return { mode, publicUrl, isHttps, store, audit, users, tokens, sessions, login, oidc, now, newId, onUnwritten };
}
