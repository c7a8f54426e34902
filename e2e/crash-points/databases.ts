import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

type Row = Record<string, string | number | null>;

/** Looks into the services' own databases, reading only. A database or table that is not there yet holds no rows. */
export class Databases {
  readonly #folder: string;
  readonly #open = new Map<string, DatabaseSync>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async all(service: string, sql: string, ...parameters: (string | number)[]): Promise<Row[]> {
    const db = this.#database(service);
    if (db === null) return [];
    try {
      return db.prepare(sql).all(...parameters) as Row[];
    } catch (error) {
      if (/no such table/.test((error as Error).message)) return [];
      throw error;
    }
  }

  async number(service: string, sql: string): Promise<number> {
    return Number(Object.values((await this.all(service, sql))[0] ?? { n: 0 })[0]);
  }

  close(): void {
    for (const db of this.#open.values()) db.close();
    this.#open.clear();
  }

  #database(service: string): DatabaseSync | null {
    const file = join(this.#folder, `${service}.db`);
    if (!this.#open.has(service) && !existsSync(file)) return null;
    const db = this.#open.get(service) ?? new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
    this.#open.set(service, db);
    return db;
  }
}
