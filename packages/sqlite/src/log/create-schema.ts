import type { DatabaseSync } from "node:sqlite";
import { sqliteError } from "../errors/index.ts";

/** Brings a file to its newest format, in the caller's transaction. Steps that were released are never changed, only followed. */
export function createSchema(db: DatabaseSync, file: string, steps: readonly string[]): void {
  const found = Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (found > steps.length) throw sqliteError("LOG_FILE_TOO_NEW", { file, found, known: steps.length });
  const isForeign = found === 0 && db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table'").get() !== undefined;
  if (isForeign)
    throw sqliteError("SQLITE_FILE_UNUSABLE", {
      file,
      what: "it is another database, perhaps a service's store, and no event log",
    });
  for (const step of steps.slice(found)) db.exec(step);
  if (found < steps.length) db.exec(`PRAGMA user_version = ${steps.length}`);
}
