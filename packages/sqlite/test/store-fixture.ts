import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { systemSurroundings } from "throughline";
import type { NewOutboxRow, ParkedRow, Run } from "throughline/seams";
import { type SqliteStore, type SqliteStoreOptions, sqlite } from "../src/index.ts";

export const tables = "CREATE TABLE IF NOT EXISTS numbers (key TEXT PRIMARY KEY, value INTEGER NOT NULL)";
export const put = "INSERT INTO numbers (key, value) VALUES (?, ?)";

/** A folder that goes away with the test. */
export async function testFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-store-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An open store of the service "billing" in a folder of its own, with a table of numbers. */
export async function testStore(
  t: TestContext,
  options: Partial<SqliteStoreOptions> = {},
): Promise<SqliteStore & { readonly file: string }> {
  const file = options.file ?? join(await testFolder(t), "billing.db");
  const store = sqlite({ tables, ...options, file });
  await store.open({ service: "billing", surroundings: systemSurroundings });
  t.after(() => store.close());
  return Object.assign(store, { file });
}

/** What the table of numbers holds. */
export async function numbers(store: SqliteStore): Promise<Record<string, number>> {
  const rows = await store.all<{ key: string; value: number }>("SELECT key, value FROM numbers ORDER BY key");
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

export function parkedRow(run: Run, n: number, parts: Partial<ParkedRow> = {}): ParkedRow {
  const { handlerId, epoch } = run;
  return {
    id: `01890000-0000-7000-8000-${String(n).padStart(12, "0")}`,
    handlerId,
    epoch,
    stream: "order",
    subject: `o-${n}`,
    sequence: n,
    sequenceEpoch: 0,
    eventKey: `key-${n}`,
    state: "waiting",
    reason: "call",
    dueAtMs: 1_000,
    logDueMs: null,
    attempts: [],
    handled: true,
    edited: null,
    lease: null,
    parkedAtMs: n,
    record: { topic: "order", topicId: "t", partition: 0, offset: n, timestampMs: 1, key: null, value: null, headers: [] },
    ...parts,
  };
}

export async function registerHandler(store: SqliteStore): Promise<Run> {
  const [row] = await store.unitOfWork((unit) => unit.handlers.register([{ name: "h", renamedFrom: [], types: [] }], 1));
  return { handlerId: row?.id ?? 0, epoch: 1 };
}
