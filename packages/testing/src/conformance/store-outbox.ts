import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Header, OutboxRow } from "throughline/seams";
import { assertRows, bytes, gate, numbered, outboxRow, storeTests } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-options.ts";

const failure = { name: "Error", code: "LOG_RECORD_TOO_LARGE", message: "too large", stack: null };

export function storeOutbox<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);

  describe("outbox", () => {
    test("keeps every field and byte", async ({ unit }) => {
      const binary = Uint8Array.from({ length: 256 }, (_, i) => i);
      const headers: Header[] = [
        ["same", bytes("1")],
        ["null", null],
        ["same", bytes("2")],
        ["empty", new Uint8Array(0)],
        ["ünï", binary],
      ];
      const rows = [
        outboxRow(1, { key: binary, value: binary, headers, topic: "ünï topic", subject: "ünï" }),
        outboxRow(2, { key: null, value: null, headers: [], subject: null }),
        outboxRow(3, { key: new Uint8Array(0), value: new Uint8Array(0), eventId: "an id of the caller's", once: true }),
      ];
      await unit((u) => u.outbox.add(rows));
      const stored = await unit((u) => u.outbox.number(10));
      assertRows(
        stored.map(({ ticket: _, sequence: __, sequenceEpoch: ___, ...row }) => row),
        rows,
      );
      assert.deepEqual(
        stored.map((row) => [row.sequence, row.sequenceEpoch]),
        [
          [1, 0],
          [null, 0],
          [1, 0],
        ],
      );
    });

    test("numbers each subject of each topic without gaps, in the order added", async ({ unit }) => {
      await unit((u) =>
        u.outbox.add([outboxRow(1), outboxRow(2, { subject: "o-2" }), outboxRow(3), outboxRow(4, { subject: null })]),
      );
      await unit((u) => u.outbox.add([outboxRow(5), outboxRow(6, { topic: "invoice" })]));
      assert.deepEqual(numbered(await unit((u) => u.outbox.number(10))), [
        [1, 1],
        [2, 1],
        [3, 2],
        [4, null],
        [5, 3],
        [6, 1],
      ]);
    });

    test("gives numbers that are durable and stay the same", async ({ unit }) => {
      await unit((u) => u.outbox.add([outboxRow(1), outboxRow(2)]));
      const first = await unit((u) => u.outbox.number(1));
      await unit((u) => u.outbox.add([outboxRow(3)]));
      const again = await unit((u) => u.outbox.number(10));
      assertRows(again[0], first[0]);
      assert.deepEqual(numbered(again), [
        [1, 1],
        [2, 2],
        [3, 3],
      ]);
      assertRows(await unit((u) => u.outbox.number(10)), again);
    });

    test("a number given in a transaction that rolled back is given again", async ({ unit }) => {
      await unit((u) => u.outbox.add([outboxRow(1)]));
      const failed = unit(async (u) => {
        assert.deepEqual(numbered(await u.outbox.number(10)), [[1, 1]]);
        throw new Error("undo this");
      });
      await assert.rejects(failed, /undo this/);
      assert.deepEqual(numbered(await unit((u) => u.outbox.number(10))), [[1, 1]]);
    });

    test("numbers go on after rows were sent", async ({ unit }) => {
      await unit((u) => u.outbox.add([outboxRow(1), outboxRow(2)]));
      const rows = await unit((u) => u.outbox.number(10));
      await unit((u) => u.outbox.sent(rows.map((row) => row.ticket)));
      assert.deepEqual(await unit((u) => u.outbox.number(10)), []);
      await unit((u) => u.outbox.add([outboxRow(3)]));
      const [next] = await unit((u) => u.outbox.number(10));
      assert.deepEqual(numbered(next === undefined ? [] : [next]), [[3, 3]]);
      assert.equal(next?.sequenceEpoch, rows[0]?.sequenceEpoch);
      assert.ok((next?.ticket ?? 0) > (rows[1]?.ticket ?? 0));
    });

    test("tells its backlog, stopped rows included", async ({ unit }) => {
      assert.deepEqual(await unit((u) => u.outbox.backlog()), { count: 0, oldestMs: null });
      await unit((u) =>
        u.outbox.add([
          outboxRow(1, { createdAtMs: 5_000 }),
          outboxRow(2, { createdAtMs: 4_000 }),
          outboxRow(3, { createdAtMs: 6_000 }),
        ]),
      );
      const [first] = await unit((u) => u.outbox.number(1));
      assert.ok(first);
      assert.deepEqual(await unit((u) => u.outbox.backlog()), { count: 3, oldestMs: 4_000 });
      await unit((u) => u.outbox.stop(first.ticket, failure, 7_000));
      assert.equal((await unit((u) => u.outbox.backlog())).count, 3);
    });

    test("eight writers at once: numbers follow commit order, without gaps", async ({ unit, store, effects }) => {
      const committed: number[][] = [];
      const relayed: OutboxRow[] = [];
      const relay = async () => {
        const rows = await unit((u) => u.outbox.number(7));
        await unit((u) => u.outbox.sent(rows.map((row) => row.ticket)));
        relayed.push(...rows);
        return rows.length;
      };
      const writer = async (w: number) => {
        for (let i = 0; i < 15; i++) {
          const n = w * 1_000 + i;
          const subjects = i % 2 === 0 ? ["a", "b"] : ["b", "a"];
          await effects.transaction(store, async (tx) => {
            await store.publishIn(tx, [outboxRow(n, { subject: subjects[0] ?? "a" })]);
            await effects.put(tx, `w-${w}`, n);
            await store.publishIn(tx, [outboxRow(n + 500, { subject: subjects[1] ?? "b" })]);
          });
          (committed[w] ??= []).push(n);
          if (i % 5 === w % 5) await relay();
        }
      };
      await Promise.all(Array.from({ length: 8 }, (_, w) => writer(w)));
      while ((await relay()) > 0);

      const first = [...new Map(relayed.map((row) => [row.eventId, row])).values()];
      assert.equal(first.length, 240);
      assert.equal(new Set(relayed.map((row) => `${row.eventId} ${row.sequence}`)).size, 240, "a row keeps its number");
      for (const subject of ["a", "b"]) {
        const rows = first.filter((row) => row.subject === subject).toSorted((a, b) => a.ticket - b.ticket);
        assert.deepEqual(
          rows.map((row) => row.sequence),
          Array.from({ length: 120 }, (_, i) => i + 1),
        );
        for (const [w, ns] of committed.entries()) {
          const own = numbered(rows)
            .map(([n]) => (n % 1_000 >= 500 ? n - 500 : n))
            .filter((n) => Math.floor(n / 1_000) === w);
          assert.deepEqual(own, ns, "a writer's events stand in the order it committed them");
        }
      }
    });

    test(
      "order is that of the commits, not of the publishes, and an open transaction delays nobody",
      async ({ store, unit, effects }) => {
        const [published, release] = [gate(), gate()];
        const slow = effects.transaction(store, async (tx) => {
          await store.publishIn(tx, [outboxRow(1)]);
          published.open();
          await release.opened;
        });
        await published.opened;
        await effects.transaction(store, (tx) => store.publishIn(tx, [outboxRow(2)]));
        assert.deepEqual(numbered(await unit((u) => u.outbox.number(10))), [[2, 1]]);
        release.open();
        await slow;
        assert.deepEqual(numbered(await unit((u) => u.outbox.number(10))), [
          [2, 1],
          [1, 2],
        ]);
      },
      { features: ["concurrentWriters"] },
    );

    test(
      "publishing never deadlocks: subjects and ids of callers in opposite orders",
      async ({ store, unit, effects }) => {
        const publish = (ns: readonly number[], once: boolean) =>
          effects.transaction(store, async (tx) => {
            for (const n of ns) await store.publishIn(tx, [outboxRow(n, { subject: `o-${n % 10}`, once })]);
          });
        for (let round = 1; round <= 5; round++) {
          await Promise.all([
            publish([round * 100 + 1, round * 100 + 2], false),
            publish([round * 100 + 12, round * 100 + 11], false),
          ]);
          await Promise.all([
            publish([round * 100 + 23, round * 100 + 24], true),
            publish([round * 100 + 24, round * 100 + 23], true),
          ]);
        }
        assert.equal((await unit((u) => u.outbox.backlog())).count, 5 * 6);
      },
      { features: ["concurrentWriters"] },
    );
  });

  describe("outbox: a row that the log refused", () => {
    test("stops its subject alone", async ({ unit }) => {
      await unit((u) =>
        u.outbox.add([
          outboxRow(1),
          outboxRow(2),
          outboxRow(3, { subject: "o-2" }),
          outboxRow(4, { topic: "invoice" }),
          outboxRow(5, { subject: null }),
        ]),
      );
      const [refused] = await unit((u) => u.outbox.number(1));
      assert.ok(refused);
      await unit((u) => u.outbox.stop(refused.ticket, failure, 7_000));
      await unit((u) => u.outbox.add([outboxRow(6)]));
      assert.deepEqual(numbered(await unit((u) => u.outbox.number(10))), [
        [3, 1],
        [4, 1],
        [5, null],
      ]);
      assert.deepEqual(numbered(await unit((u) => u.outbox.number(1))), [[3, 1]], "the limit counts what can be sent");
      assertRows(await unit((u) => u.outbox.stopped()), [{ row: refused, error: failure, sinceMs: 7_000 }]);
    });

    test("stops alone when it has no subject", async ({ unit }) => {
      await unit((u) => u.outbox.add([outboxRow(1, { subject: null }), outboxRow(2, { subject: null })]));
      const [refused] = await unit((u) => u.outbox.number(1));
      await unit((u) => u.outbox.stop(refused?.ticket ?? 0, failure, 7_000));
      assert.deepEqual(numbered(await unit((u) => u.outbox.number(10))), [[2, null]]);
    });

    test("goes on with the same bytes and number after a retry", async ({ unit }) => {
      await unit((u) => u.outbox.add([outboxRow(1), outboxRow(2)]));
      const [refused] = await unit((u) => u.outbox.number(1));
      assert.ok(refused);
      await unit((u) => u.outbox.stop(refused.ticket, failure, 7_000));
      await unit((u) => u.outbox.repair(refused.ticket, "retry"));
      const rows = await unit((u) => u.outbox.number(10));
      assertRows(rows[0], refused);
      assert.deepEqual(numbered(rows), [
        [1, 1],
        [2, 2],
      ]);
      assert.deepEqual(await unit((u) => u.outbox.stopped()), []);
    });

    test("is left out after a skip, and its number stays used", async ({ unit }) => {
      await unit((u) => u.outbox.add([outboxRow(1), outboxRow(2)]));
      const [refused] = await unit((u) => u.outbox.number(1));
      assert.ok(refused);
      await unit((u) => u.outbox.stop(refused.ticket, failure, 7_000));
      await unit((u) => u.outbox.repair(refused.ticket, "skip"));
      assert.deepEqual(numbered(await unit((u) => u.outbox.number(10))), [[2, 2]]);
      assert.deepEqual(await unit((u) => u.outbox.stopped()), []);
    });
  });

  describe("outbox: ids given by the caller", () => {
    test("published again do nothing, sent or not, in the same transaction or another", async ({ store, unit, effects }) => {
      const once = (n: number, value: string) => outboxRow(n, { once: true, value: bytes(value) });
      await effects.transaction(store, (tx) => store.publishIn(tx, [once(1, "first"), once(1, "again"), outboxRow(2)]));
      await effects.transaction(store, (tx) => store.publishIn(tx, [once(1, "unsent")]));
      const rows = await unit((u) => u.outbox.number(10));
      assert.deepEqual(numbered(rows), [
        [1, 1],
        [2, 2],
      ]);
      assertRows(rows[0]?.value, bytes("first"));
      await unit((u) => u.outbox.sent(rows.map((row) => row.ticket)));
      await unit((u) => u.outbox.add([once(1, "sent"), outboxRow(3)]));
      assert.deepEqual(numbered(await unit((u) => u.outbox.number(10))), [[3, 3]]);
    });

    test("published by eight transactions at once leave once", async ({ store, unit, effects }) => {
      await Promise.all(
        Array.from({ length: 8 }, () => effects.transaction(store, (tx) => store.publishIn(tx, [outboxRow(1, { once: true })]))),
      );
      assert.deepEqual(numbered(await unit((u) => u.outbox.number(10))), [[1, 1]]);
    });

    test("of a transaction that rolled back can be published", async ({ store, unit, effects }) => {
      const failed = effects.transaction(store, async (tx) => {
        await store.publishIn(tx, [outboxRow(1, { once: true })]);
        throw new Error("undo this");
      });
      await assert.rejects(failed, /undo this/);
      await effects.transaction(store, (tx) => store.publishIn(tx, [outboxRow(1, { once: true })]));
      assert.deepEqual(numbered(await unit((u) => u.outbox.number(10))), [[1, 1]]);
    });

    test("are forgotten when they are older, at most the limit", async ({ unit }) => {
      const once = (n: number) => outboxRow(n, { once: true, createdAtMs: n });
      await unit((u) => u.outbox.add([once(1), once(2), once(3)]));
      const rows = await unit((u) => u.outbox.number(10));
      await unit((u) => u.outbox.sent(rows.map((row) => row.ticket)));
      assert.equal(await unit((u) => u.outbox.forgetIds(3, 1)), 1);
      assert.equal(await unit((u) => u.outbox.forgetIds(3, 10)), 1);
      assert.equal(await unit((u) => u.outbox.forgetIds(3, 10)), 0);
      await unit((u) => u.outbox.add([once(1), once(3)]));
      assert.deepEqual(
        numbered(await unit((u) => u.outbox.number(10))).map(([n]) => n),
        [1],
      );
    });
  });
}
