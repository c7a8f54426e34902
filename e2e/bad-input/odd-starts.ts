import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createService, type EventLog, type Running, systemSurroundings } from "throughline";
import { type Bring, rejection } from "./case.ts";
import { OrderPlaced } from "./contracts.ts";
import { aside, billingService, billingStoreIn, notes, openLogIn, ordersStoreIn, placeOrder, quick } from "./shop.ts";
import type { Place } from "./starting.ts";
import { until } from "./until.ts";

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
  let lines = "";
  const log = { destination: { write: (line: string) => void (lines += line) } };
  return billingService({ ...parts, eventLog, log })
    .start()
    .finally(() => assert.match(lines, /the service has stopped/, "what had begun was left running"));
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === "function" ? (value as (...given: unknown[]) => unknown).bind(target) : value;
}

export const twoOfOneName: Bring = () =>
  aside(async (folder) => {
    const start = (): Promise<Running> =>
      billingService({ eventLog: openLogIn(folder), store: billingStoreIn(folder), instance: "one" }).start();
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
