import type { TestContext } from "node:test";
import type { NewOutboxRow, ParkedRow, Run } from "throughline/seams";
import { type SqliteStore, type SqliteStoreOptions } from "../src/index.ts";
export declare const tables = "CREATE TABLE IF NOT EXISTS numbers (key TEXT PRIMARY KEY, value INTEGER NOT NULL)";
export declare const put = "INSERT INTO numbers (key, value) VALUES (?, ?)";
/** A folder that goes away with the test. */
export declare function testFolder(t: TestContext): Promise<string>;
/** An open store of the service "billing" in a folder of its own, with a table of numbers. */
export declare function testStore(
  t: TestContext,
  options?: Partial<SqliteStoreOptions>,
): Promise<
  SqliteStore & {
    readonly file: string;
  }
>;
/** What the table of numbers holds. */
export declare function numbers(store: SqliteStore): Promise<Record<string, number>>;
export declare function outboxRow(n: number, parts?: Partial<NewOutboxRow>): NewOutboxRow;
export declare function parkedRow(run: Run, n: number, parts?: Partial<ParkedRow>): ParkedRow;
export declare function registerHandler(store: SqliteStore): Promise<Run>;
