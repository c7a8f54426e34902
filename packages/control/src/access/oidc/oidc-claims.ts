import type { Grant } from "../grants.ts";
import type { OidcOptions } from "./oidc-options.ts";

export type Claims = Readonly<Record<string, unknown>>;

/** The groups that a claim names: a list, or one text. Null: there is no such claim. */
export function groupsIn(claims: Claims, path: string): readonly string[] | null {
  const found = Object.hasOwn(claims, path) ? claims[path] : atPath(claims, path.split("."));
  if (typeof found === "string") return [found];
  return Array.isArray(found) ? found.filter((group): group is string => typeof group === "string") : null;
}

/** What somebody of these groups may do. */
export const grantsOf = (groups: readonly string[], { grants }: Pick<OidcOptions, "grants">): Grant[] =>
  grants.filter(({ group }) => group === "*" || groups.includes(group)).map(({ grant }) => grant);

/** A name as the audit has it, with an "@" in it, so that it is never that of a user of ours. */
export function nameIn(claims: Claims, { nameClaim, issuer }: Pick<OidcOptions, "nameClaim" | "issuer">): string {
  const isVerified = claims["email_verified"] !== false && claims["email_verified"] !== "false";
  const candidates =
    nameClaim === undefined
      ? [isVerified ? claims["email"] : undefined, claims["preferred_username"], claims["sub"]]
      : [claims[nameClaim], claims["sub"]];
  const name = candidates.find((one): one is string => typeof one === "string" && isPrintable(one)) ?? "somebody";
  return name.includes("@") ? name : `${name}@${new URL(issuer).hostname}`;
}

const longestName = 200;
const isPrintable = (text: string): boolean => text !== "" && text.length <= longestName && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text);

function atPath(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Claims)[part];
  }
  return at;
}
