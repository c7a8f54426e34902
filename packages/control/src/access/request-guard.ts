import type { FastifyRequest } from "fastify";
import { controlError } from "../errors/catalogue.ts";
import { hostName, isAddress, isLoopback } from "./hosts.ts";

export interface GuardOptions {
  readonly mode: "open" | "login";
  readonly publicUrl: URL | null;
}

/** What a proxy adds. Only a proxy could bring somebody from elsewhere to a port of loopback. */
const addedByProxies = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"] as const;
const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

export const isSafe = (method: string): boolean => safeMethods.has(method);

/**
 * Refuses a request for what it is, whoever sends it: a path that means another one to somebody, a name that is not ours (DNS rebinding),
 * a page of another site that uses this browser's rights (CSRF).
 * @throws ACCESS_PATH_REFUSED, ACCESS_HOST_REFUSED, ACCESS_PROXY_REFUSED, ACCESS_ORIGIN_REFUSED
 */
export function guardRequest(request: FastifyRequest, { mode, publicUrl }: GuardOptions, takesOtherSites: boolean): void {
  refusePath(request.raw.url ?? "");
  const { headers } = request.raw;
  const host = hostName(headers.host ?? "");
  if (host === null || !isOurs(host, headers.host!, mode, publicUrl))
    throw controlError("ACCESS_HOST_REFUSED", { host: headers.host ?? "" });
  if (mode === "open") {
    const added = addedByProxies.find((name) => headers[name] !== undefined);
    if (added !== undefined) throw controlError("ACCESS_PROXY_REFUSED", { header: added });
    const address = request.raw.socket.remoteAddress;
    if (address !== undefined && !isLoopback(address)) throw controlError("ACCESS_PROXY_REFUSED", { header: address });
  }
  const { origin } = headers;
  if (origin !== undefined && !isSafe(request.method) && !isOwnOrigin(origin, headers.host!, publicUrl))
    throw controlError("ACCESS_ORIGIN_REFUSED", { from: origin });
  // What browsers say themselves, and no page can: another site may not even ask, but for what it links to.
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && !(site === "none" && isSafe(request.method)) && !takesOtherSites)
    throw controlError("ACCESS_ORIGIN_REFUSED", { from: `a page of another site (${String(site)})` });
}

/** A name must be known. An address is none that anybody could have pointed here by DNS; with a login it needs no other proof. */
function isOurs(name: string, host: string, mode: "open" | "login", publicUrl: URL | null): boolean {
  if (isLoopback(name)) return true;
  if (mode === "open") return false;
  return isAddress(name) || host.toLowerCase() === publicUrl?.host;
}

function isOwnOrigin(origin: string, host: string, publicUrl: URL | null): boolean {
  if (publicUrl !== null && host.toLowerCase() === publicUrl.host) return origin === publicUrl.origin;
  return origin.toLowerCase() === `http://${host.toLowerCase()}`;
}

/** What somebody between us and the caller may read as another path than we do. */
function refusePath(url: string): void {
  const [path = ""] = url.split("?");
  const refuse = (why: string): Error => controlError("ACCESS_PATH_REFUSED", { why });
  if (!path.startsWith("/")) throw refuse("it is no path");
  if (path.includes("//")) throw refuse("it has an empty part");
  // oxlint-disable-next-line no-control-regex
  if (/[\\\u0000-\u0020\u007f-\uffff]/.test(path) || /%(?:00|5c)/i.test(path))
    throw refuse("it has a character that no path has");
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    throw refuse("its percent signs mean nothing");
  }
  if (decoded.split("/").some((part) => part === "." || part === "..")) throw refuse("it has a part that goes up");
}
