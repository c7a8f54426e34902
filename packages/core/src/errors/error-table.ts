import { ThroughlineError } from "./throughline-error.ts";

/** One row of a package's error table. The message says what happened, with which value, and what to do. */
export interface ErrorDefinition<Details extends Record<string, unknown> = Record<string, unknown>> {
  readonly retryable: boolean;
  readonly message: (details: Details) => string;
}

// biome-style `any` is needed here: each row has details of its own.
// oxlint-disable-next-line typescript/no-explicit-any
type Table = Record<string, ErrorDefinition<any>>;

/**
 * Builds a package's error factory from its table.
 * @example
 *   const sqliteError = errorTable({ STORE_FULL: { retryable: true, message: (d: { file: string }) => `…${d.file}…` } });
 *   throw sqliteError("STORE_FULL", { file }, cause);
 */
export function errorTable<T extends Table>(table: T) {
  return <Code extends keyof T & string>(
    code: Code,
    details: Parameters<T[Code]["message"]>[0],
    cause?: unknown,
  ): ThroughlineError => {
    const row = table[code];
    if (row === undefined) throw new TypeError(`unknown error code ${code}`);
    return new ThroughlineError(code, row.message(details), { retryable: row.retryable, details, cause });
  };
}
