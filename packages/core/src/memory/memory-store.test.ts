import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Surroundings } from "../seams/runtime.ts";
import type { NewOutboxRow } from "../seams/store.ts";
import type { MemoryTx } from "./memory-store-tx.ts";
import { createMemoryStore } from "./memory-store.ts";

const mistake = new Error("a mistake");

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

/** A clock that stands still until it is told to go on. */
function standingClock() {
  let now = 0;
  let timers: { at: number; callback: () => void }[] = [];
  const surroundings: Surroundings = {
    clock: {
      now: () => now,
      monotonic: () => now,
      after: (delayMs, callback) => {
        const timer = { at: now + delayMs, callback };
        timers.push(timer);
        return { cancel: () => void (timers = timers.filter((each) => each !== timer)) };
      },
    },
    random: { next: () => 0, fill: (bytes) => bytes },
  };
  const goOn = (ms: number) => {
    now += ms;
    for (const timer of timers.filter(({ at }) => at <= now)) timer.callback();
  };
  return { surroundings, goOn, pending: () => timers.length };
}

function event(eventId: string): NewOutboxRow {
  return { eventId, topic: "order", subject: "o-1", key: null, value: null, headers: [], createdAtMs: 1, once: false };
}

describe("memory store: values", () => {
  test("are structured clones, going in and coming out", async () => {
    const store = createMemoryStore();
    const order = { lines: ["a"], at: new Date(5), bytes: new Uint8Array([1]) };
    await store.transaction(async (tx) => {
      await tx.put("order", order);
      order.lines.push("b");
      const read = await tx.get<typeof order>("order");
      assert.deepEqual(read, { lines: ["a"], at: new Date(5), bytes: new Uint8Array([1]) });
      read?.lines.push("c");
      assert.deepEqual((await tx.get<typeof order>("order"))?.lines, ["a"]);
    });
    store.get<typeof order>("order")?.lines.push("d");
    assert.deepEqual(store.get<typeof order>("order")?.lines, ["a"]);
    assert.deepEqual(store.entries("ord"), [["order", { lines: ["a"], at: new Date(5), bytes: new Uint8Array([1]) }]]);
  });

  test("that cannot be cloned fail the transaction", async () => {
    const store = createMemoryStore();
    const caught = store.transaction((tx) => tx.put("f", () => 1).catch(() => undefined));
    await assert.rejects(caught, { code: "TX_STATEMENT_FAILED" });
  });

  test("are listed by prefix, sorted, with what the transaction wrote and deleted", async () => {
    const store = createMemoryStore();
    await store.transaction(async (tx) => {
      for (const key of ["b/2", "a/1", "b/1", "b/3"]) await tx.put(key, key);
    });
    await store.transaction(async (tx) => {
      await tx.delete("b/1");
      await tx.put("b/0", 0);
      assert.deepEqual(await tx.keys("b/"), ["b/0", "b/2", "b/3"]);
      assert.deepEqual(await tx.keys(), ["a/1", "b/0", "b/2", "b/3"]);
    });
    assert.deepEqual(
      store.entries("b/").map(([key]) => key),
      ["b/0", "b/2", "b/3"],
    );
    assert.equal(store.get("b/1"), undefined);
  });

  test("are inserted once", async () => {
    const store = createMemoryStore();
    await store.transaction((tx) => tx.insert("invoice:1", 1));
    await assert.rejects(
      store.transaction((tx) => tx.insert("invoice:1", 2)),
      { code: "MEMORY_KEY_TAKEN" },
    );
    assert.equal(store.get("invoice:1"), 1);
  });
});

