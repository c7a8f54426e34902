import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

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
    countByOrder: async (service, table) =>
      new Map(
        (await all(service, `SELECT order_id, count(*) AS n FROM ${table} GROUP BY order_id`)).map((row) => [
          String(row.order_id),
          Number(row.n),
        ]),
      ),
    async close() {
      for (const each of open.values()) each.close();
      open.clear();
    },
  };
}
