import { correlatedFetch } from "throughline";
import { urlOf } from "../../front-door/ports.ts";

export interface Mail {
  readonly to: string;
  readonly about: string;
  readonly order_id: string;
}

/** Hands a mail to the provider, which sends one for each key however often it is asked. */
export async function sendMail(
  mail: Mail,
  { idempotencyKey, signal }: { idempotencyKey: string; signal: AbortSignal },
): Promise<{ mail_id: string }> {
  const response = await correlatedFetch(`${urlOf("mail-sink")}/mails`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": idempotencyKey },
    body: JSON.stringify(mail),
    signal,
  });
  if (!response.ok) throw new Error(`the mail provider answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as { mail_id: string };
}
