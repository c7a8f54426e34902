import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";

type Row = Record<string, string | number | null>;

/** Looks into the services' own databases, reading only. */
export interface ServiceDatabases {
  all(service: string, sql: string, ...params: (string | number)[]): Promise<Row[]>;
  /** How many rows of `table` each order has; orders without one are missing. */
  countByOrder(service: string, table: string): Promise<Map<string, number>>;
  close(): Promise<void>;
}

export function openServiceDatabases(dataDir: string): ServiceDatabases {
  const open = new Map<string, DatabaseSync>();
  const database = (service: string): DatabaseSync => {
    const known = open.get(service) ?? new DatabaseSync(join(dataDir, `${service}.db`), { readOnly: true });
    open.set(service, known);
    return known;
  };
  const all = async (service: string, sql: string, ...params: (string | number)[]): Promise<Row[]> =>
    database(service)
      .prepare(sql)
      .all(...params) as Row[];

  return {
    all,
    countByOrder: countByOrderWith(all),
    async close() {
      for (const each of open.values()) each.close();
      open.clear();
    },
  };
}

/** The same on PostgreSQL, a database for each service. The mail provider keeps a file in any case. */
export function openPostgresDatabases(databaseUrl: (name: string) => string, dataDir: string): ServiceDatabases {
  const pools = new Map<string, pg.Pool>();
  const files = openServiceDatabases(dataDir);
  const poolOf = (service: string): pg.Pool => {
    const known = pools.get(service);
    if (known !== undefined) return known;
    const pool = new pg.Pool({ connectionString: databaseUrl(service), max: 1, allowExitOnIdle: true });
    pool.on("error", () => undefined);
    pools.set(service, pool);
    return pool;
  };
  const all: ServiceDatabases["all"] = async (service, sql, ...params) => {
    if (service === "mail-sink") return files.all(service, sql, ...params);
    let n = 0;
    const { rows } = await poolOf(service).query<Row>(
      sql.replaceAll("?", () => `$${++n}`),
      params,
    );
    return rows;
  };
  return {
    all,
    countByOrder: countByOrderWith(all),
    async close() {
      await files.close();
      await Promise.all([...pools.values()].map((pool) => pool.end()));
      pools.clear();
    },
  };
}

const countByOrderWith =
  (all: ServiceDatabases["all"]): ServiceDatabases["countByOrder"] =>
  async (service, table) => {
    const rows = await all(service, `SELECT order_id, count(*) AS n FROM ${table} GROUP BY order_id`);
    return new Map(rows.map((row) => [String(row.order_id), Number(row.n)]));
  };
