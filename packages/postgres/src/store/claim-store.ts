import type { ClientBase } from "pg";
import { coreError } from "throughline/seams";
import { withSchema } from "./statements.ts";

const claimSql = "INSERT INTO throughline.service (one, name) VALUES (1, $1) ON CONFLICT DO NOTHING";
const lookSql = 'SELECT name, next_name AS "nextName", former_names::text AS "formerNames" FROM throughline.service';
const ownerSql = `${lookSql} FOR UPDATE`;
const takeOverSql = "UPDATE throughline.service SET name = $1, next_name = NULL, former_names = $2";

/**
 * A store belongs to the service that opened it first, or to the one that it was renamed to, and refuses every other. In the
 * caller's transaction. `asFound` only looks.
 */
export async function claimStore(
  client: ClientBase,
  { store, schema, service, asFound }: { store: string; schema: string; service: string; asFound: boolean },
): Promise<void> {
  if (!asFound) await client.query(withSchema(claimSql, schema), [service]);
  const { rows } = await client.query<{ name: string; nextName: string | null; formerNames: string }>(
    withSchema(asFound ? lookSql : ownerSql, schema),
  );
  const owner = rows[0];
  if (owner === undefined || owner.name === service) return;
  if (owner.nextName !== service) throw coreError("STORE_OF_ANOTHER_SERVICE", { store, owner: owner.name, service });
  if (asFound) return;
  const former = (JSON.parse(owner.formerNames) as string[]).filter((name) => name !== service);
  await client.query(withSchema(takeOverSql, schema), [service, JSON.stringify([...former, owner.name])]);
}
