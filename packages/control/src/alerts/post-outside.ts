import { lookup as systemLookup, type LookupAddress } from "node:dns";
import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { controlError } from "../errors/catalogue.ts";
import { isInsideAddress } from "./inside-addresses.ts";

/** All addresses of a host, as `dns.lookup` tells them. */
export type ResolveHost = (
  host: string,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

export interface PostOptions {
  /** In error messages. */
  readonly channel: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  /** Hosts, as they stand in the URL, that may have addresses of the inside. `true`: all of them. */
  readonly allowInside?: boolean | readonly string[];
  readonly signal?: AbortSignal | undefined;
  readonly resolveHost?: ResolveHost;
}

export interface PostAnswer {
  readonly status: number;
  /** The beginning of what was answered. */
  readonly text: string;
  /** Where a redirect points to. It is never followed. */
  readonly location: string | null;
  /** How long to wait before the next attempt, if it says so. */
  readonly retryAfter: string | null;
}

const answerBytes = 4096;
const resolveAll: ResolveHost = (host, done) => systemLookup(host, { all: true }, done);

/**
 * Posts to a host of the outside. The addresses that are checked are those that it connects to: they are resolved once, for this
 * connection, so a name cannot mean another address later (DNS rebinding); one inside address among them refuses all. Redirects are
 * not followed, connections not kept, proxies not asked.
 * @throws ALERT_TARGET_INSIDE, ALERT_UNDELIVERED
 */
export async function postOutside(options: PostOptions): Promise<PostAnswer> {
  const { channel, url, headers, body, timeoutMs, signal } = options;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isAllowed = allows(options, host);
  if (isIP(host) !== 0 && !isAllowed && isInsideAddress(host))
    throw controlError("ALERT_TARGET_INSIDE", { channel, host: url.hostname, address: host });
  const stopped = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]);
  const bytes = Buffer.from(body);
  try {
    return await new Promise<PostAnswer>((resolve, reject) => {
      const send = url.protocol === "https:" ? requestHttps : requestHttp;
      const request = send(url, {
        method: "POST",
        headers: { ...headers, "content-length": String(bytes.length) },
        agent: false,
        signal: stopped,
        lookup: guardedLookup(options, host, isAllowed),
      });
      request.on("error", reject);
      request.on("response", (response) => void answerOf(response).then(resolve, reject));
      request.end(bytes);
    });
  } catch (error) {
    if ((error as { code?: unknown }).code === "ALERT_TARGET_INSIDE") throw error;
    const what = stopped.aborted && signal?.aborted !== true ? `no answer within ${timeoutMs} ms` : messageOf(error);
    throw controlError("ALERT_UNDELIVERED", { channel, what: `${url.host}: ${what}` }, error);
  }
}

function allows({ allowInside = false }: PostOptions, host: string): boolean {
  return typeof allowInside === "boolean" ? allowInside : allowInside.includes(host);
}

function guardedLookup({ channel, resolveHost = resolveAll }: PostOptions, host: string, isAllowed: boolean): LookupFunction {
  return (name, { all }, callback) => {
    resolveHost(name, (error, addresses) => {
      if (error !== null) return callback(error, "");
      const insider = isAllowed ? undefined : addresses.find(({ address }) => isInsideAddress(address));
      const [first] = addresses;
      if (insider !== undefined)
        return callback(controlError("ALERT_TARGET_INSIDE", { channel, host, address: insider.address }), "");
      if (first === undefined) return callback(Object.assign(new Error(`${host} has no address`), { code: "ENOTFOUND" }), "");
      return all === true ? callback(null, [...addresses]) : callback(null, first.address, first.family);
    });
  };
}

async function answerOf(response: IncomingMessage): Promise<PostAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= answerBytes) break;
  }
  const { statusCode = 0, headers } = response;
  response.destroy();
  return {
    status: statusCode,
    text: Buffer.concat(chunks).toString("utf8").slice(0, answerBytes),
    location: headers.location ?? null,
    retryAfter: headers["retry-after"] ?? null,
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error));
