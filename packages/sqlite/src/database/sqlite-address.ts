import { sqliteError } from "../errors/catalogue.ts";

/**
 * The path that an address names: `sqlite:./data/events.db`, `sqlite:///var/lib/events.db`, or a plain path.
 * @example sqlitePath("sqlite:./data/events.db") // "./data/events.db"
 */
export function sqlitePath(address: string): string {
  const path = address.replace(/^sqlite:(\/\/)?/, "");
  // Two letters at least: "C:\data" is a path.
  if (path === "" || path === ":memory:" || /^[a-z][a-z0-9+.-]+:/i.test(path))
    throw sqliteError("SQLITE_ADDRESS_INVALID", { given: address });
  return path;
}
