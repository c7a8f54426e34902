import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Databases, firstNumber, type Row } from "./databases.ts";

/** A file for each service. */
export class SqliteDatabases implements Databases {
  readonly #folder: string;
  readonly #open = new Map<string, DatabaseSync>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  has(service: string): boolean {
    return existsSync(join(this.#folder, `${service}.db`));
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
    return firstNumber(await this.all(service, sql));
  }

  async close(): Promise<void> {
    for (const db of this.#open.values()) db.close();
    this.#open.clear();
  }

  #database(service: string): DatabaseSync | null {
    if (!this.#open.has(service) && !this.has(service)) return null;
    const db =
      this.#open.get(service) ?? new DatabaseSync(join(this.#folder, `${service}.db`), { readOnly: true, timeout: 5_000 });
    this.#open.set(service, db);
    return db;
  }
}
