import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { openSqliteLog, type SqliteStore, type SqliteTx } from "@throughline/sqlite";
import { type CallHandler, createService, defineEvent, type Event, type EventLog, type HandlerContext, type HandlerOptions, PermanentError, RetryLater, type Running, systemSurroundings } from "throughline";
import * as z from "zod";
import { commandsTopic, redriveTopic } from "throughline/system-topics";
import { handling, record } from "./bringing.ts";
import { type Bring, rejection } from "./case.ts";
import { InvoiceCreated, OrderPlaced } from "./contracts.ts";
import {
  billingService,
  billingStoreIn,
  openLogIn,
  ordersStoreIn,
  placeOrder,
  quick,
  readLetters,
  type Shop,
  temporaryFolder,
} from "./shop.ts";
import type { Place } from "./starting.ts";
import { until } from "./until.ts";
import { foreignRecord, goodData } from "./wire.ts";

// --- records

export const threeTimes: Bring = async (shop, subject) => {
  for (let i = 0; i < 3; i++) await record({})(shop, subject);
};

/** A program that opens the same log with another limit. */
export const fromWriterWithoutLimit =
  (note: string, ce: Readonly<Record<string, string | null>> = {}): Bring =>
  async (shop, subject) => {
    await using log = await openSqliteLog({ path: join(shop.folder, "events.db"), maxRecordBytes: 8 * 1024 * 1024 });
    const [result] = await log.append([foreignRecord(subject, { ce, value: { ...goodData(subject), note } })]);
    assert.equal(result?.ok, true);
  };

async function appendTexts(shop: Shop, topic: string, texts: readonly (string | null)[]): Promise<void> {
  for (const text of texts) await shop.append({ topic, key: null, value: text === null ? null : Buffer.from(text), headers: [] });
}

/** The redrive that follows is carried out all the same. */
export const brokenRedrives: Bring = async (shop, subject) => {
  const almost = { action: "redrive", service: "billing", handler: "note", original: { headers: [] } };
  await appendTexts(shop, redriveTopic("billing"), [
    null,
    "",
    "{",
    "[]",
    "null",
    "7",
    "{}",
    '{"service":"billing"}',
    JSON.stringify(almost),
    JSON.stringify({ ...almost, failureId: 7, original: { key: 1, value: 2, headers: 3 } }),
  ]);
  await handling(() => {
    throw new PermanentError("never");
  })(shop, subject);
};

/** They are passed, so that the next one is read. */
export const brokenCommands: Bring = async (shop, subject) => {
  const almost = { command: "replay", service: "billing", handler: "note" };
  await appendTexts(shop, commandsTopic, [
    null,
    "",
    "{",
    "null",
    "7",
    "{}",
    JSON.stringify(almost),
    JSON.stringify({ ...almost, kind: "rerun", commandId: "c", range: { fromMs: "soon" } }),
    JSON.stringify({ ...almost, command: "make-coffee" }),
  ]);
  const [bounds] = await shop.log.offsets(commandsTopic);
  await until("the commands are passed", async () => {
    const cursors = await shop.billingStore.unitOfWork((unit) => unit.cursors.list(), { readOnly: true });
    return cursors.some(({ topic, offset }) => topic === commandsTopic && offset === bounds?.end);
  });
  await shop.place(subject);
};

// --- publishing

/** Its fields are those of an order, and as JSON it is something else. */
export class TwoFaced {
  toJSON(): object {
    return {};
  }
}

export const publishInEndedTransaction: Bring = async ({ orders, ordersStore }, subject) =>
  orders.publish(OrderPlaced, goodData(subject), { tx: await ordersStore.transaction((tx) => tx) });

export const publishInOtherStore: Bring = ({ orders, billingStore }, subject) =>
  billingStore.transaction((tx) => orders.publish(OrderPlaced, goodData(subject), { tx }));

export const publishWhileReading: Bring = ({ orders, ordersStore }, subject) =>
  ordersStore.read((tx) => orders.publish(OrderPlaced, goodData(subject), { tx }));

export const publishAfterFailedStatement: Bring = ({ orders, ordersStore }, subject) =>
  ordersStore.transaction(async (tx) => {
    swallowsFailedStatement({ tx });
    await orders.publish(OrderPlaced, goodData(subject), { tx });
  });

/** The inner one waits for the outer one to end. */
export const publishBesideTransaction: Bring = async ({ orders, ordersStore }, subject) => {
  let inner: Promise<unknown> = Promise.resolve();
  const outer = ordersStore.transaction(async (tx) => {
    tx.run("INSERT INTO placed (order_id) VALUES (?)", subject);
    // Invalid in the end, so that what is written can be told.
    await (inner = ordersStore.transaction(() => Promise.reject(new Error("not to be kept"))));
    await orders.publish(OrderPlaced, goodData(subject), { tx });
  });
  const refusal = await rejection(outer);
  await rejection(inner);
  throw refusal;
};