describe("memory store: transactions at once", () => {
  test("see what is committed, not what others are writing", async () => {
    const store = createMemoryStore();
    await store.transaction((tx) => tx.put("a", 1));
    await store.transaction(async (tx) => {
      await tx.put("a", 2);
      assert.equal(store.get("a"), 1);
      assert.equal(await store.transaction((other) => other.get("a")), 1);
    });
    assert.equal(store.get("a"), 2);
  });

  test("wait for a written key and then build on its newest value", async () => {
    const store = createMemoryStore();
    const add = async (tx: MemoryTx) => tx.put("count", ((await tx.lock<number>("count")) ?? 0) + 1);
    await Promise.all(Array.from({ length: 50 }, () => store.transaction(add)));
    assert.equal(store.get("count"), 50);
  });

  test("get a contended key in the order they asked", async () => {
    const store = createMemoryStore();
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4].map((n) => store.transaction((tx) => tx.lock("k").then(() => void order.push(n)))));
    assert.deepEqual(order, [1, 2, 3, 4]);
  });

  test("in a deadlock of three, the youngest gives way and the others commit", async () => {
    const store = createMemoryStore();
    const locked = [gate(), gate(), gate()];
    const outcomes = await Promise.allSettled(
      ["a", "b", "c"].map((key, i) =>
        store.transaction(async (tx) => {
          await tx.put(key, i);
          locked[i]?.open();
          await Promise.all(locked.map(({ opened }) => opened));
          await tx.put(["b", "c", "a"][i] ?? "", i);
        }),
      ),
    );
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason.code : "committed")),
      ["committed", "committed", "TX_CONFLICT"],
    );
    assert.deepEqual(store.entries(), [
      ["a", 0],
      ["b", 0],
      ["c", 1],
    ]);
  });

  test("get the locks that a nested transaction took when it is rolled back", async () => {
    const store = createMemoryStore();
    await store.transaction(async (tx) => {
      await assert.rejects(
        tx.transaction((inner) => inner.put("a", 1).then(() => Promise.reject(mistake))),
        mistake,
      );
      await store.transaction((other) => other.put("a", 2));
      await tx.put("b", 3);
    });
    assert.deepEqual(store.entries(), [
      ["a", 2],
      ["b", 3],
    ]);
  });
});

describe("memory store: a failed statement", () => {
  test("has the transaction refuse every other one", async () => {
    const store = createMemoryStore();
    await store.transaction((tx) => tx.put("taken", 1));
    const failed = store.transaction(async (tx) => {
      await tx.insert("taken", 2).catch(() => undefined);
      await assert.rejects(tx.get("taken"), { code: "TX_STATEMENT_FAILED" });
      await assert.rejects(tx.put("other", 2), { code: "TX_STATEMENT_FAILED" });
      await assert.rejects(store.publishIn(tx, [event("e-1")]), { code: "TX_STATEMENT_FAILED" });
    });
    await assert.rejects(failed, { code: "TX_STATEMENT_FAILED" });
  });

  test("is forgiven when a savepoint before it is rolled back to, not one after it", async () => {
    const store = createMemoryStore();
    await store.transaction((tx) => tx.put("taken", 1));
    const failing = (tx: MemoryTx) => tx.transaction((inner) => inner.insert("taken", 2).catch(() => undefined));
    await store.transaction(async (tx) => {
      await assert.rejects(failing(tx), { code: "TX_STATEMENT_FAILED" });
      await tx.put("a", 1);
    });
    const twice = store.transaction(async (tx) => {
      await tx.insert("taken", 2).catch(() => undefined);
      await assert.rejects(
        tx.transaction(async () => undefined),
        { code: "TX_STATEMENT_FAILED" },
      );
    });
    await assert.rejects(twice, { code: "TX_STATEMENT_FAILED" });
    assert.equal(store.get("a"), 1);
  });

  test("a unit whose handler threw without a savepoint cannot commit", async () => {
    const store = createMemoryStore();
    const swallowed = store.unitOfWork(async (unit) => {
      await unit
        .isolate((tx) => tx.put("a", 1).then(() => Promise.reject(mistake)), { savepoint: false, alone: false })
        .catch(() => undefined);
    });
    await assert.rejects(swallowed, { code: "TX_STATEMENT_FAILED", cause: mistake });
    assert.deepEqual(store.entries(), []);
  });

  test("a write in a read-only unit is one", async () => {
    const store = createMemoryStore();
    await assert.rejects(
      store.unitOfWork((unit) => unit.outbox.add([event("e-1")]), { readOnly: true }),
      { code: "MEMORY_READ_ONLY" },
    );
    await assert.rejects(
      store.unitOfWork((unit) => unit.leases.acquire("relay", "a", 1, 2), { readOnly: true }),
      { code: "MEMORY_READ_ONLY" },
    );
  });
});

