import { coreError } from "throughline/seams";
import { failureKind } from "../database/postgres-failure.ts";
import { postgresError } from "./catalogue.ts";

/**
 * A failure of the database itself as an error of the store's seam; any other error as it is.
 * @param limitMs Of the transaction that it happened in.
 */
export function storeFailure(error: unknown, { store, limitMs }: { store: string; limitMs: number }): unknown {
  const what = error instanceof Error ? error.message : String(error);
  switch (failureKind(error)) {
    case "unavailable":
      return coreError("STORE_UNAVAILABLE", { store, what }, error);
    case "conflict":
      return coreError("TX_CONFLICT", { what }, error);
    case "read-only":
      return coreError("STORE_READ_ONLY", { store }, error);
    case "full":
      return coreError("STORE_FULL", { store }, error);
    case "too-long":
      return coreError("TX_TOO_LONG", { limitMs }, error);
    case "refused":
      return postgresError("POSTGRES_REFUSED", { store, what }, error);
    default:
      return error;
  }
}