export const publishBeforeStart: Bring = (shop, subject) =>
  createService<never>({ ...quick, name: "orders", eventLog: shop.log }).publish(OrderPlaced, goodData(subject));

/** Runs in a folder of its own. */
async function aside(work: (folder: string) => Promise<string>): Promise<string> {
  const folder = await temporaryFolder();
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const notes = async (store: SqliteStore): Promise<number> => (await store.all("SELECT 1 FROM noted")).length;

export const publishThenStart: Bring = () =>
  aside(async (folder) => {
    const store = ordersStoreIn(folder);
    const orders = createService({ ...quick, name: "orders", eventLog: openLogIn(folder), store });
    const billingStore = billingStoreIn(folder);
    await orders.publish(OrderPlaced, goodData("o"), { tx: "none" });
    await using _billing = await billingService({ eventLog: openLogIn(folder), store: billingStore }).start();
    await using _orders = await orders.start();
    await until("it is handled", async () => (await notes(billingStore)) === 1);
    return "handled";
  });

export const logInNewFolder: Bring = () =>
  aside(async (folder) => {
    const eventLog = openLogIn(join(folder, "a/b/c"));
    const store = ordersStoreIn(folder);
    const billingStore = billingStoreIn(folder);
    const orders = createService({ ...quick, name: "orders", eventLog, store });
    await using _orders = await orders.start();
    await using _billing = await billingService({ eventLog, store: billingStore }).start();
    await placeOrder(orders, store, "o");
    await until("it is handled", async () => (await notes(billingStore)) === 1);
    return "handled";
  });

export const defineNonsense: Bring = async () =>
  defineEvent("order placed" as string, { version: 0, subject: "customer" as never, data: z.object({ order_id: z.string() }) });

// --- handlers

export function bareCircle(): unknown {
  const circle = Object.create(null) as Record<string, unknown>;
  circle["in"] = circle;
  return circle;
}

export function errorWith(unreadable: string): Error {
  const refuse = (): never => {
    throw new Error("not to be read");
  };
  return Object.defineProperty(new Error("readable"), unreadable, { get: refuse });
}

export function throwingProxy(): unknown {
  const refuse = (): never => {
    throw new Error("not to be touched");
  };
  return new Proxy(new Error(), { get: refuse, getPrototypeOf: refuse, has: refuse, ownKeys: refuse });
}

export function swallowsFailedStatement({ tx }: { tx: SqliteTx }): void {
  try {
    tx.run("INSERT INTO nowhere VALUES (1)");
  } catch {
    // As many a handler does.
  }
}

export function breaksDeferredConstraint({ tx }: HandlerContext<SqliteTx>): void {
  tx.exec("CREATE TABLE IF NOT EXISTS paid (event_id TEXT REFERENCES noted (event_id) DEFERRABLE INITIALLY DEFERRED)");
  tx.run("INSERT INTO paid VALUES ('an event that was never noted')");
}

/** Once; then it does what it should. */
export const asksForLater = (delayMs: number): Bring => {
  let isAsked = false;
  return handling(() => {
    if (isAsked) return;
    isAsked = true;
    throw new RetryLater(delayMs);
  });
};

export const alwaysAsksForLater: Bring = async (shop, subject) => {
  let times = 0;
  await handling(() => {
    times++;
    throw new RetryLater(0);
  })(shop, subject);
  await until("it has asked often", () => times > 50);
  await shop.goodEvent();
  shop.misbehaviour.delete(subject);
  await until("it is handled at last", async () => (await shop.notes("order_id", subject)) === 1);
  return "others were handled";
};

export const throwsUndefinedAlone: Bring = () =>
  aside(async (folder) => {
    const store = ordersStoreIn(folder);
    const orders = createService({ ...quick, name: "orders", eventLog: openLogIn(folder), store });
    const reader = createService({ ...quick, name: "billing", eventLog: openLogIn(folder), store: billingStoreIn(folder) });
    reader.on(OrderPlaced, "refuse", () => Promise.reject(), { transaction: "own" });
    await using _orders = await orders.start();
    await using _reader = await reader.start();
    await placeOrder(orders, store, "o");
    await using log = await openLogIn(folder)();
    await until("there is a letter", async () => (await readLetters(log, "billing")).length === 1);
    return (await readLetters(log, "billing"))[0]?.letter.error.message ?? "";
  });

/** A handler that calls something outside; answers with the error of its dead letter. */
export const calling = (work: CallHandler<Event, SqliteTx>, options: HandlerOptions<SqliteTx> = {}): Bring => () =>
  aside(async (folder) => {
    const store = ordersStoreIn(folder);
    const orders = createService({ ...quick, name: "orders", eventLog: openLogIn(folder), store });
    const caller = createService({ ...quick, name: "billing", eventLog: openLogIn(folder), store: billingStoreIn(folder) });
    caller.on(OrderPlaced, "call", work, { ...options, replay: "run" });
    await using _orders = await orders.start();
    await using _caller = await caller.start();
    await placeOrder(orders, store, "o");
    await using log = await openLogIn(folder)();
    await until("there is a letter", async () => (await readLetters(log, "billing")).length === 1);
    return (await readLetters(log, "billing"))[0]?.letter.error.message ?? "";
  });

export const usesContextLate: Bring = async (shop, subject) => {
  let late: HandlerContext<SqliteTx> | undefined;
  await handling((context) => void (late = context))(shop, subject);
  await until("it is over", async () => (await shop.notes("order_id", subject)) === 1);
  assert.throws(() => late?.tx.run("DELETE FROM noted"), { code: "TX_ENDED" });
  const published = late?.publish(InvoiceCreated, { order_id: subject, total: 1 });
  assert.equal(((await rejection(published ?? Promise.resolve())) as { code?: string }).code, "TX_ENDED");
};

export const failsOnLargeEvent =
  (note: string): Bring =>
  async (shop, subject) => {
    shop.misbehaviour.set(subject, () => {
      throw new PermanentError("never");
    });
    await shop.append(foreignRecord(subject, { value: { ...goodData(subject), note } }));
  };

// --- starts

export const startTwice: Bring = (shop) => shop.billing.start();

export const startTwiceAtOnce: Bring = () => {
  let refusal: unknown;
  return aside(async (folder) => {
    const service = billingService({ eventLog: openLogIn(folder), store: billingStoreIn(folder) });
    const first = service.start();
    refusal = await rejection(service.start());
    await using running: Running = await first;
    assert.equal((await running.health()).ready, true);
    return "";
  }).then(() => {
    throw refusal;
  });
};

export const declareLate: Bring = async (shop) => shop.billing.on(OrderPlaced, "late", () => undefined);

/** The log opens, and refuses to be read by a group. */
export async function startWithoutGroup({ parts }: Place): Promise<unknown> {
  const eventLog = async (): Promise<EventLog> => {
    const log = await parts.eventLog();
    const subscribe = (): Promise<never> => Promise.reject(new Error("no group today"));
    return new Proxy(log, { get: (target, name) => (name === "subscribe" ? subscribe : bound(target, name)) });
  };
  return billingService({ ...parts, eventLog }).start();
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === "function" ? (value as (...given: unknown[]) => unknown).bind(target) : value;
}

export const twoOfOneName: Bring = () =>
  aside(async (folder) => {
    const start = (): Promise<Running> => billingService({ eventLog: openLogIn(folder), store: billingStoreIn(folder), instance: "one" }).start();
    const store = ordersStoreIn(folder);
    const orders = createService({ ...quick, name: "orders", eventLog: openLogIn(folder), store });
    await using first = await start();
    await using second = await start();
    await until("the first one has stopped", async () => !(await first.health()).ready);
    assert.equal((await second.health()).ready, true);
    await using _orders = await orders.start();
    await placeOrder(orders, store, "o");
    const look = billingStoreIn(folder);
    await look.open({ service: "billing", surroundings: systemSurroundings });
    await until("the second one handles", async () => (await notes(look)) === 1);
    await look.close();
    return (await first.health()).problems.join();
  });

/** The log of another life: what stands in it was never meant for where this service stands. */
export const logMadeAnew: Bring = () =>
  aside(async (folder) => {
    const billingStore = billingStoreIn(folder);
    const billing = billingService({ eventLog: openLogIn(folder), store: billingStore });
    const publish = async (subject: string): Promise<void> => {
      const store = ordersStoreIn(folder);
      const orders = createService({ ...quick, name: "orders", eventLog: openLogIn(folder), store });
      await using _orders = await orders.start();
      await placeOrder(orders, store, subject);
    };
    await publish("one");
    {
      await using _billing = await billing.start();
      await until("it is handled", async () => (await notes(billingStore)) === 1);
    }
    for (const part of ["", ".system", ".groups"]) await rm(join(folder, `events${part}.db`));
    await publish("two");
    await using running = await billing.start();
    return (await running.health()).problems.join();
  });
