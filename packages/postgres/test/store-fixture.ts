import type { TestContext } from "node:test";
import { systemSurroundings } from "throughline";
import type { NewOutboxRow, Run } from "throughline/seams";
import { postgres, type PostgresStore, type PostgresStoreOptions } from "../src/index.ts";

export const tables = "CREATE TABLE IF NOT EXISTS numbers (key text PRIMARY KEY, value integer NOT NULL)";
export const put = "INSERT INTO numbers (key, value) VALUES ($1, $2)";

/** An open store of the service "billing" on an empty database, with a table of numbers. */
export async function testStore(
  t: TestContext,
  url: string,
  options: Partial<PostgresStoreOptions> = {},
): Promise<PostgresStore> {
  const store = postgres({ tables, url, ...options });
  t.after(() => store.close());
  await store.open({ service: "billing", surroundings: systemSurroundings });
  return store;
}

/** What the table of numbers holds. */
export async function numbers(store: PostgresStore): Promise<Record<string, number>> {
  const { rows } = await store.query<{ key: string; value: number }>("SELECT key, value FROM numbers ORDER BY key");
  return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
}

export function outboxRow(n: number, parts: Partial<NewOutboxRow> = {}): NewOutboxRow {
  return {
    eventId: `event-${n}`,
    topic: "order",
    subject: "o-1",
    key: Buffer.from("o-1"),
    value: Buffer.from("{}"),
    headers: [],
    createdAtMs: n,
    once: false,
    ...parts,
  };
}

export async function registerHandler(store: PostgresStore): Promise<Run> {
  const [row] = await store.unitOfWork((unit) => unit.handlers.register([{ name: "h", renamedFrom: [], types: [] }], 1));
  return { handlerId: row?.id ?? 0, epoch: 1 };
}

let made = 0;

/** A UUIDv7, later than the ones before. */
export function newUuid(): string {
  const at = Date.now().toString(16).padStart(12, "0");
  const random = crypto.randomUUID();
  made = (made + 1) % 4096;
  return `${at.slice(0, 8)}-${at.slice(8)}-7${made.toString(16).padStart(3, "0")}${random.slice(18)}`;
}
