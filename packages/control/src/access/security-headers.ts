/** For the page: its own scripts, styles, images and API, and nothing else; nobody may frame it. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** For answers of the API: should a browser show one as a page, it is a page that can do nothing. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox";

const always: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "x-robots-tag": "noindex, nofollow",
};

const yearS = 365 * 24 * 60 * 60;

/**
 * What every answer carries, errors too. The page's own policy stands on what is a page, and on nothing else: `content-type` decides,
 * for data that a browser takes for a page must not have a page's rights.
 */
export function securityHeaders(isHttps: boolean): Readonly<Record<string, string>> {
  return {
    ...always,
    "content-security-policy": dataPolicy,
    ...(isHttps ? { "strict-transport-security": `max-age=${yearS}; includeSubDomains` } : {}),
  };
}

/** What goes over them when the answer is sent. */
export function headersFor(path: string, contentType: string | undefined): Readonly<Record<string, string>> {
  if (path === "/api" || path.startsWith("/api/")) return { "cache-control": "no-store" };
  return contentType?.startsWith("text/html") === true ? { "content-security-policy": pagePolicy } : {};
}

/** An answer to bytes that are no request, which never reach a route. */
export function brokenRequestAnswer(isTooLarge: boolean): string {
  const status = isTooLarge ? "431 Request Header Fields Too Large" : "400 Bad Request";
  const headers = Object.entries(securityHeaders(false)).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n${headers.join("")}\r\n`;
}
