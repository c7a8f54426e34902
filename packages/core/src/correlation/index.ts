export { correlatedFetch } from "./correlated-fetch.ts";
export { type CorrelationContext, currentCorrelation, runWithCorrelation } from "./correlation-context.ts";
export { correlationFromHeaders, correlationHeaders, type IncomingHeaders } from "./correlation-headers.ts";
