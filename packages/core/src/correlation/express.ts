import { runWithCorrelation } from "./correlation-context.ts";
import { CORRELATION_HEADER, correlationFromHeaders, type IncomingHeaders } from "./correlation-headers.ts";

/** What the middleware needs of Express (or of Connect, or plain Node); named here so that core runs without it. */
export interface ExpressRequestLike {
  readonly headers: IncomingHeaders;
}

export interface ExpressResponseLike {
  setHeader(name: string, value: string): unknown;
}

/**
 * An Express middleware that gives each request its correlation context, for all that comes after it, and sets the
 * response's `x-correlation-id`. Use it after body parsers: some of them lose the async context.
 * @example
 *   import { correlation } from "throughline/express";
 *   app.use(express.json(), correlation());
 */
export function correlation(
  options: { newId?: () => string } = {},
): (request: ExpressRequestLike, response: ExpressResponseLike, next: () => void) => void {
  return (request, response, next) => {
    const context = correlationFromHeaders(request.headers, options.newId);
    response.setHeader(CORRELATION_HEADER, context.correlationId);
    runWithCorrelation(context, next);
  };
}