describe("memory store: the limit", () => {
  test("is 8 seconds of the clock it was opened with", async () => {
    const store = createMemoryStore();
    const { surroundings, goOn, pending } = standingClock();
    await store.open({ service: "billing", surroundings });
    const written = gate();
    const hanging = store.transaction(async (tx) => {
      await tx.put("a", 1);
      written.open();
      await new Promise(() => undefined);
    });
    await written.opened;
    goOn(7_999);
    const waiting = store.transaction((tx) => tx.put("a", 2));
    goOn(1);
    await assert.rejects(hanging, { code: "TX_TOO_LONG", details: { limitMs: 8_000 } });
    await waiting;
    assert.equal(store.get("a"), 2);
    assert.equal(pending(), 0);
  });

  test("ends a transaction that waits for a lock", async () => {
    const store = createMemoryStore({ transactionLimitMs: 100 });
    const { surroundings, goOn } = standingClock();
    const [locked, release] = [gate(), gate()];
    const holder = store.transaction(async (tx) => {
      await tx.lock("a");
      locked.open();
      await release.opened;
    });
    await locked.opened;
    await store.open({ service: "billing", surroundings });
    const waiting = store.transaction((tx) => tx.put("a", 2));
    goOn(100);
    await assert.rejects(waiting, { code: "TX_TOO_LONG" });
    release.open();
    await holder;
    await store.transaction((tx) => tx.put("a", 3));
    assert.equal(store.get("a"), 3);
  });
});

describe("memory store: faults", () => {
  test("the next commit that wrote something fails with the error given, and nothing is written", async () => {
    const store = createMemoryStore();
    store.failNextCommit(mistake);
    await store.transaction((tx) => tx.get("a"));
    await assert.rejects(
      store.transaction((tx) => tx.put("a", 1)),
      mistake,
    );
    assert.equal(store.get("a"), undefined);
    await store.transaction((tx) => tx.put("a", 2));
    assert.equal(store.get("a"), 2);
  });

  test("becoming unavailable rolls open transactions back, and other connections go on", async () => {
    const store = createMemoryStore();
    const other = store.connect();
    const written = gate();
    const open = store.transaction(async (tx) => {
      await tx.put("a", 1);
      written.open();
      await new Promise(() => undefined);
    });
    await written.opened;
    store.unavailable(true);
    await assert.rejects(open, { code: "STORE_UNAVAILABLE" });
    await other.transaction((tx) => tx.put("a", 2));
    await assert.rejects(
      store.transaction((tx) => tx.get("a")),
      { code: "STORE_UNAVAILABLE" },
    );
    store.unavailable(false);
    assert.equal(await store.transaction((tx) => tx.get("a")), 2);
  });

  test("a restored store is as it was: values, outbox and numbering", async () => {
    const store = createMemoryStore();
    await store.unitOfWork((unit) => unit.outbox.add([event("e-1")]));
    await store.transaction((tx) => tx.put("a", 1));
    const backup = store.snapshot();
    const [first] = await store.unitOfWork((unit) => unit.outbox.number(10));
    await store.transaction((tx) => tx.put("a", 2));
    await store.unitOfWork((unit) => unit.outbox.sent([first?.ticket ?? 0]));

    for (let times = 0; times < 2; times++) {
      store.restore(backup);
      assert.equal(store.get("a"), 1);
      assert.deepEqual(await store.unitOfWork((unit) => unit.outbox.number(10)), [first]);
    }
  });

  test("a restore rolls back what every connection has open", async () => {
    const store = createMemoryStore();
    const backup = store.snapshot();
    const written = gate();
    const open = store.connect().transaction(async (tx) => {
      await tx.put("a", 1);
      written.open();
      await new Promise(() => undefined);
    });
    await written.opened;
    store.restore(backup);
    await assert.rejects(open, { code: "STORE_UNAVAILABLE" });
    await store.transaction((tx) => tx.put("a", 2));
    assert.equal(store.get("a"), 2);
  });

  test("another connection outlives the first", async () => {
    const store = createMemoryStore();
    const other = store.connect();
    await store.transaction((tx) => tx.put("a", 1));
    await store.close();
    await assert.rejects(
      store.transaction((tx) => tx.get("a")),
      { code: "STORE_CLOSED" },
    );
    assert.equal(await other.transaction((tx) => tx.get("a")), 1);
  });
});
