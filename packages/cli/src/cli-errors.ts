import { errorTable } from "throughline/seams";

/** What only the command line knows. `usage` errors end with exit code 2, all others with 1. */
export const cliErrors = {
  CLI_USAGE: { retryable: false, message: (d: { what: string }) => d.what },
  CLI_EVENTS_URL: {
    retryable: false,
    message: (d: { url: string; known: string }) =>
      `"${d.url}" is no event log this command can open; pass --events, or set THROUGHLINE_EVENTS, as one of: ${d.known}`,
  },
  CLI_STORE_URL: {
    retryable: false,
    message: (d: { url: string }) =>
      `"${d.url}" is no store this command can open; pass --store, or set THROUGHLINE_STORE, as sqlite:<file> or postgres://user:password@host:5432/database`,
  },
  CLI_PORT_TAKEN: {
    retryable: true,
    message: (d: { host: string; port: number; why: string }) =>
      `it cannot listen at ${d.host}:${d.port} (${d.why}); end what listens there, or pass another --port`,
  },
  CLI_STORE_UNCLAIMED: {
    retryable: false,
    message: (d: { store: string }) => `no service has ever opened ${d.store}, so there is nothing in it to look after`,
  },
  CLI_LOG_MISSING: {
    retryable: false,
    message: (d: { file: string }) =>
      `there is no event log at ${d.file}; start a service first ("throughline dev"), or pass the right one with --events`,
  },
  CLI_NOTHING_FOUND: { retryable: false, message: (d: { what: string; hint: string }) => `${d.what}; ${d.hint}` },
  CLI_NOT_CONFIRMED: {
    retryable: false,
    message: (d: { what: string }) =>
      `${d.what} was not confirmed, and nothing was written; answer "y", or pass --yes where nobody can answer`,
  },
  CLI_NOT_APPENDED: {
    retryable: true,
    message: (d: { topic: string; written: number; total: number; reason: string }) =>
      `the event log refused a record for "${d.topic}" (${d.reason}); ${d.written} of ${d.total} requests were written before it`,
  },
  CLI_NO_SERVICES: {
    retryable: false,
    message: (d: { folder: string; rule: string }) => `no services were found in ${d.folder}; a service is ${d.rule}`,
  },
  CLI_SERVICE_TWICE: {
    retryable: false,
    message: (d: { service: string; files: readonly string[] }) =>
      `two files are the service "${d.service}": ${d.files.join(" and ")}; rename one of them`,
  },
  CLI_NO_PLAN: {
    retryable: false,
    message: (d: { service: string; file: string; what: string; output: string }) =>
      `${d.service} (${d.file}) did not tell its topics and contracts: ${d.what}. It is run up to the start of its service, so nothing before that may need a server: open the log by a function, eventLog: () => openKafkaLog(…)${d.output === "" ? "" : `. It printed:\n${d.output}`}`,
  },
  CLI_NO_REHEARSAL: {
    retryable: false,
    message: (d: { service: string; file: string; what: string; output: string }) =>
      `${d.service} (${d.file}) did not rehearse: ${d.what}. It is run up to the start of its service, with this environment; nothing of it was kept${d.output === "" ? "" : `. It printed:\n${d.output}`}`,
  },
  CLI_LETTER_OF_ANOTHER: {
    retryable: false,
    message: (d: { failureId: string; service: string; services: readonly string[] }) =>
      `dead letter ${d.failureId} is of the service "${d.service}", and this program starts ${d.services.map((name) => `"${name}"`).join(", ")}; rehearse it with the build of its own service`,
  },
  CLI_CONSOLE_FAILED: {
    retryable: true,
    message: (d: { url: string; what: string }) =>
      `the console at ${d.url} did not do it: ${d.what}; check the address, that it runs, and the right of the token`,
  },
  CLI_CONTRACT_TWICE: {
    retryable: false,
    message: (d: { type: string; version: number; services: readonly string[] }) =>
      `${d.services.join(" and ")} both publish ${d.type} version ${d.version}, and each has another schema of it; a stream has one publisher: let one of them publish it, or share the contract`,
  },
  CLI_FILE_UNWRITABLE: {
    retryable: false,
    message: (d: { file: string; what: string }) => `${d.file} cannot be written (${d.what})`,
  },
  CLI_FILE_NOT_OURS: {
    retryable: false,
    message: (d: { file: string; why: string }) =>
      `${d.file} is left as it is, for ${d.why}; move it away, or pass another folder with --out`,
  },
  CLI_INTERRUPTED: { retryable: true, message: (d: { what: string }) => `interrupted: ${d.what}` },
} as const;

export const cliError = errorTable(cliErrors);

export const usageError = (what: string): Error => cliError("CLI_USAGE", { what });

const usageCodes: ReadonlySet<string> = new Set(["CLI_USAGE", "CLI_EVENTS_URL", "CLI_STORE_URL", "CLI_NOT_CONFIRMED"]);

/** 2 when the command was called wrongly, 1 when it failed. */
export function exitCodeOf(error: unknown): 1 | 2 {
  return usageCodes.has((error as { code?: string } | null)?.code ?? "") ? 2 : 1;
}

/** What is said where a server cannot listen; any other error stays what it is. */
export function listenError(error: unknown, { host, port }: { readonly host: string; readonly port: number }): unknown {
  const { code } = error as { code?: string };
  if (code !== "EADDRINUSE" && code !== "EACCES" && code !== "EADDRNOTAVAIL") return error;
  return cliError("CLI_PORT_TAKEN", { host, port, why: code }, error);
}
