import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readDeadLetter } from "../src/system-topics/index.ts";
import { eventRecord, isSettled, OrderUpdated, readAll } from "./harness.ts";
import { Processes } from "./lives.ts";

const numbered = (n: number, subject: string) => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);

const others = ["a", "b", "c", "d", "e", "f", "g", "h"];

async function letters({ log }: Processes): Promise<string[]> {
  const found = (await readAll(log, "mortal.dlt")).map((record) => readDeadLetter(record));
  // A relay that died after it sent one sends it again.
  const once = new Map(found.map((dead) => [dead?.letter.failureId, dead]));
  return [...once.values()].map(
    (dead) => `${dead?.letter.handler} ${dead?.letter.reason} ${Buffer.from(dead?.original.key ?? []).toString()}`,
  );
}

const handledBy = ({ store }: Processes, handler: string): string[] =>
  store.entries(`${handler}:`).map(([key]) => key.slice(handler.length + 1));

describe("an event that kills its process, live (R6)", () => {
  it("is a dead letter after five deaths, three of them alone; every other subject goes on, and its followers are held", async () => {
    let alone = 0;
    let running = 0;
    const processes = new Processes((service, process) => {
      service.on(OrderUpdated, "follow", async ({ subject, sequence }, ctx) => {
        await ctx.tx.put(`follow:${subject}/${sequence}`, true);
        if (subject === "killer" && sequence === 1) {
          alone += Number(running === 0);
          await process.kill();
        }
      });
      service.on(OrderUpdated, "watch", async ({ subject, sequence }, ctx) => {
        running++;
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        await ctx.tx.put(`watch:${subject}/${sequence}`, true);
      });
    });
    const { log, store } = processes;
    await log.createTopics([{ name: "order" }]);
    for (let n = 1; n <= 3; n++) for (const subject of ["a", "killer", "b"]) await log.append([numbered(n, subject)]);
    const deaths = await processes.keepAlive(
      "p",
      async () =>
        (await letters(processes)).length > 0 &&
        handledBy(processes, "follow").includes("b/3") &&
        handledBy(processes, "watch").length === 9,
    );
    assert.equal(deaths, 5);
    assert.deepEqual(await letters(processes), ["follow crash killer"]);
    const all = ["a", "b"].flatMap((subject) => [1, 2, 3].map((n) => `${subject}/${n}`));
    assert.deepEqual(handledBy(processes, "follow"), all);
    const counts = await store.unitOfWork((unit) => unit.parked.counts());
    assert.deepEqual(counts.map(({ state, reason, count }) => `${state} ${reason} ${count}`).sort(), [
      "dead crash 1",
      "waiting behind 2",
    ]);
    assert.ok(alone >= 3, `${alone} of the deaths were alone`);
  });

  it("nothing else runs beside it, and its letter says what happened", async () => {
    const beside: number[] = [];
    const processes = new Processes(
      (service, process) => {
        let running = 0;
        for (const name of ["one", "two", "killing"])
          service.on(OrderUpdated, name, async ({ subject }, ctx) => {
            running++;
            await new Promise((resolve) => setImmediate(resolve));
            if (subject === "killer" && name === "killing") {
              beside.push(running - 1);
              await process.kill();
            }
            running--;
            await ctx.tx.put(`${name}:${subject}`, true);
          });
      },
      { partitions: 4 },
    );
    const { log } = processes;
    await log.createTopics([{ name: "order" }]);
    for (const subject of ["killer", ...others]) await log.append([numbered(1, subject)]);
    await processes.keepAlive(
      "p",
      async () =>
        (await letters(processes)).length > 0 &&
        ["one", "two"].every((name) => handledBy(processes, name).length === 9) &&
        handledBy(processes, "killing").length === 8,
    );
    assert.deepEqual(beside.slice(-3), [0, 0, 0]);
    const [record] = await readAll(log, "mortal.dlt");
    const letter = readDeadLetter(record!)?.letter;
    assert.equal(letter?.error.code, "EVENT_CRASHED_PROCESS");
    assert.match(letter?.error.message ?? "", /died 3 times while it ran this event/);
  });

  it("two of them beside each other are both found", async () => {
    const processes = new Processes((service, process) => {
      service.on(OrderUpdated, "follow", async ({ subject }, ctx) => {
        if (subject?.startsWith("killer")) await process.kill();
        await ctx.tx.put(`follow:${subject}`, true);
      });
    });
    await processes.log.createTopics([{ name: "order" }]);
    for (const subject of ["a", "killer-1", "killer-2", "b"]) await processes.log.append([numbered(1, subject)]);
    const deaths = await processes.keepAlive(
      "p",
      async () => (await letters(processes)).length === 2 && handledBy(processes, "follow").length === 2,
    );
    assert.deepEqual((await letters(processes)).sort(), ["follow crash killer-1", "follow crash killer-2"]);
    assert.ok(deaths <= 10, `${deaths} deaths`);
  });

  it("when a batch's worth has passed, events are noted no more", async () => {
    const processes = new Processes(
      (service, process) => {
        service.on(OrderUpdated, "follow", async ({ subject }, ctx) => {
          if (subject === "killer") await process.kill();
          await ctx.tx.put(`follow:${subject}`, true);
        });
      },
      { settings: { maxBatchRecords: 4 } },
    );
    await processes.log.createTopics([{ name: "order" }]);
    for (const subject of ["killer", ...others]) await processes.log.append([numbered(1, subject)]);
    await processes.keepAlive(
      "p",
      async () => (await letters(processes)).length === 1 && (await isSettled(processes.log, processes.store, ["order"])),
    );
    const claim = await processes.store.unitOfWork(async (unit) => {
      const [cursor] = (await unit.cursors.list()).filter(({ topic }) => topic === "order");
      return unit.cursors.claim(cursor!);
    });
    assert.equal(claim?.suspect?.offset, 4, "the last event that was noted before it ran");
  });
});

