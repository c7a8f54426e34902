import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isThroughlineError, type MemoryStore, type MemoryTx } from "../src/index.ts";
import type { UnitOfWork } from "../src/seams/index.ts";
import { eventRecord, isSettled, memory, OrderUpdated, readAll, service, until } from "./harness.ts";

const partitions = 6;
const events = 1_500;
const rows = 20;

/** The store, counting what lost in a deadlock; with `lock: false` its handlers' lock holds nobody up. */
function watched(store: MemoryStore, { lock }: { lock: boolean }): { store: MemoryStore; conflicts: () => number } {
  let conflicts = 0;
  const unitOfWork: MemoryStore["unitOfWork"] = (work, options) => {
    const unlocked = (unit: UnitOfWork<MemoryTx>): UnitOfWork<MemoryTx> => ({ ...unit, lockHandler: async () => undefined });
    return store
      .unitOfWork((unit) => work(lock ? unit : unlocked(unit)), options)
      .catch((error: unknown) => {
        if (isThroughlineError(error, "TX_CONFLICT") || isThroughlineError((error as { reason?: unknown }).reason, "TX_CONFLICT"))
          conflicts++;
        throw error;
      });
  };
  const proxy = new Proxy(store, {
    get: (target, name) => {
      const value = Reflect.get(target, name) as unknown;
      if (name === "unitOfWork") return unitOfWork;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { store: proxy, conflicts: () => conflicts };
}

/** As many instances as partitions, all of which write the same few rows, each event two of them in its own order. */
async function handleHotRows(options: { lock: boolean }): Promise<{ conflicts: number; perSecond: number }> {
  const { log, store } = memory(partitions);
  await log.createTopics([{ name: "order" }]);
  await log.append(
    Array.from({ length: events }, (_, i) => eventRecord(OrderUpdated, { order_id: `o-${i % 300}`, total: i }, null)),
  );
  const own = Array.from({ length: partitions }, () => watched(store.connect(), options));
  const started = performance.now();
  const running = await Promise.all(
    own.map(({ store: connection }, i) => {
      const reader = service("reader", log.connect(), connection, { instance: `i${i}`, settings: { maxBatchRecords: 50 } });
      reader.on(OrderUpdated, "count", async ({ data }, { tx }) => {
        for (const row of [(data.total * 7) % rows, (data.total * 13 + 1) % rows]) {
          await tx.put(`row:${row}`, ((await tx.lock<number>(`row:${row}`)) ?? 0) + 1);
          // A statement is a round trip: others run meanwhile.
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
      return reader.start();
    }),
  );
  await until("all are handled", () => isSettled(log, store, ["order"]), 40_000);
  const perSecond = events / ((performance.now() - started) / 1_000);
  await Promise.all(running.map((one) => one.close()));
  assert.equal(
    store.entries<number>("row:").reduce((sum, [, count]) => sum + count, 0),
    2 * events,
  );
  assert.equal((await readAll(log, "reader.dlt")).length, 0);
  return { conflicts: own.reduce((sum, one) => sum + one.conflicts(), 0), perSecond };
}

describe("hot rows (R4)", () => {
  it("transactions of a handler that deadlock are run one after the other: few are lost, and the rate stands", async (t) => {
    const serial = await handleHotRows({ lock: true });
    t.diagnostic(`with the handler's lock: ${serial.conflicts} rolled back, ${Math.round(serial.perSecond)}/s`);
    assert.ok(serial.conflicts <= 4 * partitions, `${serial.conflicts} transactions were rolled back`);
    assert.ok(serial.conflicts > 0, "the rows are hot");
  });

  it("without the lock many more are lost", async (t) => {
    const free = await handleHotRows({ lock: false });
    t.diagnostic(`without the handler's lock: ${free.conflicts} rolled back, ${Math.round(free.perSecond)}/s`);
    assert.ok(free.conflicts > 4 * partitions, `${free.conflicts} transactions were rolled back`);
  });
});
