import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { sqlite, type SqliteStore, type SqliteTx } from "@throughline/sqlite";
import {
  createMemoryLog,
  createMemoryStore,
  createService,
  decodeEvent,
  defineEvent,
  encodeEvent,
  type EventContract,
  type MemoryLog,
  type MemoryStore,
  type MemoryTx,
  type Service,
  type ServiceOptions,
  withSequence,
} from "throughline";
import type { LogRecord, NewRecord, Store } from "throughline/seams";
import { type DeadLetter, readDeadLetter } from "throughline/system-topics";
import * as z from "zod";

const order = z.object({ order_id: z.string(), total: z.int() });
export const OrderUpdated = defineEvent("order.updated", { version: 1, subject: "order_id", data: order });
export const InvoiceCreated = defineEvent("invoice.created", { version: 1, subject: "order_id", data: order });

/** A store under test, and what its client can do, by its own means. */
export interface World<Tx> {
  readonly store: Store<Tx>;
  /** Fails when the key exists. */
  insert(tx: Tx, key: string, value: number): Promise<void>;
  /** Returns rows. */
  get(tx: Tx, key: string): Promise<number | null>;
  nested<T>(tx: Tx, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** A statement that outlives its event. */
  outlive(tx: Tx): Promise<void>;
  /** What is committed, by key. */
  all(): Promise<Record<string, number>>;
}

interface Limit {
  readonly transactionLimitMs?: number;
}

const folder = mkdtempSync(join(tmpdir(), "throughline-modes-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

function memoryWorld(options: Limit = {}): World<MemoryTx> {
  const store: MemoryStore = createMemoryStore(options);
  return {
    store,
    insert: (tx, key, value) => tx.insert(key, value),
    get: async (tx, key) => (await tx.get<number>(key)) ?? null,
    nested: (tx, work) => tx.transaction(work),
    outlive: (tx) => tx.set("tenant", "t"),
    all: async () => Object.fromEntries(store.entries<number>()),
  };
}

function sqliteWorld(options: Limit = {}): World<SqliteTx> {
  const tables = "CREATE TABLE IF NOT EXISTS numbers (key TEXT PRIMARY KEY, value INTEGER)";
  const store: SqliteStore = sqlite({ file: join(folder, `${++files}.db`), tables, ...options });
  return {
    store,
    insert: async (tx, key, value) => void tx.run("INSERT INTO numbers VALUES (?, ?)", key, value),
    get: async (tx, key) => tx.get<{ value: number }>("SELECT value FROM numbers WHERE key = ?", key)?.value ?? null,
    nested: (tx, work) => tx.transaction(work),
    outlive: async (tx) => tx.exec("PRAGMA cache_size = 100"),
    all: async () => {
      const rows = await store.all<{ key: string; value: number }>("SELECT key, value FROM numbers ORDER BY key");
      return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
    },
  };
}

/** Each store by its name. What a test makes of `Tx` is the same on all of them. */
export const worlds: readonly (readonly [name: string, make: (options?: Limit) => World<unknown>])[] = [
  ["memory", memoryWorld],
  ["sqlite", sqliteWorld],
];

export function reader<Tx>(log: MemoryLog, { store }: World<Tx>, options: Partial<ServiceOptions<Tx>> = {}): Service<Tx> {
  return createService({
    name: "reader",
    eventLog: log,
    store,
    from: "earliest",
    log: { silent: true },
    retryDelaysMs: [3, 5, 8],
    // A busy machine shall not cut what a test wants in one transaction.
    settings: { transactionBudgetMs: 60_000 },
    ...options,
  });
}

export async function logOf(records: readonly NewRecord[], partitions = 1): Promise<MemoryLog> {
  const log = createMemoryLog({ defaultPartitions: partitions });
  await log.createTopics([{ name: "order" }]);
  await log.append(records);
  return log;
}

let counter = 0;

/** A record as the relay of an orders service would append it. */
export function updated(subject: string, sequence: number | null, more: { id?: string; total?: number } = {}): NewRecord {
  const contract: EventContract = OrderUpdated;
  const { key, value, headers } = encodeEvent({
    id: more.id ?? `01900000-0000-7000-8000-${String(++counter).padStart(12, "0")}`,
    source: "orders",
    type: contract.type,
    subject,
    timeMs: Date.now(),
    dataVersion: 1,
    data: { order_id: subject, total: more.total ?? sequence ?? 0 },
    correlationId: `c-${subject}`,
    tenantId: `t-${subject}`,
  });
  return { topic: "order", key, value, headers: sequence === null ? headers : withSequence(headers, sequence, 0) };
}

export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const endsAt = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endsAt) throw new Error(`it did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

/** Every cursor stands at the end, everything was sent, and nothing that waits will go on by itself. */
export async function settled(log: MemoryLog, store: Store): Promise<void> {
  await until("everything is handled", () =>
    store.unitOfWork(async (unit) => {
      const cursors = (await unit.cursors.list()).filter(({ topic }) => topic === "order");
      const ends = await log.offsets("order");
      const isRead = ends.every(({ partition, end }) =>
        cursors.some((cursor) => cursor.partition === partition && cursor.offset === end),
      );
      const handlers = (await unit.handlers.all()).map(({ id }) => id);
      const isDue = (await unit.parked.nextDueMs(handlers, 0)) !== null;
      return isRead && !isDue && (await unit.outbox.backlog()).count === 0;
    }),
  );
}

export async function records(log: MemoryLog, topic: string): Promise<LogRecord[]> {
  if (!(await log.topics()).some(({ name }) => name === topic)) return [];
  const found: LogRecord[] = [];
  for (const { partition } of await log.offsets(topic))
    for await (const batch of log.read({ topic, partition, fromOffset: 0 })) found.push(...batch);
  return found;
}

export async function letters(log: MemoryLog): Promise<{ letter: DeadLetter; subject: string | null }[]> {
  return (await records(log, "reader.dlt"))
    .map((record) => readDeadLetter(record))
    .filter((found) => found !== null)
    .map(({ letter, original }) => ({ letter, subject: decodeEvent(original).subject }));
}

export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}
