import type { Bring } from "./case.ts";
import { OrderPlaced } from "./contracts.ts";
import type { Misbehaviour } from "./shop.ts";
import { type Foreign, foreignRecord, goodData, structuredRecord } from "./wire.ts";

type Data = Record<string, unknown>;

/** Somebody else appends a record; a function makes it from the case's subject. */
export const record =
  (foreign: Foreign | ((subject: string) => Foreign)): Bring =>
  (shop, subject) =>
    shop.append(foreignRecord(subject, typeof foreign === "function" ? foreign(subject) : foreign));

/** Somebody else appends an event in structured mode. */
export const structured =
  (envelope: Data | string): Bring =>
  (shop, subject) =>
    shop.append(structuredRecord(subject, envelope));

/** Orders publishes good data with a change, in a transaction that also writes its row. */
export const publishing =
  (change: (data: Data) => unknown): Bring =>
  (shop, subject) =>
    shop.ordersStore.transaction(async (tx) => {
      tx.run("INSERT INTO placed (order_id) VALUES (?)", subject);
      await shop.orders.publish(OrderPlaced, change({ ...goodData(subject) }) as ReturnType<typeof goodData>, { tx });
    });

/** Orders publishes a good event with these options. */
export const publishingWith =
  (options: Data | undefined, contract: unknown = OrderPlaced): Bring =>
  (shop, subject) =>
    (shop.orders.publish as (...given: unknown[]) => Promise<string>)(contract, goodData(subject), options);

/** The handler does this with an event that has nothing wrong with it. */
export const handling =
  (misbehaviour: Misbehaviour): Bring =>
  async (shop, subject) => {
    shop.misbehaviour.set(subject, misbehaviour);
    await shop.place(subject);
  };

/** The handler throws this. */
export const throwing = (make: () => unknown): Bring =>
  handling(() => {
    throw make();
  });
