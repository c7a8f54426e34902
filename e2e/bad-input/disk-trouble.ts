import assert from "node:assert/strict";
import { join } from "node:path";
import type { SqliteTx } from "@throughline/sqlite";
import { createService, type HandlerContext } from "throughline";
import type { Bring } from "./case.ts";
import { OrderPlaced } from "./contracts.ts";
import { readOnly, type SmallDisk, smallDisk } from "./disks.ts";
import {
  aside,
  billingService,
  billingStoreIn,
  Lines,
  notes,
  openLogIn,
  ordersStoreIn,
  placeOrder,
  quick,
  readLetters,
} from "./shop.ts";
import { until } from "./until.ts";
import { goodData } from "./wire.ts";

const enough = "x".repeat(100_000);

const onSmallDisk = (work: (folder: string, disk: SmallDisk) => Promise<string>): Promise<string> =>
  aside(async (folder) => {
    await using disk = await smallDisk(join(folder, "disk"));
    return await work(folder, disk);
  });

/** The disk of a publisher's store fills up: what was refused is not there, and what was accepted leaves. */
export const fullWhilePublishing: Bring = () =>
  onSmallDisk(async (folder, disk) => {
    const store = ordersStoreIn(disk.folder);
    const orders = createService({ ...quick, name: "orders", eventLog: openLogIn(folder), store });
    const billingStore = billingStoreIn(folder);
    await using _orders = await orders.start();
    await using _billing = await billingService({ eventLog: openLogIn(folder), store: billingStore }).start();
    await disk.fill();
    let placed = 0;
    const place = (): Promise<unknown> =>
      store.transaction(async (tx) => {
        tx.run("INSERT INTO placed (order_id) VALUES (?)", `order-${placed}`);
        await orders.publish(OrderPlaced, { ...goodData(`order-${placed}`), note: enough }, { tx });
      });
    let refusal: unknown;
    while (refusal === undefined) {
      await place().then(
        () => void placed++,
        (error: unknown) => void (refusal = error),
      );
    }
    await disk.free();
    await until("it publishes again", () =>
      place().then(
        () => true,
        () => false,
      ),
    );
    await until("every accepted event is handled", async () => (await notes(billingStore)) === placed + 1);
    assert.equal((await store.all("SELECT 1 FROM placed")).length, placed + 1);
    return `${(refusal as { code?: string }).code}: ${(refusal as Error).message}`;
  });

/** The disk of a consumer's store fills up: no attempt is spent, and it goes on by itself. */
export const fullWhileHandling: Bring = () =>
  onSmallDisk(async (folder, disk) => {
    const lines = new Lines();
    const store = ordersStoreIn(folder);
    const orders = createService({ ...quick, name: "orders", eventLog: openLogIn(folder), store });
    const billingStore = billingStoreIn(disk.folder);
    const padded = async ({ tx }: HandlerContext<SqliteTx>): Promise<void> => {
      tx.run("CREATE TABLE IF NOT EXISTS padding (bytes BLOB)");
      tx.run("INSERT INTO padding VALUES (zeroblob(100000))");
      tx.run("DELETE FROM padding");
    };
    await using _orders = await orders.start();
    await using _billing = await billingService({
      eventLog: openLogIn(folder),
      store: billingStore,
      misbehave: padded,
      log: lines.log,
    }).start();
    await disk.fill();
    let placed = 0;
    await until("the store is full", async () => {
      await placeOrder(orders, store, `order-${placed++}`);
      return lines.text.includes("STORE_FULL");
    });
    await disk.free();
    await until("every event is handled", async () => (await notes(billingStore)) === placed);
    await using log = await openLogIn(folder)();
    assert.deepEqual(await readLetters(log, "billing"), []);
    return lines.text;
  });

/** The log's disk fills up: events wait in the outbox of their publisher, and leave by themselves. */
export const fullLog: Bring = () =>
  onSmallDisk(async (folder, disk) => {
    const lines = new Lines();
    const store = ordersStoreIn(folder);
    const eventLog = openLogIn(disk.folder);
    const orders = createService({ ...quick, name: "orders", eventLog, store, log: lines.log });
    const billingStore = billingStoreIn(folder);
    await using _orders = await orders.start();
    await using _billing = await billingService({ eventLog, store: billingStore }).start();
    await placeOrder(orders, store, "before");
    await until("the first one is handled", async () => (await notes(billingStore)) === 1);
    await disk.fill();
    let placed = 1;
    await until("the log is full", async () => {
      const subject = `order-${placed++}`;
      await store.transaction((tx) => orders.publish(OrderPlaced, { ...goodData(subject), note: enough }, { tx }));
      return lines.text.includes("LOG_UNAVAILABLE");
    });
    const waiting = await store.unitOfWork((unit) => unit.outbox.backlog(), { readOnly: true });
    assert.ok(waiting.count > 0, "nothing waits in the outbox");
    await disk.free();
    await until("every event is handled", async () => (await notes(billingStore)) === placed);
    return lines.text;
  });

/** The store refuses to write while the service runs; after a restart it goes on. */
export const readOnlyWhileHandling: Bring = () =>
  aside(async (folder) => {
    const lines = new Lines();
    const store = ordersStoreIn(folder);
    const orders = createService({ ...quick, name: "orders", eventLog: openLogIn(folder), store });
    const billing = () => billingService({ eventLog: openLogIn(folder), store: billingStore, log: lines.log });
    const billingStore = billingStoreIn(folder);
    await using _orders = await orders.start();
    const running = await billing().start();
    // What a disk that was remounted read-only answers, from the connection itself.
    await billingStore.transaction((tx) => tx.exec("PRAGMA query_only = ON"));
    for (const n of [1, 2, 3]) await placeOrder(orders, store, `order-${n}`);
    await until("it says so", () => lines.text.includes("STORE_READ_ONLY"));
    await running.close();
    await using _again = await billing().start();
    await until("every event is handled", async () => (await notes(billingStore)) === 3);
    return lines.text;
  });

/** The log can be read and not written: what is published waits in the outbox, and leaves after a restart. */
export const readOnlyLog: Bring = () =>
  aside(async (folder) => {
    const lines = new Lines();
    const eventLog = openLogIn(folder);
    const store = ordersStoreIn(folder);
    const orders = createService({ ...quick, name: "orders", eventLog, store, publishes: [OrderPlaced], log: lines.log });
    const billingStore = billingStoreIn(folder);
    await (await orders.start()).close();
    const makeWritable = await readOnly(join(folder, "events.db"));
    try {
      await using _orders = await orders.start();
      await placeOrder(orders, store, "o");
      await until("it says so", () => lines.text.includes("LOG_UNAVAILABLE"));
    } finally {
      await makeWritable();
    }
    await using _orders = await orders.start();
    await using _billing = await billingService({ eventLog, store: billingStore }).start();
    await until("it is handled", async () => (await notes(billingStore)) === 1);
    return lines.text;
  });
