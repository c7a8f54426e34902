import { correlationHeaders } from "./correlation-headers.ts";

/**
 * `fetch` that carries the current correlation id and trace to the other service. A header that the caller set is never
 * overwritten; everything else is as with `fetch`.
 * @example
 *   const answer = await correlatedFetch("http://billing/invoices/42", { signal });
 */
export const correlatedFetch: typeof fetch = (input, init) => {
  const added = Object.entries(correlationHeaders());
  if (added.length === 0) return fetch(input, init);
  // As fetch itself does: headers of `init` stand in place of those of a Request.
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
  // A caller's traceparent without tracestate must not be joined by a tracestate of ours.
  const callerTraces = headers.has("traceparent");
  for (const [name, value] of added) {
    if (headers.has(name) || (callerTraces && name === "tracestate")) continue;
    headers.set(name, value);
  }
  return fetch(input, { ...init, headers });
};
