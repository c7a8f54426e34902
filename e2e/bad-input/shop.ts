import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteLog, sqlite, type SqliteStore, type SqliteTx } from "@throughline/sqlite";
import {
  createService,
  type EventLog,
  type HandlerContext,
  type LogRecord,
  type NewRecord,
  type Running,
  type Service,
  type ServiceOptions,
} from "throughline";
import { deadLetterTopic, readDeadLetter, redriveRecord, type DeadLetter } from "throughline/system-topics";
import { OrderChanged, OrderPlaced } from "./contracts.ts";
import { until } from "./until.ts";
import { goodData } from "./wire.ts";

export interface FoundLetter {
  readonly letter: DeadLetter;
  readonly original: LogRecord;
}

/** What a handler does with the events of one subject, besides noting them. */
export type Misbehaviour = (context: HandlerContext<SqliteTx>, shop: Shop) => unknown;

const noted = "CREATE TABLE IF NOT EXISTS noted (event_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, total INTEGER NOT NULL)";
const placed = "CREATE TABLE IF NOT EXISTS placed (order_id TEXT PRIMARY KEY)";

/** Quiet, and quick to give an event up. */
export const quick = { from: "earliest", retryDelaysMs: [2, 3], log: { silent: true } } as const;

/**
 * Two running services on the embedded log and stores: orders publishes, billing notes each event once. A bad input is brought
 * to them between two good events of the same partition, so that whatever it stops or loses shows.
 */
export class Shop {
  readonly folder: string;
  readonly log: EventLog;
  readonly ordersStore: SqliteStore;
  readonly orders: Service<SqliteTx>;
  readonly billingStore: SqliteStore;
  readonly billing: Service<SqliteTx>;
  /** By subject. */
  readonly misbehaviour = new Map<string, Misbehaviour>();
  readonly #goodIds: string[] = [];
  #running: Running[] = [];

  private constructor(folder: string, log: EventLog) {
    this.folder = folder;
    this.log = log;
    const eventLog = openLogIn(folder);
    this.ordersStore = sqlite({ file: join(folder, "orders.db"), tables: placed });
    this.orders = createService({
      ...quick,
      name: "orders",
      eventLog,
      store: this.ordersStore,
      publishes: [OrderPlaced, OrderChanged],
    });
    this.billingStore = sqlite({ file: join(folder, "billing.db"), tables: noted });
    this.billing = billingService({
      eventLog,
      store: this.billingStore,
      misbehave: async (context, subject) => this.misbehaviour.get(subject)?.(context, this),
    });
  }

  static async open(): Promise<Shop> {
    const folder = await temporaryFolder();
    const shop = new Shop(folder, await openLogIn(folder)());
    for (const service of [shop.orders, shop.billing]) shop.#running.push(await service.start());
    return shop;
  }

