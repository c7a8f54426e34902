import { rootCertificates } from "node:tls";
import { createTransport } from "nodemailer";
import { controlError } from "../errors/catalogue.ts";
import type { Alert, AlertChannel } from "./alert.ts";

export interface EmailOptions {
  /** Unique among the channels. */
  readonly name: string;
  /** `smtp://user:password@host:587` (STARTTLS where the server has it) or `smtps://host:465`. */
  readonly server: string;
  readonly from: string;
  readonly to: readonly string[];
  /**
   * Refuses a server without TLS, or with a certificate that nobody vouches for. Default true, except for a server on this machine. Without
   * it, TLS is used where the server has it, whatever its certificate says.
   */
  readonly requireTls?: boolean;
  /** Who vouches for the server, in PEM, besides those whom everybody trusts. */
  readonly ca?: string;
  /** Of one attempt, with everything. Default 20 s. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 20_000;
const loopback = new Set(["localhost", "127.0.0.1", "::1"]);

/**
 * Sends alerts by e-mail over SMTP, as plain text; a recovery answers its alert, so that mail programs show them together.
 * The server may be one of the inside: mail servers mostly are, and only whoever configures the control plane names it.
 * @throws ALERT_CHANNEL_INVALID
 */
export function emailChannel(options: EmailOptions): AlertChannel {
  const { name, from, to, timeoutMs = defaultTimeoutMs } = options;
  const server = serverOf(options);
  const transport = createTransport({
    ...server,
    disableFileAccess: true,
    disableUrlAccess: true,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
  return {
    name,
    kind: "email",
    target: to.join(", "),
    send: async (alert, signal) => {
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => late.reject(new Error(`not taken within ${timeoutMs} ms`)), timeoutMs);
      const stop = (): void => late.reject(new Error("the control plane ends"));
      signal?.addEventListener("abort", stop);
      try {
        await Promise.race([transport.sendMail({ from, to: [...to], ...message(alert, from) }), late.promise]);
      } catch (error) {
        throw deliveryError(name, server.host, error);
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener("abort", stop);
      }
    },
    close: async () => transport.close(),
  };
}

function serverOf({ name, server, from, to, requireTls, ca }: EmailOptions) {
  const url = URL.canParse(server) ? new URL(server) : null;
  const problems: string[] = [];
  if (url === null || (url.protocol !== "smtp:" && url.protocol !== "smtps:") || url.hostname === "")
    problems.push("its server is no smtp://host:587 or smtps://host:465");
  if (to.length === 0) problems.push("it has nobody to send to");
  for (const address of [from, ...to])
    if (!/^[^\s@<>,]+@[^\s@<>,]+$/.test(address)) problems.push(`"${address}" is no e-mail address`);
  if (url === null || problems.length > 0) throw controlError("ALERT_CHANNEL_INVALID", { channel: name, problems });
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const secure = url.protocol === "smtps:";
  const isTlsNeeded = requireTls ?? !loopback.has(host);
  return {
    host,
    port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: !secure && isTlsNeeded,
    tls: { rejectUnauthorized: secure || isTlsNeeded, ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }) },
    ...(url.username === "" ? {} : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
  };
}

function message({ id, kind, title, lines, url, incidentId, atMs }: Alert, from: string) {
  const domain = from.slice(from.indexOf("@") + 1);
  const first = `<${incidentId}@${domain}>`;
  const oneLine = title.replaceAll(/[\p{Cc}\s]+/gu, " ");
  const parts = [title, ...lines, "", new Date(atMs).toISOString(), `Incident ${incidentId}`, ...(url === null ? [] : [url])];
  return {
    subject: kind === "alert" || kind === "test" ? oneLine : `Re: ${oneLine}`,
    text: `${parts.join("\n")}\n`,
    // Of all that is sent of an incident, the alert is what the others answer.
    messageId: kind === "alert" ? first : `<${id}@${domain}>`,
    ...(kind === "escalation" || kind === "recovery" ? { inReplyTo: first, references: first } : {}),
    date: new Date(atMs),
    headers: { "Auto-Submitted": "auto-generated", "X-Throughline-Incident": incidentId },
  };
}

function deliveryError(channel: string, host: string, error: unknown): Error {
  const { responseCode, code, message } = error as { responseCode?: number; code?: string; message?: string };
  const what = `${host}: ${(message ?? String(error)).slice(0, 200)}`;
  const isRefused = code === "EAUTH" || (responseCode !== undefined && responseCode >= 500);
  return controlError(isRefused ? "ALERT_REFUSED" : "ALERT_UNDELIVERED", { channel, what }, error);
}
