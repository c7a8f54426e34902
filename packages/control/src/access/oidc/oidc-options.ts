import { controlError } from "../../errors/catalogue.ts";
import { type Grant, grantProblems } from "../grants.ts";
import { bareHost, isLoopback } from "../hosts.ts";

/** Who may log in at a provider of identities (OpenID Connect), and what they may do then. */
export interface OidcOptions {
  /** `https://login.example.com/realms/team`: what it says of itself is read from there. */
  readonly issuer: string;
  readonly clientId: string;
  /** Null for a public client, which is proven by PKCE alone. */
  readonly clientSecret: string | null;
  /** Default: openid, profile, email. */
  readonly scopes?: readonly string[];
  /** Where a token names somebody's groups: a claim, or a path to one such as `realm_access.roles`. Default `groups`. */
  readonly groupsClaim?: string;
  /** The claim that names somebody. Default: email, where the provider does not call it unverified, else preferred_username, else sub. */
  readonly nameClaim?: string;
  /** What members of a group may do; `*` is everybody whom the provider lets in. Who is in several has all of it. */
  readonly grants: readonly GroupGrant[];
}

export interface GroupGrant {
  readonly group: string;
  readonly grant: Grant;
}

/** @throws CONTROL_OIDC_INVALID with every problem */
export function refuseOidcProblems(options: OidcOptions): void {
  const { issuer, clientId, grants } = options;
  const url = URL.canParse(issuer) ? new URL(issuer) : null;
  const isPrivate = url?.protocol === "http:" && isLoopback(bareHost(url));
  const problems = [
    ...(url?.protocol === "https:" || isPrivate ? [] : ["the issuer must be a URL with https"]),
    ...(clientId === "" ? ["the client's id is missing"] : []),
    ...(grants.length === 0 ? ["no group has a grant, so nobody could log in"] : []),
    ...grants.flatMap(({ group, grant }) => grantProblems([grant]).map((problem) => `group "${group}": ${problem}`)),
  ];
  if (problems.length > 0) throw controlError("CONTROL_OIDC_INVALID", { problems });
}
