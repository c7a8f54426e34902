import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RetryLater } from "../src/index.ts";
import { readDeadLetter } from "../src/system-topics/index.ts";
import { eventRecord, isSettled, OrderUpdated, readAll } from "./harness.ts";
import { type Process, Processes } from "./lives.ts";
import { replay } from "./replay-harness.ts";

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

describe("an event that kills its process, parked (R6)", () => {
  it("is a dead letter after five deaths, three of them alone; every other subject goes on", async () => {
    const seen: string[] = [];
    const processes = new Processes((service, process) => {
      let running = 0;
      service.on(OrderUpdated, "follow", async ({ subject, sequence }, ctx) => {
        running++;
        await new Promise((resolve) => setImmediate(resolve));
        if (subject === "killer" && ctx.attempt > 1) {
          seen.push(`${ctx.attempt}, beside ${running - 1}`);
          await process.kill();
        }
        running--;
        if (ctx.attempt === 1) throw new Error("a first try");
        await ctx.tx.put(`follow:${subject}/${sequence}`, ctx.attempt);
      });
    });
    const { log, store } = processes;
    await log.createTopics([{ name: "order" }]);
    for (let n = 1; n <= 2; n++) for (const subject of ["a", "killer", "b"]) await log.append([numbered(n, subject)]);
    const deaths = await processes.keepAlive(
      "p",
      async () => (await letters(processes)).length > 0 && handledBy(processes, "follow").length === 4,
    );
    assert.equal(deaths, 5);
    assert.deepEqual(
      seen,
      [2, 2, 2, 3, 4].map((attempt) => `${attempt}, beside 0`),
    );
    assert.deepEqual(await letters(processes), ["follow crash killer"]);
    const [record] = await readAll(log, "mortal.dlt");
    const { letter } = readDeadLetter(record!) ?? {};
    assert.deepEqual(
      letter?.attempts.map(({ endedAtMs, error }) => error?.message ?? (endedAtMs === null ? "no outcome" : "")),
      ["a first try", "no outcome", "no outcome", "no outcome"],
    );
    assert.deepEqual(
      store.entries("follow:").map(([, attempt]) => attempt),
      [2, 2, 2, 2],
    );
  });

  it("nothing else that is parked runs beside it", async () => {
    const beside: number[] = [];
    let isFound = false;
    const processes = new Processes((service, process) => {
      let running = 0;
      const turns = async (count: number): Promise<void> => {
        for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
      };
      service.on(OrderUpdated, "busy", async ({ subject }, ctx) => {
        running++;
        await turns(4);
        running--;
        if (!isFound) throw new RetryLater(200);
        await ctx.tx.put(`busy:${subject}`, true);
      });
      service.on(OrderUpdated, "follow", async ({ subject }, ctx) => {
        if (ctx.attempt === 1) throw new Error("a first try");
        if (subject !== "killer") return;
        let most = running;
        for (let turn = 0; turn < 20; turn++) {
          await turns(1);
          most = Math.max(most, running);
        }
        beside.push(most);
        await process.kill();
      });
    });
    const { log } = processes;
    await log.createTopics([{ name: "order" }]);
    for (const subject of ["killer", ...others]) await log.append([numbered(1, subject)]);
    await processes.keepAlive("p", async () => {
      isFound = (await letters(processes)).length > 0;
      return isFound && handledBy(processes, "busy").length === others.length + 1;
    });
    assert.deepEqual(await letters(processes), ["follow crash killer"]);
    assert.deepEqual(beside.slice(-3), [0, 0, 0]);
  });

  it("two processes that drain side by side find it together", async () => {
    const processes = new Processes((service, process) => {
      service.on(
        OrderUpdated,
        "follow",
        async ({ subject }, ctx) => {
          if (ctx.attempt === 1) throw new Error("a first try");
          if (subject === "killer") await process.kill();
          await ctx.tx.put(`follow:${subject}`, true);
        },
        { order: "any" },
      );
    });
    const { log } = processes;
    await log.createTopics([{ name: "order" }]);
    for (const subject of ["killer", ...others]) await log.append([numbered(1, subject)]);
    const alive = new Map<string, Process>();
    for (let i = 0; (await letters(processes)).length === 0 || handledBy(processes, "follow").length < others.length; i++) {
      assert.ok(i < 4_000 && processes.deaths < 12, `${processes.deaths} died`);
      for (const name of ["one", "two"]) if (alive.get(name)?.isAlive !== true) alive.set(name, await processes.start(name));
      await processes.surroundings.clock.advance(20);
    }
    assert.deepEqual(await letters(processes), ["follow crash killer"]);
    for (const process of alive.values()) await processes.close(process);
  });

  it("one that fails, or whose store is away, while it runs alone has not died of it", async () => {
    let runs = 0;
    const processes = new Processes((service, process) => {
      service.on(OrderUpdated, "follow", async (_event, ctx) => {
        if (ctx.attempt === 1) throw new Error("a first try");
        runs++;
        if (runs <= 2 || runs === 4 || runs === 6) await process.kill();
        if (runs === 3 || runs === 5) throw new RetryLater(10);
        await ctx.tx.put("follow:o", true);
      });
    });
    const { log } = processes;
    await log.createTopics([{ name: "order" }]);
    await log.append([numbered(1, "o")]);
    await processes.keepAlive("p", () => handledBy(processes, "follow").length === 1);
    assert.deepEqual(await letters(processes), []);
  });
});

