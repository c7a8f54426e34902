import assert from "node:assert/strict";
import type { SqliteStore } from "@throughline/sqlite";
import { createService, type EventContract, type Running, systemSurroundings, type Surroundings } from "throughline";
import type { Bring } from "./case.ts";
import { OrderChanged, OrderChangedBefore } from "./contracts.ts";
import { aside, billingStoreIn, Lines, notes, openLogIn, ordersStoreIn, quick, readLetters } from "./shop.ts";
import { until } from "./until.ts";

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
  () =>
    aside(async (folder) => {
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
    });

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
