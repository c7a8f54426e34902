import type { Command } from "commander";
import { readFileSync } from "node:fs";
import type { ControlAccessOptions, GroupGrant, OidcOptions } from "@throughline/control";
import { parseGrant } from "@throughline/control/options";
import type { CliContext } from "../cli-context.ts";
import { usageError } from "../cli-errors.ts";

/** What the console's command takes about who may use it. */
export interface AccessFlags {
  readonly login?: boolean;
  readonly publicUrl?: string;
  readonly trustProxy?: readonly string[];
  readonly oidcIssuer?: string;
  readonly oidcClientId?: string;
  readonly oidcGrant?: readonly string[];
  readonly oidcGroupsClaim?: string;
  readonly oidcNameClaim?: string;
}

export const clientSecretVariable = "THROUGHLINE_OIDC_CLIENT_SECRET";

const listed = (value: string, before: readonly string[] = []): string[] => [
  ...before,
  ...value.split(",").map((one) => one.trim()),
];
const gathered = (value: string, before: readonly string[] = []): string[] => [...before, value];

export const withAccessOptions = (command: Command): Command =>
  command
    .option("--login", "let nobody do anything without a login or a token; needed to listen beyond this machine")
    .option("--public-url <url>", "where people reach it, as it stands in the browser: https://throughline.example.com")
    .option("--trust-proxy <addresses>", "proxies before it whose word on a request's origin counts", listed)
    .option("--oidc-issuer <url>", `a provider where people log in (OpenID Connect); its secret is in ${clientSecretVariable}`)
    .option("--oidc-client-id <id>", "the name that the provider knows the control plane by")
    .option(
      "--oidc-grant <group=grant>",
      'what a group may do, such as "eng=viewer" or "billing=operator:billing"; "*" is everybody; can be repeated',
      gathered,
    )
    .option("--oidc-groups-claim <path>", "where the provider tells groups (default: groups)")
    .option("--oidc-name-claim <claim>", "what names people (default: email, else preferred_username)");

/** @throws CLI_USAGE with what is wrong */
export function accessOf(context: Pick<CliContext, "env">, flags: AccessFlags): ControlAccessOptions {
  const { login, publicUrl, trustProxy } = flags;
  const oidc = oidcOf(context, flags);
  return {
    ...(login === undefined ? {} : { login }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(trustProxy === undefined ? {} : { trustProxy }),
    ...(oidc === null ? {} : { oidc }),
  };
}

function oidcOf(context: Pick<CliContext, "env">, flags: AccessFlags): OidcOptions | null {
  const {
    oidcIssuer: issuer,
    oidcClientId: clientId,
    oidcGroupsClaim: groupsClaim,
    oidcNameClaim: nameClaim,
    oidcGrant = [],
  } = flags;
  const others = [clientId, groupsClaim, nameClaim, oidcGrant[0]].some((one) => one !== undefined);
  if (issuer === undefined) {
    if (others) throw usageError("--oidc-issuer is missing: it says where people log in");
    return null;
  }
  if (clientId === undefined) throw usageError("--oidc-client-id is missing: the provider knows the control plane by it");
  return {
    issuer,
    clientId,
    clientSecret: secretIn(context.env, clientSecretVariable),
    grants: oidcGrant.map(groupGrant),
    ...(groupsClaim === undefined ? {} : { groupsClaim }),
    ...(nameClaim === undefined ? {} : { nameClaim }),
  };
}

function groupGrant(text: string): GroupGrant {
  const at = text.lastIndexOf("=");
  const grant = at < 1 ? null : parseGrant(text.slice(at + 1));
  if (grant === null)
    throw usageError(
      `--oidc-grant does not understand "${text}"; say group=viewer, group=operator:billing,shipping or group=admin`,
    );
  return { group: text.slice(0, at), grant };
}

/** A secret by its variable, or in the file that `<variable>_FILE` names. */
function secretIn(env: CliContext["env"], variable: string): string | null {
  const file = env[`${variable}_FILE`];
  if (file === undefined || file === "") return env[variable] || null;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw usageError(`${variable}_FILE names ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code ?? "?"})`);
  }
}
