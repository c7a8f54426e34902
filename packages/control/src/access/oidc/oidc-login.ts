import * as oidc from "openid-client";
import { controlError } from "../../errors/catalogue.ts";
import type { Grant } from "../grants.ts";
import { bareHost, isLoopback } from "../hosts.ts";
import { seal, unseal } from "../sealed.ts";
import { type Claims, grantsOf, groupsIn, nameIn } from "./oidc-claims.ts";
import { type OidcOptions, refuseOidcProblems } from "./oidc-options.ts";

export interface OidcLogin {
  /** Where the browser goes, and what it must bring back with what the provider gives it. */
  begin(next: string | undefined): Promise<{ readonly url: string; readonly pending: string }>;
  /**
   * Who comes back from the provider.
   * @throws ACCESS_OIDC_REFUSED, ACCESS_OIDC_UNREACHABLE, ACCESS_NO_GRANT
   */
  finish(pathAndQuery: string, pending: string): Promise<OidcVisitor>;
}

export interface OidcVisitor {
  readonly user: string;
  readonly subject: string;
  readonly grants: readonly Grant[];
  /** Where in the page it wanted to go. */
  readonly next: string;
}

interface Pending {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly next: string;
}

export const callbackPath = "/api/v1/session/oidc/callback";
const purpose = "oidc";
export const pendingMs = 10 * 60_000;
const timeoutS = 10;
const defaultScopes = ["openid", "profile", "email"];

/** Logs people in by the authorization code flow with PKCE (RFC 7636), state and nonce, all of them new each time. */
export function createOidcLogin(
  options: OidcOptions,
  { key, publicUrl, now }: { key: Buffer; publicUrl: URL | null; now: () => number },
): OidcLogin {
  refuseOidcProblems(options);
  if (publicUrl === null) throw controlError("CONTROL_PUBLIC_URL_NEEDED", { host: "a provider of identities" });
  const provider = discovered(options);
  return {
    begin: async (next) => {
      const config = await provider();
      const pending: Pending = {
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        verifier: oidc.randomPKCECodeVerifier(),
        next: pageIn(next),
      };
      const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri: new URL(callbackPath, publicUrl).href,
        scope: (options.scopes ?? defaultScopes).join(" "),
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: "S256",
      });
      return { url: url.href, pending: seal(key, purpose, pending, now() + pendingMs) };
    },
    finish: async (pathAndQuery, sealed) => {
      const pending = unseal(key, purpose, sealed, now()) as Pending | null;
      if (pending === null) throw controlError("ACCESS_OIDC_REFUSED", { what: "the login was begun too long ago, or elsewhere" });
      const claims = await claimsOf(await provider(), new URL(pathAndQuery, publicUrl), pending, options);
      const groups = groupsIn(claims, options.groupsClaim ?? "groups") ?? [];
      const user = nameIn(claims, options);
      const grants = grantsOf(groups, options);
      if (grants.length === 0) throw controlError("ACCESS_NO_GRANT", { user, groups });
      return { user, subject: String(claims["sub"]), grants, next: pending.next };
    },
  };
}

/** What the provider says of itself, asked for when it is needed first, and again where it could not be had. */
function discovered({ issuer, clientId, clientSecret }: OidcOptions): () => Promise<oidc.Configuration> {
  const url = new URL(issuer);
  // Marked as deprecated only to be noticed; it is for a provider on this machine alone, which `refuseOidcProblems` saw to.
  // oxlint-disable-next-line typescript/no-deprecated
  const execute = url.protocol === "http:" && isLoopback(bareHost(url)) ? [oidc.allowInsecureRequests] : [];
  const authentication = clientSecret === null ? oidc.None() : oidc.ClientSecretBasic(clientSecret);
  let found: Promise<oidc.Configuration> | undefined;
  return async () => {
    try {
      return await (found ??= oidc.discovery(url, clientId, undefined, authentication, { execute, timeout: timeoutS }));
    } catch (error) {
      found = undefined;
      throw controlError("ACCESS_OIDC_UNREACHABLE", { issuer, what: reasonOf(error) }, error);
    }
  };
}

async function claimsOf(
  config: oidc.Configuration,
  url: URL,
  { state, nonce, verifier }: Pending,
  { groupsClaim = "groups", issuer }: OidcOptions,
): Promise<Claims> {
  try {
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
    const tokens = await oidc.authorizationCodeGrant(config, url, checks);
    const claims = tokens.claims()!;
    // Many providers name groups only where they are asked for who somebody is.
    if (groupsIn(claims, groupsClaim) !== null || config.serverMetadata().userinfo_endpoint === undefined) return claims;
    return { ...(await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)), ...claims };
  } catch (error) {
    const what = reasonOf(error);
    if (isAway(error)) throw controlError("ACCESS_OIDC_UNREACHABLE", { issuer, what }, error);
    throw controlError("ACCESS_OIDC_REFUSED", { what }, error);
  }
}

/** No connection, no answer in time, or one of a server that has trouble. */
function isAway(error: unknown): boolean {
  const { code, cause, status } = error as { code?: unknown; cause?: { status?: unknown } | undefined; status?: unknown };
  const answered = Number(status ?? cause?.status ?? 0);
  return error instanceof TypeError || code === "OAUTH_TIMEOUT" || answered >= 500;
}

/** What an error of the library says, without what it carries: that can hold tokens. */
function reasonOf(error: unknown): string {
  const {
    message = "it failed",
    error: code,
    error_description: description,
  } = error as {
    message?: string;
    error?: unknown;
    error_description?: unknown;
  };
  const said = [code, description].filter((part) => typeof part === "string").join(": ");
  return said === "" ? message : said;
}

/** Only a path of this page: never a way to elsewhere. */
export function pageIn(next: string | undefined): string {
  if (next === undefined || !/^\/(?![/\\])[\w\-./~%?=&:@+,;!$'()*#]*$/.test(next)) return "/";
  return next.startsWith("/api/") ? "/" : next;
}
