import { readFile } from "node:fs/promises";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import type { ConnectionOptions } from "@platformatic/kafka";
import { kafkaError } from "../errors/index.ts";

/** A secret: itself, or the file that holds it. The file is read anew for each connection, so that a secret may change. */
export type Secret = string | { readonly file: string };

export type SaslOptions =
  | { readonly mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512"; readonly username: string; readonly password: Secret }
  /** `token` is asked for each connection, and again before it runs out. */
  | { readonly mechanism: "OAUTHBEARER"; readonly token: Secret | (() => Promise<string>) };

export interface SecurityOptions {
  /** `true` trusts the certificate authorities that Node does; else the options of Node's `tls.connect`. */
  readonly tls?: boolean | TlsOptions;
  readonly sasl?: SaslOptions;
}

/**
 * From the environment, where the options say nothing: `THROUGHLINE_KAFKA_TLS` (`true`), `THROUGHLINE_KAFKA_CA_FILE`,
 * `THROUGHLINE_KAFKA_SASL` (the mechanism), `THROUGHLINE_KAFKA_USERNAME`, and `THROUGHLINE_KAFKA_PASSWORD` or `…_TOKEN`, each also
 * with `_FILE`.
 */
export async function securityFromEnv(env: Readonly<Record<string, string | undefined>>): Promise<SecurityOptions> {
  const { THROUGHLINE_KAFKA_TLS: tls, THROUGHLINE_KAFKA_CA_FILE: caFile, THROUGHLINE_KAFKA_SASL: mechanism } = env;
  const secret = (name: string): Secret => {
    const file = env[`${name}_FILE`];
    const value = env[name];
    if (file === undefined && value === undefined)
      throw kafkaError("KAFKA_OPTIONS_INVALID", {
        what: `THROUGHLINE_KAFKA_SASL is ${mechanism}, and neither ${name} nor ${name}_FILE is set`,
      });
    return file === undefined ? (value as string) : { file };
  };
  const ca = caFile === undefined ? undefined : await readSecret("THROUGHLINE_KAFKA_CA_FILE", { file: caFile });
  return {
    ...(ca !== undefined ? { tls: { ca } } : tls === "true" ? { tls: true } : {}),
    ...(mechanism === undefined ? {} : { sasl: saslOf(mechanism, env["THROUGHLINE_KAFKA_USERNAME"], secret) }),
  };
}

function saslOf(mechanism: string, username: string | undefined, secret: (name: string) => Secret): SaslOptions {
  if (mechanism === "OAUTHBEARER") return { mechanism, token: secret("THROUGHLINE_KAFKA_TOKEN") };
  if (mechanism !== "PLAIN" && mechanism !== "SCRAM-SHA-256" && mechanism !== "SCRAM-SHA-512")
    throw kafkaError("KAFKA_OPTIONS_INVALID", {
      what: `THROUGHLINE_KAFKA_SASL is "${mechanism}"; it can be PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER`,
    });
  if (username === undefined) throw kafkaError("KAFKA_OPTIONS_INVALID", { what: "THROUGHLINE_KAFKA_USERNAME is not set" });
  return { mechanism, username, password: secret("THROUGHLINE_KAFKA_PASSWORD") };
}

/** What the library's connections want of it. */
export function connectionSecurity({ tls, sasl }: SecurityOptions): Pick<ConnectionOptions, "tls" | "sasl" | "tlsServerName"> {
  return {
    ...(tls === undefined || tls === false ? {} : { tls: tls === true ? {} : tls, tlsServerName: true }),
    ...(sasl === undefined ? {} : { sasl: librarySasl(sasl) }),
  };
}

function librarySasl(sasl: SaslOptions): NonNullable<ConnectionOptions["sasl"]> {
  if (sasl.mechanism === "OAUTHBEARER") {
    const { token } = sasl;
    return {
      mechanism: sasl.mechanism,
      token: typeof token === "function" ? token : () => readSecret("sasl.token", token),
      authBytesValidator: refuseTokenError,
    };
  }
  const { mechanism, username, password } = sasl;
  return { mechanism, username, password: () => readSecret("sasl.password", password) };
}

/** A broker that does not take a token says so in what looks like success: as JSON, where else it says nothing (RFC 7628). */
function refuseTokenError(answer: Buffer, callback: (error: Error | null, answer: Buffer) => void): void {
  callback(answer.length > 0 ? new Error(`the broker answers ${answer.toString("utf8")}`) : null, answer);
}

async function readSecret(option: string, secret: Secret): Promise<string> {
  if (typeof secret === "string") return secret;
  try {
    return (await readFile(secret.file, "utf8")).trim();
  } catch (error) {
    throw kafkaError(
      "KAFKA_SECRET_UNREADABLE",
      { option, file: secret.file, what: (error as NodeJS.ErrnoException).code ?? "?" },
      error,
    );
  }
}
