import { errorTable, type RegistryReason } from "throughline/seams";

/** Error codes of the client of a schema registry. */
export const registryClientErrors = {
  REGISTRY_ADDRESS_INVALID: {
    retryable: false,
    message: (d: { given: string; what: string }) =>
      `"${d.given}" is no address of a schema registry: ${d.what}; write it as http://host:8081, in THROUGHLINE_REGISTRY or as an option`,
  },
  REGISTRY_CREDENTIALS_INVALID: {
    retryable: false,
    message: (d: { what: string }) => `the credentials for the schema registry cannot be used: ${d.what}`,
  },
  REGISTRY_UNAVAILABLE: {
    retryable: true,
    message: (d: { url: string; what: string }) =>
      `the schema registry at ${d.url} is away (${d.what}); it is asked again later, or start it: throughline registry`,
  },
  REGISTRY_UNAUTHORISED: {
    retryable: false,
    message: (d: { url: string; status: number; what: string; who: string }) =>
      `the schema registry at ${d.url} refuses ${d.who} (${d.status}: ${d.what}); set THROUGHLINE_REGISTRY_USER and THROUGHLINE_REGISTRY_PASSWORD, or THROUGHLINE_REGISTRY_TOKEN, or ask for the right`,
  },
  REGISTRY_NOT_THERE: {
    retryable: false,
    message: (d: { url: string; what: string }) =>
      `what answers at ${d.url} is no schema registry: ${d.what}; check host, port and path`,
  },
  REGISTRY_SCHEMA_REFUSED: {
    retryable: false,
    message: (d: { subject: string; reasons: readonly RegistryReason[] }) =>
      `the registry refuses the schema as the next version of "${d.subject}": ${d.reasons.map(({ message }) => message).join("; ")}`,
  },
  REGISTRY_SCHEMA_INVALID: {
    retryable: false,
    message: (d: { subject: string; what: string }) => `the registry cannot read the schema for "${d.subject}": ${d.what}`,
  },
  REGISTRY_REQUEST_FAILED: {
    retryable: false,
    message: (d: { url: string; status: number; code: number; what: string }) =>
      `the schema registry answers ${d.status} (error code ${d.code}) to ${d.url}: ${d.what}`,
  },
} as const;

export const registryClientError = errorTable(registryClientErrors);
