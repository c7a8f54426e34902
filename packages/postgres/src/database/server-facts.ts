import type { ClientBase } from "pg";
import { coreError } from "throughline/seams";
import { postgresError } from "../errors/catalogue.ts";

export interface ServerFacts {
  /** As `server_version_num` tells: 180004. */
  readonly version: number;
  /** A pooler such as PgBouncer stands between: the next transaction may run on another connection to the server. */
  readonly isPooled: boolean;
}

const oldest = 140_000;
const factsSql = `
  SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS name,
    pg_backend_pid() AS pid, pg_is_in_recovery() OR current_setting('transaction_read_only')::bool AS "isReadOnly"`;

/** Looks at the server behind a connection. Rejects with `STORE_READ_ONLY` for a replica, and `POSTGRES_TOO_OLD`. */
export async function serverFacts(client: ClientBase, { store }: { store: string }): Promise<ServerFacts> {
  const { rows } = await client.query<{ version: number; name: string; pid: number; isReadOnly: boolean }>(factsSql);
  const { version, name, pid, isReadOnly } = rows[0] as (typeof rows)[0];
  if (version < oldest) throw postgresError("POSTGRES_TOO_OLD", { store, version: name });
  if (isReadOnly) throw coreError("STORE_READ_ONLY", { store });
  // A pooler gives each client a number of its own.
  return { version, isPooled: pid !== (client as unknown as { processID: number }).processID };
}
