import type { DatabaseSync } from "node:sqlite";
import { coreError } from "throughline/seams";

const claimSql = "INSERT OR IGNORE INTO throughline_service (one, name) VALUES (1, ?)";
const ownerSql = "SELECT name FROM throughline_service";

/** A store belongs to the service that opened it first, and refuses every other. */
export function claimStore(db: DatabaseSync, options: { file: string; service: string }): void {
  db.prepare(claimSql).run(options.service);
  const { name } = db.prepare(ownerSql).get() as { name: string };
  if (name !== options.service)
    throw coreError("STORE_OF_ANOTHER_SERVICE", { store: options.file, owner: name, service: options.service });
}
