import { coreError } from "throughline/seams";
import type { FailureMapper } from "../database/sqlite-failure.ts";
import { sqliteError } from "./catalogue.ts";

/** Failures of a store's file as errors of the store's seam. `store` is the name that messages use. */
export function storeFailure(store: string): FailureMapper {
  return ({ kind, file, what, commitUnknown, cause }) => {
    if (commitUnknown) return coreError("COMMIT_UNKNOWN", { store }, cause);
    if (kind === "closed") return coreError("STORE_CLOSED", { store });
    if (kind === "read-only") return coreError("STORE_READ_ONLY", { store }, cause);
    if (kind === "full") return coreError("STORE_FULL", { store }, cause);
    if (kind === "corrupt" || kind === "not-a-database") return sqliteError("SQLITE_FILE_UNUSABLE", { file, what }, cause);
    return coreError("STORE_UNAVAILABLE", { store, what }, cause);
  };
}

/** Failures of a log's file as errors of the log's seam. */
export const logFailure: FailureMapper = ({ kind, file, what, cause }) => {
  if (kind === "closed") return coreError("LOG_CLOSED", {});
  if (kind === "corrupt" || kind === "not-a-database") return sqliteError("SQLITE_FILE_UNUSABLE", { file, what }, cause);
  return coreError("LOG_UNAVAILABLE", { what }, cause);
};