  async close(): Promise<void> {
    for (const running of this.#running) await running.close();
    await this.log.close();
    await rm(this.folder, { recursive: true });
  }

  /** Places an order as a route would: its row and its event in one transaction. Answers with the event's id. */
  place(subject: string): Promise<string> {
    return placeOrder(this.orders, this.ordersStore, subject);
  }

  /** Publishes a good event and waits until billing noted it. */
  async goodEvent(): Promise<void> {
    const id = await this.place(`good-${this.#goodIds.length}`);
    this.#goodIds.push(id);
    await until("a good event is handled", async () => (await this.notes("event_id", id)) === 1);
  }

  /** Good events that billing did not note exactly once, and orders that are not there: none, if nothing was lost. */
  async lost(): Promise<string[]> {
    const rows = await this.billingStore.all<{ event_id: string }>("SELECT event_id FROM noted");
    const known = new Set(rows.map((row) => row.event_id));
    const orders = await this.ordersStore.all("SELECT order_id FROM placed WHERE order_id LIKE 'good-%'");
    return [
      ...this.#goodIds.filter((id) => !known.has(id)),
      ...(orders.length === this.#goodIds.length ? [] : [`${this.#goodIds.length - orders.length} orders`]),
    ];
  }

  async notes(column: "event_id" | "order_id", value: string): Promise<number> {
    return (await this.billingStore.all(`SELECT 1 FROM noted WHERE ${column} = ?`, value)).length;
  }

  /** Appends a record as somebody else would; rejects with what the log answers. */
  async append(record: NewRecord): Promise<void> {
    const [result] = await this.log.append([record]);
    if (result?.ok === false) throw result.error;
  }

  deadLetters(service = "billing"): Promise<FoundLetter[]> {
    return readLetters(this.log, service);
  }

  /** Asks billing to handle a dead letter again. */
  async redrive({ letter, original }: FoundLetter): Promise<void> {
    const { service, handler, failureId } = letter;
    await this.append(
      redriveRecord({
        requestId: randomUUID(),
        action: "redrive",
        service,
        handler,
        failureId,
        by: "ann",
        reason: null,
        atMs: Date.now(),
        original,
        editedValue: null,
        force: false,
      }),
    );
  }

  /** Everything that anybody wrote, as a text that changes with it: rows of orders, what waits in its outbox, the ends of the topics. */
  async written(): Promise<string> {
    const orders = await this.ordersStore.all("SELECT count(*) AS orders FROM placed");
    const outbox = await this.ordersStore.unitOfWork((unit) => unit.outbox.backlog(), { readOnly: true });
    const ends = await Promise.all(["order", deadLetterTopic("billing")].map((topic) => this.log.offsets(topic)));
    return JSON.stringify([orders, outbox.count, ends]);
  }
}

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "throughline-bad-input-"));
}

/** Runs in a folder of its own, which is removed at the end. */
export async function aside<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await temporaryFolder();
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** How many events billing has noted. */
export const notes = async (store: SqliteStore): Promise<number> => (await store.all("SELECT 1 FROM noted")).length;

/** The warnings and errors of a service. */
export class Lines {
  text = "";
  readonly log = { level: "warn", destination: { write: (line: string) => void (this.text += line) } } as const;
}

/** One partition, so that a good event stands behind every bad one. */
export const openLogIn = (folder: string) => (): Promise<EventLog> =>
  openSqliteLog({ path: join(folder, "events.db"), defaultPartitions: 1 });

interface BillingOptions extends Partial<ServiceOptions<SqliteTx>> {
  readonly eventLog: ServiceOptions<SqliteTx>["eventLog"];
  readonly store: SqliteStore;
  readonly misbehave?: (context: HandlerContext<SqliteTx>, subject: string) => Promise<unknown>;
}

/** A service whose one handler notes every event in a row. */
export function billingService({ misbehave, ...options }: BillingOptions): Service<SqliteTx> {
  const billing = createService({ ...quick, name: "billing", ...options });
  return billing.on([OrderPlaced, OrderChanged], "note", async ({ id, data }, context) => {
    context.tx.run("INSERT INTO noted (event_id, order_id, total) VALUES (?, ?, ?)", id, data.order_id, data.total);
    await misbehave?.(context, data.order_id);
  });
}

export const billingStoreIn = (folder: string): SqliteStore => sqlite({ file: join(folder, "billing.db"), tables: noted });
export const ordersStoreIn = (folder: string): SqliteStore => sqlite({ file: join(folder, "orders.db"), tables: placed });

export function placeOrder(orders: Service<SqliteTx>, store: SqliteStore, subject: string): Promise<string> {
  return store.transaction(async (tx) => {
    tx.run("INSERT INTO placed (order_id) VALUES (?)", subject);
    return orders.publish(OrderPlaced, goodData(subject), { tx });
  });
}

export async function readLetters(log: EventLog, service: string): Promise<FoundLetter[]> {
  const letters: FoundLetter[] = [];
  const topic = deadLetterTopic(service);
  for (const { partition } of await log.offsets(topic)) {
    for await (const records of log.read({ topic, partition, fromOffset: 0 }))
      letters.push(...records.map(readDeadLetter).filter((found) => found !== null));
  }
  return letters;
}
