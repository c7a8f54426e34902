import type { FastifyRequest } from "fastify";
import { isThroughlineError } from "throughline";
import { controlError } from "../errors/catalogue.ts";
import { type Actor, localActor } from "./actor.ts";
import { cookieIn, cookieName } from "./cookies.ts";
import { isSafe } from "./request-guard.ts";
import { nobody } from "./route-rights.ts";
import type { Sessions } from "./sessions.ts";
import type { Tokens } from "./tokens.ts";

export const sessionCookie = "throughline-session";
/** A page of another site cannot send it without asking first, and is never allowed to. */
export const csrfHeader = "x-throughline-csrf";

export interface AuthenticateOptions {
  readonly mode: "open" | "login";
  readonly isHttps: boolean;
  readonly tokens: Tokens;
  readonly sessions: Sessions;
}

/**
 * Finds out who sends a request: by a token in `Authorization`, else by the session's cookie, else, where no login is asked for, whoever
 * sits at this machine.
 * @throws ACCESS_LOGIN_NEEDED for a token that is none, ACCESS_CSRF
 */
export async function authenticate(request: FastifyRequest, options: AuthenticateOptions, isUse = true): Promise<Actor> {
  const { mode, isHttps, tokens, sessions } = options;
  const { authorization, cookie } = request.headers;
  if (authorization !== undefined) {
    const secret = secretIn(authorization);
    const actor = secret === null ? null : await tokens.actor(secret, isUse);
    // It never counts as somebody else: whoever sends a token means it.
    if (actor === null) throw controlError("ACCESS_LOGIN_NEEDED", {});
    return actor;
  }
  if (mode === "open") return localActor;
  const secret = cookieIn(cookie, cookieName(sessionCookie, isHttps));
  const actor = secret === null ? null : await sessions.actor(secret, isUse);
  if (actor === null) return nobody;
  if (!isSafe(request.method) && request.headers[csrfHeader] === undefined)
    throw controlError("ACCESS_CSRF", { header: csrfHeader });
  return actor;
}

/**
 * Whether somebody who was let in would still be, and with the same rights: what is answered for long looks now and then. Where nobody
 * can say, as while the store is busy or away, it goes on.
 */
export async function isStillLetIn(request: FastifyRequest, options: AuthenticateOptions): Promise<boolean> {
  const { name, kind, grants } = request.actor;
  try {
    const now = await authenticate(request, options, false);
    return now.name === name && now.kind === kind && JSON.stringify(now.grants) === JSON.stringify(grants);
  } catch (error) {
    return !(isThroughlineError(error) && error.code === "ACCESS_LOGIN_NEEDED");
  }
}

/** `Bearer <token>`, or `Basic` with the token as the password, for clients that know nothing else. */
function secretIn(authorization: string): string | null {
  const [, scheme, credentials] = /^(bearer|basic) +([\w+/=~.-]+) *$/i.exec(authorization) ?? [];
  if (scheme === undefined || credentials === undefined) return null;
  if (scheme.toLowerCase() === "bearer") return credentials;
  const text = Buffer.from(credentials, "base64").toString();
  const colon = text.indexOf(":");
  return colon < 0 ? null : text.slice(colon + 1);
}
