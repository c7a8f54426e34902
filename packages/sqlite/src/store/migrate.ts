import type { DatabaseSync } from "node:sqlite";
import { coreError, crashPoint } from "throughline/seams";
import { migration0001 } from "./migrations/0001-tables.ts";
import { migration0002 } from "./migrations/0002-overlap.ts";
import { migration0003 } from "./migrations/0003-lost-by-numbering.ts";
import { migration0004 } from "./migrations/0004-controls.ts";
import { migration0005 } from "./migrations/0005-cursor-claims.ts";
import { migration0006 } from "./migrations/0006-numbering.ts";
import { migration0007 } from "./migrations/0007-renames.ts";
import { migration0008 } from "./migrations/0008-outbox-checks.ts";

interface Migration {
  readonly number: number;
  readonly name: string;
  /** The oldest migration whose code can still work on the tables as this one leaves them. */
  readonly oldestReader: number;
  readonly sql: string;
}

/** In order, without gaps. One that was released never changes: a test holds its hash. */
export const migrations: readonly Migration[] = [
  { number: 1, name: "tables", oldestReader: 1, sql: migration0001 },
  { number: 2, name: "overlap", oldestReader: 1, sql: migration0002 },
  { number: 3, name: "lost-by-numbering", oldestReader: 1, sql: migration0003 },
  { number: 4, name: "controls", oldestReader: 1, sql: migration0004 },
  { number: 5, name: "cursor-claims", oldestReader: 1, sql: migration0005 },
  { number: 6, name: "numbering", oldestReader: 1, sql: migration0006 },
  { number: 7, name: "renames", oldestReader: 1, sql: migration0007 },
  { number: 8, name: "outbox-checks", oldestReader: 1, sql: migration0008 },
];

const newest = migrations.length;

const createSql = `
  CREATE TABLE IF NOT EXISTS throughline_migrations (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    oldest_reader INTEGER NOT NULL,
    applied_at_ms INTEGER NOT NULL
  ) STRICT`;
const existsSql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'throughline_migrations'";
const foundSql =
  "SELECT coalesce(max(number), 0) AS number, coalesce(max(oldest_reader), 0) AS oldestReader FROM throughline_migrations";
const appliedSql = "INSERT INTO throughline_migrations (number, name, oldest_reader, applied_at_ms) VALUES (?, ?, ?, ?)";

/**
 * Brings the store's tables to this version, inside the caller's transaction, or with `migrate: false` checks that they are
 * there; returns what it applied. Throws `STORE_NOT_MIGRATED`, and `STORE_TOO_NEW` when a newer version left nothing that this one can work on.
 */
export function migrateStore(
  db: DatabaseSync,
  options: { file: string; migrate: boolean; nowMs: number },
): { number: number; name: string }[] {
  const found = foundIn(db);
  if (found.oldestReader > newest) throw coreError("STORE_TOO_NEW", { store: options.file, found: found.number, known: newest });
  if (found.number >= newest) return [];
  if (!options.migrate) throw coreError("STORE_NOT_MIGRATED", { store: options.file, found: found.number, needed: newest });
  db.exec(createSql);
  const missing = migrations.slice(found.number);
  for (const { number, name, oldestReader, sql } of missing) {
    db.exec(sql);
    db.prepare(appliedSql).run(number, name, oldestReader, options.nowMs);
    crashPoint("store.after-migration");
  }
  return missing.map(({ number, name }) => ({ number, name }));
}

/** The same as one script, for teams whose own tool migrates the database: what a store at migration `after` lacks. */
export function migrationScript(after: number): string {
  const steps = migrations.slice(after).map(
    ({ number, name, oldestReader, sql }) => `-- ${number}: ${name}
${sql.trim()}
INSERT INTO throughline_migrations (number, name, oldest_reader, applied_at_ms)
  VALUES (${number}, '${name}', ${oldestReader}, CAST(unixepoch('subsec') * 1000 AS INTEGER));
`,
  );
  return ["BEGIN IMMEDIATE;", `${createSql.trim()};`, ...steps, "COMMIT;", ""].join("\n");
}

function foundIn(db: DatabaseSync): { number: number; oldestReader: number } {
  if (db.prepare(existsSql).get() === undefined) return { number: 0, oldestReader: 0 };
  return db.prepare(foundSql).get() as { number: number; oldestReader: number };
}
