import type { DatabaseSync } from "node:sqlite";
import { coreError } from "throughline/seams";

const claimSql = "INSERT OR IGNORE INTO throughline_service (one, name) VALUES (1, ?)";
const ownerSql = "SELECT name, next_name AS nextName, former_names AS formerNames FROM throughline_service";
const takeOverSql = "UPDATE throughline_service SET name = ?, next_name = NULL, former_names = ?";

/** A store belongs to the service that opened it first, or to the one that it was renamed to, and refuses every other. `asFound` only looks. */
export function claimStore(db: DatabaseSync, options: { file: string; service: string; asFound: boolean }): void {
  const { file, service, asFound } = options;
  if (!asFound) db.prepare(claimSql).run(service);
  const owner = db.prepare(ownerSql).get() as { name: string; nextName: string | null; formerNames: string } | undefined;
  if (owner === undefined || owner.name === service) return;
  if (owner.nextName !== service) throw coreError("STORE_OF_ANOTHER_SERVICE", { store: file, owner: owner.name, service });
  if (asFound) return;
  const former = (JSON.parse(owner.formerNames) as string[]).filter((name) => name !== service);
  db.prepare(takeOverSql).run(service, JSON.stringify([...former, owner.name]));
}
