import { OrderPlaced } from "./contracts.ts";
import type { Misbehaviour, Shop } from "./shop.ts";
import { type Foreign, foreignRecord, goodData, structuredRecord } from "./wire.ts";
import type { Case } from "./case.ts";

type Bring = Case["bring"];

/** Somebody else appends a record. */
export const record =
  (foreign: Foreign): Bring =>
  (shop, subject) =>
    shop.append(foreignRecord(subject, foreign));

/** Somebody else appends an event in structured mode. */
export const structured =
  (envelope: Readonly<Record<string, unknown>> | string): Bring =>
  (shop, subject) =>
    shop.append(structuredRecord(subject, envelope));

/** Orders publishes data, changed or replaced, in a transaction that also writes its row. */
export const publishing =
  (change: (data: Record<string, unknown>) => unknown): Bring =>
  (shop, subject) =>
    shop.ordersStore.transaction(async (tx) => {
      tx.run("INSERT INTO placed (order_id) VALUES (?)", subject);
      await shop.orders.publish(OrderPlaced, change({ ...goodData(subject) }) as ReturnType<typeof goodData>, { tx });
    });

/** The handler does this with an event that has nothing wrong with it. */
export const handling =
  (misbehaviour: Misbehaviour): Bring =>
  async (shop, subject) => {
    shop.misbehaviour.set(subject, misbehaviour);
    await shop.place(subject);
  };
