import assert from "node:assert/strict";
import type { SqliteTx } from "@throughline/sqlite";
import {
  type CallHandler,
  createService,
  type Event,
  type HandlerContext,
  type HandlerOptions,
  PermanentError,
  RetryLater,
} from "throughline";
import { handling } from "./bringing.ts";
import { type Bring, rejection } from "./case.ts";
import { InvoiceCreated, OrderPlaced } from "./contracts.ts";
import { aside, billingStoreIn, openLogIn, ordersStoreIn, placeOrder, quick, readLetters } from "./shop.ts";
import { until } from "./until.ts";
import { foreignRecord, goodData } from "./wire.ts";

export const rejecting = (make: () => unknown) => async (): Promise<never> => {
  throw make();
};

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
    reader.on(
      OrderPlaced,
      "refuse",
      rejecting(() => undefined),
      { transaction: "own" },
    );
    await using _orders = await orders.start();
    await using _reader = await reader.start();
    await placeOrder(orders, store, "o");
    await using log = await openLogIn(folder)();
    await until("there is a letter", async () => (await readLetters(log, "billing")).length === 1);
    return (await readLetters(log, "billing"))[0]?.letter.error.message ?? "";
  });

/** A handler that calls something outside; answers with the error of its dead letter. */
export const calling =
  (work: CallHandler<Event, SqliteTx>, options: HandlerOptions<SqliteTx> = {}): Bring =>
  () =>
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
