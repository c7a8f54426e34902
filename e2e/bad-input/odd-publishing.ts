import { createService, defineEvent } from "throughline";
import * as z from "zod";
import { type Bring, rejection } from "./case.ts";
import { OrderPlaced } from "./contracts.ts";
import { swallowsFailedStatement } from "./odd-handlers.ts";
import { aside, billingService, billingStoreIn, notes, openLogIn, ordersStoreIn, quick } from "./shop.ts";
import { until } from "./until.ts";
import { goodData } from "./wire.ts";

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

export const defineNonsense: Bring = async () =>
  defineEvent("order placed", { version: 0, subject: "customer" as never, data: z.object({ order_id: z.string() }) });
