import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { SqliteStore, SqliteTx } from "@throughline/sqlite";
import {
  createService,
  type EventContract,
  type HandlerContext,
  type Running,
  systemSurroundings,
  type Surroundings,
} from "throughline";
import type { Bring } from "./case.ts";
import { OrderChanged, OrderChangedBefore, OrderPlaced } from "./contracts.ts";
import { readOnly, type SmallDisk, smallDisk } from "./disks.ts";
import {
  billingService,
  billingStoreIn,
  openLogIn,
  ordersStoreIn,
  placeOrder,
  quick,
  readLetters,
  temporaryFolder,
} from "./shop.ts";
import { until } from "./until.ts";
import { goodData } from "./wire.ts";

const enough = "x".repeat(100_000);

/** Lines of a service's log. */
class Lines {
  text = "";
  readonly log = { level: "warn", destination: { write: (line: string) => void (this.text += line) } } as const;
}

interface World {
  readonly folder: string;
  readonly disk: SmallDisk;
}

async function onSmallDisk(work: (world: World) => Promise<string>): Promise<string> {
  const folder = await temporaryFolder();
  try {
    await using disk = await smallDisk(join(folder, "disk"));
    return await work({ folder, disk });
  } finally {
    await rm(folder, { recursive: true });
  }
}

const notes = async (store: SqliteStore): Promise<number> => (await store.all("SELECT 1 FROM noted")).length;

/** The disk of a publisher's store fills up: what was refused is not there, and what was accepted leaves. */
export const fullWhilePublishing: Bring = () =>
  onSmallDisk(async ({ folder, disk }) => {
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
  onSmallDisk(async ({ folder, disk }) => {
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
  onSmallDisk(async ({ folder, disk }) => {
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
export const readOnlyWhileHandling: Bring = async () => {
  const folder = await temporaryFolder();
  const lines = new Lines();
  const store = ordersStoreIn(folder);
  const orders = createService({ ...quick, name: "orders", eventLog: openLogIn(folder), store });
  const billing = () => billingService({ eventLog: openLogIn(folder), store: billingStore, log: lines.log });
  const billingStore = billingStoreIn(folder);
  try {
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
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** The log can be read and not written: what is published waits in the outbox, and leaves after a restart. */
export const readOnlyLog: Bring = async () => {
  const folder = await temporaryFolder();
  const lines = new Lines();
  const eventLog = openLogIn(folder);
  const store = ordersStoreIn(folder);
  const orders = createService({ ...quick, name: "orders", eventLog, store, publishes: [OrderPlaced], log: lines.log });
  const billingStore = billingStoreIn(folder);
  try {
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
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** A clock that can be put forward. */
class Jumping {
  aheadMs = 0;
  readonly surroundings: Surroundings = {
    random: systemSurroundings.random,
    clock: {
      now: () => systemSurroundings.clock.now() + this.aheadMs,
      monotonic: () => systemSurroundings.clock.monotonic(),
      after: (delayMs, callback) => systemSurroundings.clock.after(delayMs, callback),
    },
  };
}

/** A newer publisher is deployed first: its event waits for the reader's deploy. */
export const newerVersion =
  (then: "deploy" | "a day passes"): Bring =>
  async () => {
    const folder = await temporaryFolder();
    const lines = new Lines();
    const time = new Jumping();
    const store = ordersStoreIn(folder);
    const billingStore = billingStoreIn(folder);
    const reader = (contract: EventContract): Promise<Running> =>
      createService({
        ...quick,
        name: "billing",
        eventLog: openLogIn(folder),
        store: billingStore,
        surroundings: time.surroundings,
        log: lines.log,
      })
        .on(
          contract,
          "note",
          ({ id }, { tx }) => void tx.run("INSERT INTO noted (event_id, order_id, total) VALUES (?, 'o', 0)", id),
        )
        .start();
    const parked = () =>
      billingStore.unitOfWork(
        async (unit) => (await unit.parked.counts()).map(({ state, reason, count }) => `${count} ${state}: ${reason}`).join(),
        { readOnly: true },
      );
    try {
      const orders = createService({ ...quick, name: "orders", eventLog: openLogIn(folder), store });
      await using _orders = await orders.start();
      const before = await reader(OrderChangedBefore);
      await orders.publish(OrderChanged, { order_id: "o", total: 1, currency: "EUR" }, { tx: "none" });
      await until("it is parked", async () => (await parked()) === "1 waiting: version");
      time.aheadMs = 23 * 3_600_000;
      await until("it was looked at again", async () => (await parkedSince(billingStore)) > Date.now() + 22 * 3_600_000);
      assert.equal(await parked(), "1 waiting: version");
      if (then === "deploy") {
        await before.close();
        time.aheadMs += 60_000;
        await using _after = await reader(OrderChanged);
        await until("the new code handles it", async () => (await notes(billingStore)) === 1);
        return lines.text;
      }
      time.aheadMs = 25 * 3_600_000;
      await until("it is dead", async () => (await parked()) === "1 dead: unknown-version");
      await using log = await openLogIn(folder)();
      await until("its letter is out", async () => (await readLetters(log, "billing")).length === 1);
      await before.close();
      return (await readLetters(log, "billing"))[0]?.letter.error.message;
    } finally {
      await rm(folder, { recursive: true });
    }
  };

/** When the parked event is looked at next. */
async function parkedSince(store: SqliteStore): Promise<number> {
  const due = await store.unitOfWork(
    async (unit) =>
      (
        await unit.parked.due(
          (await unit.handlers.all()).map(({ id }) => id),
          Number.MAX_SAFE_INTEGER,
          1,
        )
      )[0],
    { readOnly: true },
  );
  return due?.dueAtMs ?? 0;
}