describe("an event that kills its process, called (R6)", () => {
  for (const where of ["call", "commit"] as const) {
    it(`in its ${where}, is a dead letter after five deaths, three of them alone; every other subject goes on`, async () => {
      const beside: number[] = [];
      const processes = new Processes((service, process) => {
        let running = 0;
        const meet = async (at: string, subject: string | null): Promise<void> => {
          running++;
          await new Promise((resolve) => setImmediate(resolve));
          if (subject === "killer" && at === where) {
            beside.push(running - 1);
            await process.kill();
          }
          running--;
        };
        service.on(
          OrderUpdated,
          "send",
          {
            call: ({ subject }) => meet("call", subject),
            commit: async (_, { subject, sequence }, ctx) => {
              await meet("commit", subject);
              await ctx.tx.put(`send:${subject}/${sequence}`, true);
            },
          },
          { replay: "run" },
        );
      });
      const { log } = processes;
      await log.createTopics([{ name: "order" }]);
      for (let n = 1; n <= 2; n++) for (const subject of ["a", "killer", "b"]) await log.append([numbered(n, subject)]);
      const deaths = await processes.keepAlive(
        "p",
        async () => (await letters(processes)).length > 0 && handledBy(processes, "send").length === 4,
      );
      assert.equal(deaths, 5);
      assert.deepEqual(await letters(processes), ["send crash killer"]);
      assert.deepEqual(beside.slice(-3), [0, 0, 0]);
      const [record] = await readAll(log, "mortal.dlt");
      const { attempts = [] } = readDeadLetter(record!)?.letter ?? {};
      assert.deepEqual(
        attempts.map(({ endedAtMs }) => endedAtMs),
        [null, null, null, null, null],
      );
      assert.ok(!JSON.stringify(attempts).includes("life"));
    });
  }

  it("calls that a clean stop ends are no deaths, however often", async () => {
    let begun = 0;
    const processes = new Processes((service) => {
      service.on(
        OrderUpdated,
        "send",
        {
          call: async (_event, { signal }) => {
            begun++;
            if (begun > 6) return;
            await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
            throw new Error("ended");
          },
        },
        { replay: "run", timeoutMs: 60_000 },
      );
    });
    const { log, store } = processes;
    await log.createTopics([{ name: "order" }]);
    await log.append([numbered(1, "o")]);
    for (let stop = 1; stop <= 6; stop++) {
      const process = await processes.start("p");
      await processes.until("it is called", () => begun === stop);
      await processes.close(process);
    }
    const process = await processes.start("p");
    await processes.until("it is done", () => isSettled(log, store, ["order"]));
    await processes.close(process);
    assert.deepEqual(await letters(processes), []);
    assert.equal(begun, 7);
  });
});

describe("a command that kills its process (R6)", () => {
  it("a rebuild whose onReset does is skipped after five deaths, and everything else goes on", async () => {
    const processes = new Processes((service, process) => {
      service.on(
        OrderUpdated,
        "follow",
        async ({ subject, sequence }, ctx) => ctx.tx.put(`follow:${subject}/${sequence}`, ctx.epoch),
        { onReset: () => process.kill() },
      );
    });
    const { log, store } = processes;
    await log.createTopics([{ name: "order" }]);
    const first = await processes.start("p");
    await log.append([numbered(1, "o")]);
    await processes.until("it is handled", () => handledBy(processes, "follow").length === 1);
    await replay(log, "follow", { kind: "rebuild", service: "mortal" });
    await processes.until("the first has died", () => !first.isAlive);
    await log.append([numbered(2, "o")]);
    await processes.keepAlive(
      "p",
      async () =>
        handledBy(processes, "follow").length === 2 &&
        (await store.unitOfWork((unit) => unit.cursors.list())).some(
          ({ topic, offset }) => topic === "throughline.commands" && offset === 1,
        ),
    );
    assert.equal(processes.deaths, 5);
    assert.deepEqual(
      store.entries("follow:").map(([, epoch]) => epoch),
      [1, 1],
    );
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
