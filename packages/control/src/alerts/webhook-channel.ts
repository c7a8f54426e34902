import type { Alert, AlertChannel } from "./alert.ts";
import { HttpTarget, type HttpTargetOptions } from "./http-target.ts";
import { secretBytes, signedHeaders } from "./webhook-signature.ts";

export interface WebhookOptions extends HttpTargetOptions {
  /** `whsec_` and at least 24 bytes in base64. Two while one takes the place of the other: each signs. */
  readonly secret: string | readonly string[];
  /** The time that is signed. Default: the system's. */
  readonly now?: () => number;
}

/**
 * Posts alerts as JSON, signed by Standard Webhooks: `{ type: "lag.alert", timestamp, data }` or
 * `failures.alert`, where `data` is the alert.
 * @throws ALERT_CHANNEL_INVALID
 * @example
 *   const channel = webhookChannel({ name: "pager", url: "https://pager.example.com/hooks/7", secret: process.env.PAGER_SECRET });
 */
export function webhookChannel(options: WebhookOptions): AlertChannel {
  const { name, secret, now = Date.now } = options;
  const secrets = (typeof secret === "string" ? [secret] : [...secret]).map(secretBytes);
  const usable = secrets.filter((bytes) => bytes !== null);
  const isWrong = usable.length === 0 || usable.length < secrets.length;
  const problem = "its secret is not whsec_ and 24 bytes or more in base64; make one with: openssl rand -base64 32";
  const target = new HttpTarget(options, isWrong ? [problem] : []);
  return {
    name,
    kind: "webhook",
    target: target.host,
    send: (alert, signal) => {
      const body = webhookBody(alert);
      return target.post(body, signedHeaders(usable, { id: alert.id, sentAtMs: now(), body }), signal);
    },
  };
}

/** What a webhook posts. */
export function webhookBody({ kind, about, atMs, ...alert }: Alert): string {
  const at = new Date(atMs).toISOString();
  return JSON.stringify({ type: `${about}.${kind}`, timestamp: at, data: { kind, at, ...alert } });
}
