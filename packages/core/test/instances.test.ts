import assert from "node:assert/strict";
import { hostname } from "node:os";
import { describe, it } from "node:test";
import { createMemoryStore } from "../src/index.ts";
import { unpackDurations } from "../src/system-topics/index.ts";
import { eventRecord, forgetReports, isSettled, memory, OrderUpdated, readAll, receipts, service, until } from "./harness.ts";

const numbered = (n: number, subject: string) => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);

describe("several instances (R3, R11)", () => {
  it("joins and leaves of instances under load: each event once, each subject in order", async () => {
    const { log, store } = memory(4);
    await log.createTopics([{ name: "order" }]);
    const start = async (instance: string) => {
      const reader = service("reader", log.connect(), store.connect(), { instance });
      reader.on(OrderUpdated, "follow", async ({ id, subject, sequence }, ctx) => {
        await ctx.tx.insert(`event:${id}`, instance);
        await ctx.tx.put(`history:${subject}`, [...((await ctx.tx.get<number[]>(`history:${subject}`)) ?? []), sequence]);
      });
      return reader.start();
    };
    const running = [await start("i0")];
    let events = 0;
    for (let round = 1; round <= 30; round++) {
      for (let s = 0; s < 20; s++) {
        await log.append([numbered(round, `s${s}`)]);
        events++;
      }
      if (round % 5 === 0) running.push(await start(`i${round}`));
      if (round % 7 === 0) await running.shift()?.close();
    }
    await until("settled", () => isSettled(log, store, ["order"]));
    assert.equal(store.entries("event:").length, events);
    for (const [, history] of store.entries<number[]>("history:"))
      assert.deepEqual(
        history,
        Array.from({ length: 30 }, (_, i) => i + 1),
      );
    await Promise.all(running.map((one) => one.close()));
  });

  it("only an instance that was given its name holds its partitions for whoever comes back under it", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    for (const name of [undefined, "one"]) {
      const reader = service("reader", log.connect(), store.connect(), name === undefined ? {} : { instance: name });
      reader.on(OrderUpdated, "follow", () => undefined);
      await using _running = await reader.start();
      const members = (await log.groups()).find(({ group }) => group === "reader")?.members ?? [];
      assert.deepEqual(
        members.map(({ clientId, instanceId }) => [clientId, instanceId]),
        [[name ?? `${hostname()}-${process.pid}`, name ?? null]],
      );
    }
  });

  it("a zombie whose partitions were given away changes nothing", async () => {
    const { log } = memory(1);
    const store = createMemoryStore({ transactionLimitMs: 400 });
    await log.createTopics([{ name: "order" }]);
    const gate = Promise.withResolvers<void>();
    let isHeld = true;
    const zombieLog = log.connect();
    const zombie = service("reader", zombieLog, store.connect(), { instance: "zombie" });
    const runs: string[] = [];
    zombie.on(OrderUpdated, "follow", async ({ sequence }, ctx) => {
      runs.push("zombie");
      if (isHeld) await gate.promise;
      await ctx.tx.insert(`event:${sequence}`, "zombie");
    });
    const running = await zombie.start();
    await log.append([numbered(1, "o")]);
    await until("the zombie is in the middle of it", () => runs.length === 1);
    const [member] = (await log.groups()).find(({ group }) => group === "reader")?.members ?? [];
    log.expireMember(member!.id);
    const heir = service("reader", log.connect(), store.connect(), { instance: "heir" });
    heir.on(OrderUpdated, "follow", async ({ sequence }, ctx) => ctx.tx.insert(`event:${sequence}`, "heir"));
    await using _heir = await heir.start();
    isHeld = false;
    gate.resolve();
    await log.append([numbered(2, "o")]);
    await until("both are handled", () => store.entries("event:").length === 2);
    await until("settled", () => isSettled(log, store, ["order"]));
    assert.equal((await readAll(log, "reader.dlt")).length, 0);
    await running.close();
  });

  it("reports each applied event in a range receipt, also those that a crash kept from the log", async () => {
    const { log, store } = memory(2);
    await log.createTopics([{ name: "order" }]);
    const define = () => {
      const reader = service("reader", log.connect(), store.connect());
      reader.on(OrderUpdated, "follow", () => undefined);
      return reader;
    };
    const reported = async () => {
      const offsets = new Set<string>();
      for (const receipt of await receipts(log)) {
        if (receipt.kind !== "range") continue;
        unpackDurations(receipt.applied).forEach(
          (micros, i) => micros !== null && offsets.add(`${receipt.partition}/${receipt.from + i}`),
        );
      }
      return offsets.size;
    };
    const running = await define().start();
    for (let n = 1; n <= 40; n++) await log.append([numbered(1, `s${n}`)]);
    await until("all are reported", async () => (await reported()) === 40);
    await running.close();
    await forgetReports(store);
    const before = (await receipts(log)).length;
    await using _running = await define().start();
    await until("they are reported again", async () => (await receipts(log)).length > before);
    await until("all of them", async () => {
      let applied = 0;
      for (const receipt of (await receipts(log)).slice(before))
        if (receipt.kind === "range") applied += unpackDurations(receipt.applied).filter((micros) => micros !== null).length;
      return applied === 40;
    });
  });
});
