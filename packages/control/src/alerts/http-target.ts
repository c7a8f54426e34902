import { controlError } from "../errors/catalogue.ts";
import { type PostAnswer, postOutside, type ResolveHost } from "./post-outside.ts";

/** Where a channel posts to. */
export interface HttpTargetOptions {
  /** Unique among the channels. */
  readonly name: string;
  readonly url: string;
  /** Of one attempt, with everything. Default 10 s. */
  readonly timeoutMs?: number;
  /** Hosts that may have addresses of the inside; `true` for all. Default none. */
  readonly allowInside?: boolean | readonly string[];
  /** For tests. */
  readonly resolveHost?: ResolveHost;
}

const defaultTimeoutMs = 10_000;
const shownCharacters = 200;

/** A checked address, and what its answers mean. */
export class HttpTarget {
  readonly #options: HttpTargetOptions;
  readonly #url: URL;

  /** @throws ALERT_CHANNEL_INVALID, with every problem */
  constructor(options: HttpTargetOptions, problems: readonly string[] = []) {
    const url = URL.canParse(options.url) ? new URL(options.url) : null;
    const all = [...problems, ...addressProblems(url, options)];
    if (url === null || all.length > 0) throw controlError("ALERT_CHANNEL_INVALID", { channel: options.name, problems: all });
    this.#options = options;
    this.#url = url;
  }

  /** The rest of the address may be a secret. */
  get host(): string {
    return this.#url.host;
  }

  /** @throws ALERT_UNDELIVERED, ALERT_REFUSED, ALERT_TARGET_INSIDE */
  async post(body: string, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<void> {
    const { name: channel, timeoutMs = defaultTimeoutMs, allowInside, resolveHost } = this.#options;
    const answer = await postOutside({
      channel,
      url: this.#url,
      headers: { "content-type": "application/json", "user-agent": "throughline", ...headers },
      body,
      timeoutMs,
      signal,
      ...(allowInside === undefined ? {} : { allowInside }),
      ...(resolveHost === undefined ? {} : { resolveHost }),
    });
    if (answer.status >= 200 && answer.status < 300) return;
    throw controlError(mayRetry(answer) ? "ALERT_UNDELIVERED" : "ALERT_REFUSED", { channel, what: said(answer, this.#url) });
  }
}

function addressProblems(url: URL | null, { timeoutMs = defaultTimeoutMs }: HttpTargetOptions): string[] {
  const problems: string[] = [];
  // It may hold a secret, so it is not shown.
  if (url === null) problems.push("its URL is none; one begins with https://");
  else if (url.protocol !== "https:" && url.protocol !== "http:")
    problems.push(`its URL begins with ${url.protocol}, not https:`);
  else if (url.username !== "" || url.password !== "") problems.push("its URL holds a user or a password; a signature is surer");
  if (!(timeoutMs > 0 && timeoutMs <= 60_000)) problems.push(`timeoutMs is ${timeoutMs}, not between 1 and 60000`);
  return problems;
}

/** Too many, too slow, or broken for now: another attempt may be taken. */
const mayRetry = ({ status }: PostAnswer): boolean => status >= 500 || status === 429 || status === 408 || status === 425;

function said({ status, text, location }: PostAnswer, url: URL): string {
  if (location !== null && status >= 300 && status < 400)
    return `${url.host} answers ${status} and points to another address; redirects are not followed, so enter the address it means`;
  const shown = text
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, shownCharacters);
  return `${url.host} answers ${status}${shown === "" ? "" : `: ${shown}`}`;
}