describe("an innocent event (R6)", () => {
  it("is never a dead letter for deaths by which it was not hit more than twice in a row", async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const hits = new Map<string, number>();
      const processes: Processes = new Processes(
        (service, process) => {
          for (const name of ["one", "two"])
            service.on(OrderUpdated, name, async ({ subject, sequence }, ctx) => {
              const key = `${name}:${subject}/${sequence}`;
              await new Promise((resolve) => setImmediate(resolve));
              const before = hits.get(key) ?? 0;
              if (before < 2 && processes.surroundings.random.next() < 0.3) {
                hits.set(key, before + 1);
                await process.kill();
              }
              hits.set(key, 9);
              await ctx.tx.put(key, true);
            });
        },
        { seed, partitions: 2 },
      );
      await processes.log.createTopics([{ name: "order" }]);
      for (let n = 1; n <= 3; n++) for (const subject of ["a", "b", "c"]) await processes.log.append([numbered(n, subject)]);
      await processes.keepAlive(
        "p",
        async () => handledBy(processes, "one").length + handledBy(processes, "two").length === 18,
        60,
      );
      assert.deepEqual(await letters(processes), [], `seed ${seed}`);
    }
  });

  it("a rebalance and a clean stop are no deaths", async () => {
    const processes = new Processes(
      (service) => {
        service.on(OrderUpdated, "follow", async ({ subject, sequence }, ctx) => {
          await new Promise((resolve) => setImmediate(resolve));
          await ctx.tx.put(`follow:${subject}/${sequence}`, true);
        });
      },
      { partitions: 4 },
    );
    const { log, store } = processes;
    await log.createTopics([{ name: "order" }]);
    const old = await processes.start();
    let appended = 0;
    for (let round = 1; round <= 6; round++) {
      for (const subject of others) await log.append([numbered(round, subject)]);
      appended += 8;
      const other = await processes.start();
      await processes.surroundings.clock.advance(5);
      await processes.close(other);
    }
    await processes.until("all are handled", () => handledBy(processes, "follow").length === appended);
    await processes.close(old);
    const deaths = await store.unitOfWork(async (unit) => {
      const claims = await Promise.all((await unit.cursors.list()).map((cursor) => unit.cursors.claim(cursor)));
      return claims.map((claim) => claim?.deaths ?? 0);
    });
    assert.deepEqual(
      deaths.filter((count) => count > 0),
      [],
    );
  });
});
