import { createHmac, timingSafeEqual } from "node:crypto";

/** Prefix of a secret in base64. */
const prefix = "whsec_";
const fewestBytes = 24;

/** The bytes of a secret `whsec_…`; null where it is none, or too short to be kept from guessing. */
export function secretBytes(secret: string): Buffer | null {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret)) return null;
  const bytes = Buffer.from(secret.slice(prefix.length), "base64");
  return bytes.length >= fewestBytes ? bytes : null;
}

/**
 * Headers that sign a webhook by the specification of Standard Webhooks, for which receivers have libraries in most languages: an HMAC
 * with SHA-256 over id, time and body. A receiver refuses what is older than some minutes, so nothing can be played again.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signedHeaders(secrets: readonly Buffer[], message: { id: string; sentAtMs: number; body: string }) {
  const seconds = String(Math.floor(message.sentAtMs / 1000));
  return {
    "webhook-id": message.id,
    "webhook-timestamp": seconds,
    "webhook-signature": secrets.map((secret) => `v1,${mac(secret, message.id, seconds, message.body)}`).join(" "),
  };
}

/**
 * Whether a webhook was signed with `secret` less than `toleranceMs` ago, for receivers that are written with Throughline.
 * Compares in constant time.
 */
export function isSignedWebhook(
  secret: string,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: string,
  { nowMs, toleranceMs = 5 * 60_000 }: { nowMs: number; toleranceMs?: number },
): boolean {
  const bytes = secretBytes(secret);
  const read = (name: string): string => (typeof headers[name] === "string" ? headers[name] : "");
  const seconds = read("webhook-timestamp");
  if (bytes === null || !/^\d{1,12}$/.test(seconds) || Math.abs(nowMs - Number(seconds) * 1000) > toleranceMs) return false;
  const expected = Buffer.from(`v1,${mac(bytes, read("webhook-id"), seconds, body)}`);
  return read("webhook-signature")
    .split(" ")
    .some((given) => given.length === expected.length && timingSafeEqual(Buffer.from(given), expected));
}

const mac = (secret: Buffer, id: string, seconds: string, body: string): string =>
  createHmac("sha256", secret).update(`${id}.${seconds}.${body}`).digest("base64");
