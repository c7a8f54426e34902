import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeEvent, type MemoryStore, type MemoryTx, type Running, type Service } from "../src/index.ts";
import { memory, OrderUpdated, readAll, service, until } from "./harness.ts";

const writers = 8;
const relays = 4;
const perWriter = 40;

/** Commits an event of one of five subjects that it shares with the others, under the subject's row lock. */
async function write(store: MemoryStore, orders: Service<MemoryTx>, subject: string): Promise<void> {
  await store.transaction(async (tx) => {
    const before = (await tx.lock<number>(`total:${subject}`)) ?? 0;
    await tx.put(`total:${subject}`, before + 1);
    await orders.publish(OrderUpdated, { order_id: subject, total: before + 1 }, { tx });
    // Another transaction commits in between, and so comes first.
    await new Promise((resolve) => setImmediate(resolve));
  });
}

describe("the outbox under attack (R2)", () => {
  it("keeps commit order with 8 writers, 4 relays that die, an unrelated transaction left open and a refused record", async () => {
    const { log, store } = memory(3);
    const start = async (instance: string) => {
      const own = store.connect();
      const one = service("orders", log.connect(), own, { instance });
      return { instance, own, one, running: await one.start() };
    };
    let alive = await Promise.all(Array.from({ length: relays }, (_, i) => start(`r${i}`)));
    const dead: { own: MemoryStore; running: Running }[] = [];

    // It has published and locked, and is neither committed nor rolled back until the end.
    const left = Promise.withResolvers<void>();
    const unrelated = store.transaction(async (tx) => {
      await tx.lock("unrelated");
      await alive[0]!.one.publish(OrderUpdated, { order_id: "unrelated", total: 1 }, { tx });
      await left.promise;
    });

    let isRefusing = true;
    const subjectOf = (key: Uint8Array | null) => Buffer.from(key ?? []).toString();
    log.refuse(({ topic, key, value }) =>
      isRefusing && topic === "order" && subjectOf(key) === "refused" && JSON.parse(subjectOf(value)).total === 7
        ? "forbidden"
        : undefined,
    );

    const committed = new Map<string, number>();
    let running = writers;
    const writing = Array.from({ length: writers }, async (_, writer) => {
      for (let n = 0; n < perWriter; n++) {
        const subject = n % 5 === 4 ? "refused" : `o-${(writer + n) % 4}`;
        const { one } = alive[(writer + n) % alive.length]!;
        await write(store, one, subject);
        committed.set(subject, (committed.get(subject) ?? 0) + 1);
      }
      running--;
    });
    // One relay after the other loses its store in the middle of its work, as a killed process does, and another takes over.
    for (let death = 0; running > 0 && death < 12; death++) {
      const before = (await readAll(log, "order")).length;
      await until("something is sent", async () => running === 0 || (await readAll(log, "order")).length > before);
      const [victim] = alive.splice(death % alive.length, 1);
      victim!.own.unavailable(true);
      dead.push(victim!);
      // Its lease holds nobody up once the process is dead; in memory nobody can tell, so it is taken away.
      await store.unitOfWork((unit) => unit.leases.release("relay", victim!.instance));
      alive = [...alive, await start(`r${relays + death}`)];
    }
    await Promise.all(writing);

    const sent = async () => {
      const seen = new Set<string>();
      const events = (await readAll(log, "order")).map((record) => decodeEvent(record));
      return Map.groupBy(
        events.filter(({ id }) => !seen.has(id) && seen.add(id)),
        ({ subject }) => subject ?? "",
      );
    };
    const count = async (subject: string) => (await sent()).get(subject)?.length ?? 0;
    await until("all others are sent", async () => {
      for (const [subject, events] of committed) if (subject !== "refused" && (await count(subject)) < events) return false;
      return true;
    });
    assert.equal(await count("unrelated"), 0);
    const [stopped, ...more] = await store.unitOfWork((unit) => unit.outbox.stopped());
    assert.deepEqual([stopped?.row.subject, stopped?.row.sequence, more], ["refused", 7, []]);
    assert.equal(await count("refused"), 6, "what stands before the refused one, and nothing behind it");

    isRefusing = false;
    await store.unitOfWork((unit) => unit.outbox.repair(stopped!.row.ticket, "retry"));
    left.resolve();
    await unrelated;
    committed.set("unrelated", 1);
    await until("everything is sent", async () => (await store.unitOfWork((unit) => unit.outbox.backlog())).count === 0);
    for (const [subject, events] of await sent()) {
      const expected = Array.from({ length: committed.get(subject) ?? 0 }, (_, i) => i + 1);
      assert.deepEqual(
        events.map(({ sequence }) => sequence),
        expected,
        `${subject} is numbered without gaps`,
      );
      assert.deepEqual(
        events.map((event) => (event.data() as { total: number }).total),
        expected,
        `${subject} stands in commit order`,
      );
    }
    for (const { own } of dead) own.unavailable(false);
    await Promise.all([...alive, ...dead].map((one) => one.running.close()));
  });
});
