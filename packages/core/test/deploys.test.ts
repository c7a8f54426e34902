import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import * as z from "zod";
import { defineEvent, type EventContract, type MemoryTx, PermanentError, type Service } from "../src/index.ts";
import { readDeadLetter, redriveRecord } from "../src/system-topics/index.ts";
import { eventRecord, isSettled, memory, OrderUpdated, readAll, service, until } from "./harness.ts";
import { progress, replay } from "./replay-harness.ts";

const Newer = defineEvent("order.updated", {
  version: 3,
  subject: "order_id",
  data: z.object({ order_id: z.string(), cents: z.int(), currency: z.string() }),
  upcast: {
    1: ({ total, ...rest }: { total: number }) => ({ ...rest, cents: total * 100 }),
    2: (old: { order_id: string; cents: number }) => ({ ...old, currency: "EUR" }),
  },
});
const numbered = (n: number, subject = "o") => eventRecord(OrderUpdated, { order_id: subject, total: n }, 1);

describe("data of an older version (R13)", () => {
  it("is lifted alike in live, in a retry, in a redrive, in a call and in a replay", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const before = service("reader", log.connect(), store.connect(), { retryDelaysMs: [600_000] });
    const follow = (subject: string | null): void => {
      if (subject === "dead") throw new PermanentError("for the redrive");
      if (subject === "retried") throw new Error("for the retry");
    };
    before.on(OrderUpdated, "follow", ({ subject }) => follow(subject));
    const older = await before.start();
    await log.append([numbered(1, "dead"), numbered(2, "retried")]);
    await until("one is dead, and one waits", async () => (await parked()) === "dead,waiting");
    await older.close();
    async function parked(): Promise<string> {
      return store.unitOfWork(async (unit) =>
        (await unit.parked.counts())
          .map(({ state }) => state)
          .sort()
          .join(),
      );
    }

    const seen = new Map<string, unknown>();
    const after = service("reader", log.connect(), store.connect());
    after.on(Newer, "follow", ({ subject, data }, { epoch }) => void seen.set(`${epoch}:${subject}`, data), {
      onReset: () => undefined,
    });
    after.on(Newer, "mail", { call: async ({ subject, data }) => void seen.set(`call:${subject}`, data) }, { replay: "run" });
    await using _newer = await after.start();
    await log.append([numbered(3, "live")]);
    const [letter] = (await readAll(log, "reader.dlt")).map(readDeadLetter);
    assert.ok(letter);
    const { letter: about, original } = letter;
    const request = { requestId: randomUUID(), by: "ann", reason: null, atMs: Date.now(), editedValue: null, force: false };
    await log.append([
      redriveRecord({
        ...request,
        action: "redrive",
        service: "reader",
        handler: "follow",
        failureId: about.failureId,
        original,
      }),
    ]);
    // The retry's time is far away: what stands in the store is what a deploy finds.
    await store.unitOfWork(async (unit) => {
      const waiting = (await unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 10)).filter(({ reason }) => reason === "retry");
      await unit.parked.update(waiting.map((row) => ({ ...row, dueAtMs: Date.now() })));
    });
    await until("all are handled", () => ["1:live", "1:dead", "1:retried", "call:live"].every((key) => seen.has(key)));
    const id = await replay(log, "follow", { kind: "rebuild" });
    await until("it is rebuilt", async () => (await progress(log, id))?.state === "done" && seen.has("2:live"));
    const lifted = (subject: string, total: number) => ({ order_id: subject, cents: total * 100, currency: "EUR" });
    for (const run of ["1", "2", "call"])
      for (const [subject, total] of [
        ["dead", 1],
        ["retried", 2],
        ["live", 3],
      ] as const)
        assert.deepEqual(seen.get(`${run}:${subject}`), lifted(subject, total), `${run}:${subject}`);
  });
});

describe("handlers and their names (R13)", () => {
  const reader = (about: { log: ReturnType<typeof memory>["log"]; store: ReturnType<typeof memory>["store"] }, name: string) =>
    service(name, about.log.connect(), about.store.connect());
  const noting = (each: Service<MemoryTx>, contract: EventContract, name: string, options = {}) =>
    each.on(contract, name, ({ id }, { tx }) => tx.insert(`noted:${id}`, true), options);

  it("the newer release that comes first to a new store shares the renamed handler with the older one", async () => {
    const both = memory(2);
    await both.log.createTopics([{ name: "order" }]);
    await using _newer = await noting(reader(both, "reader"), OrderUpdated, "note", { renamedFrom: "jot" }).start();
    await using _older = await noting(reader(both, "reader"), OrderUpdated, "jot").start();
    for (let n = 1; n <= 30; n++) await both.log.append([numbered(1, `s${n}`)]);
    await until("settled", () => isSettled(both.log, both.store, ["order"]));
    assert.equal(both.store.entries("noted:").length, 30);
    assert.deepEqual(await readAll(both.log, "reader.dlt"), []);
  });

  it("a former name cannot be given to a new handler, which would share its history", async () => {
    const both = memory(1);
    await both.log.createTopics([{ name: "order" }]);
    await (await noting(reader(both, "reader"), OrderUpdated, "note", { renamedFrom: "jot" }).start()).close();
    const forgotten = noting(noting(reader(both, "reader"), OrderUpdated, "note"), OrderUpdated, "jot");
    await assert.rejects(forgotten.start(), /"note" and "jot" are one in the store/);
  });
});
