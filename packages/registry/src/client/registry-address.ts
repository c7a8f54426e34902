import { readFile } from "node:fs/promises";
import { registryClientError } from "../errors/catalogue.ts";

/** A secret: itself, or the file that holds it. The file is read for each request, so that a secret may change. */
export type RegistrySecret = string | { readonly file: string };

export type RegistryCredentials =
  | { readonly user: string; readonly password: RegistrySecret }
  | { readonly token: RegistrySecret };

export interface RegistryAddress {
  /** Without credentials, and without a slash at its end. */
  readonly url: string;
  readonly credentials: RegistryCredentials | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where a registry is, and who we are there. What the options leave out comes from `THROUGHLINE_REGISTRY`,
 * `THROUGHLINE_REGISTRY_USER` with `…_PASSWORD`, or `…_TOKEN`; the secrets also as `…_FILE`.
 * Throws `REGISTRY_ADDRESS_INVALID` and `REGISTRY_CREDENTIALS_INVALID`.
 */
export function registryAddress(
  given: { readonly url?: string | undefined; readonly credentials?: RegistryCredentials | undefined },
  env: Environment,
): RegistryAddress {
  const text = given.url ?? env["THROUGHLINE_REGISTRY"] ?? "";
  const parsed = URL.parse(text);
  const refuse = (what: string): Error =>
    registryClientError("REGISTRY_ADDRESS_INVALID", { given: text.replace(/:\/\/.*@/, "://…@"), what });
  if (parsed === null) throw refuse(text === "" ? "none is given" : "it cannot be read");
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") throw refuse("it must begin with http:// or https://");
  if (parsed.search !== "" || parsed.hash !== "") throw refuse("nothing may stand behind its path");
  const inAddress: RegistryCredentials | undefined =
    parsed.username === ""
      ? undefined
      : { user: decodeURIComponent(parsed.username), password: decodeURIComponent(parsed.password) };
  return {
    url: `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, ""),
    credentials: given.credentials ?? inAddress ?? credentialsFromEnv(env),
  };
}

function credentialsFromEnv(env: Environment): RegistryCredentials | null {
  const secret = (name: string): RegistrySecret | undefined => {
    const file = env[`${name}_FILE`];
    return file === undefined ? env[name] : { file };
  };
  const token = secret("THROUGHLINE_REGISTRY_TOKEN");
  const password = secret("THROUGHLINE_REGISTRY_PASSWORD");
  const user = env["THROUGHLINE_REGISTRY_USER"];
  if (token !== undefined && user !== undefined)
    throw registryClientError("REGISTRY_CREDENTIALS_INVALID", {
      what: "THROUGHLINE_REGISTRY_TOKEN and THROUGHLINE_REGISTRY_USER are both set; set one of them",
    });
  if (token !== undefined) return { token };
  if (user === undefined && password === undefined) return null;
  if (user === undefined || password === undefined)
    throw registryClientError("REGISTRY_CREDENTIALS_INVALID", {
      what: `THROUGHLINE_REGISTRY_${user === undefined ? "USER" : "PASSWORD"} is not set, and its other half is`,
    });
  return { user, password };
}

/** The header that says who we are. Rejects with `REGISTRY_CREDENTIALS_INVALID`. */
export async function authorization(credentials: RegistryCredentials | null): Promise<Record<string, string>> {
  if (credentials === null) return {};
  if ("token" in credentials) return { authorization: `Bearer ${await readSecret(credentials.token)}` };
  const { user, password } = credentials;
  const pair = Buffer.from(`${user}:${await readSecret(password)}`, "utf8").toString("base64");
  return { authorization: `Basic ${pair}` };
}

/** Of whom an error tells: never a secret. */
export function nameOf(credentials: RegistryCredentials | null): string {
  if (credentials === null) return "who gives no name";
  return "user" in credentials ? `user "${credentials.user}"` : "the token";
}

async function readSecret(secret: RegistrySecret): Promise<string> {
  if (typeof secret === "string") return secret;
  try {
    return (await readFile(secret.file, "utf8")).trim();
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw registryClientError("REGISTRY_CREDENTIALS_INVALID", { what: `${secret.file} cannot be read (${why})` }, error);
  }
}
