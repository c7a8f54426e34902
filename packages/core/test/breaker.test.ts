import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  createMemoryLog,
  createMemoryStore,
  type MemoryLog,
  type MemoryStore,
  type MemoryTx,
  PermanentError,
  RetryLater,
  seededSurroundings,
  type Service,
  type ServiceOptions,
} from "../src/index.ts";
import { readAnnouncement } from "../src/system-topics/index.ts";
import { eventRecord, isSettled, OrderUpdated, readAll, service } from "./harness.ts";

const numbered = (subject: string, n = 1) => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);

/** A world on a clock that only the test moves. */
async function world(options: Partial<ServiceOptions<MemoryTx>> = {}) {
  const surroundings = seededSurroundings(7);
  const log = createMemoryLog({ surroundings, defaultPartitions: 2 });
  const store = createMemoryStore();
  await log.createTopics([{ name: "order" }]);
  const lines: { level: number; message: string }[] = [];
  const reader = service("reader", log, store, {
    surroundings,
    retryDelaysMs: [1_000, 10_000, 60_000],
    log: {
      destination: {
        write: (line: string) => {
          const { level, msg } = JSON.parse(line) as { level: number; msg: string };
          lines.push({ level, message: msg });
        },
      },
    },
    ...options,
  });
  const pass = async (ms: number, stepMs = 250): Promise<void> => {
    for (let at = 0; at < ms; at += stepMs) await surroundings.clock.advance(Math.min(stepMs, ms - at));
  };
  const passUntil = async (what: string, condition: () => boolean | Promise<boolean>, atMostMs = 300_000): Promise<number> => {
    const from = surroundings.clock.now();
    while (!(await condition())) {
      assert.ok(surroundings.clock.now() - from < atMostMs, `it did not happen within ${atMostMs} ms of the clock: ${what}`);
      await pass(100, 100);
    }
    return surroundings.clock.now() - from;
  };
  const letters = async () => (await readAll(log, "reader.dlt")).length;
  const said = (text: string) => lines.filter(({ message }) => message.includes(text)).length;
  return { surroundings, log, store, reader, pass, passUntil, letters, said };
}

/** Takes events while `works`, and remembers them in the store. */
function taking(reader: Service<MemoryTx>, name: string, works: () => void, options: { call?: boolean } = {}): string[] {
  const runs: string[] = [];
  const key = (subject: string | null, n: number): string => `${name}:${subject}:${n}`;
  if (options.call === true) {
    reader.on(
      OrderUpdated,
      name,
      {
        call: async ({ subject }) => (runs.push(subject ?? ""), works()),
        commit: (_, { subject, data }, ctx) => ctx.tx.put(key(subject, data.total), true),
      },
      { replay: "run" },
    );
  } else {
    reader.on(OrderUpdated, name, async ({ subject, data }, ctx) => {
      runs.push(subject ?? "");
      works();
      await ctx.tx.put(key(subject, data.total), true);
    });
  }
  return runs;
}

const announced = async (log: MemoryLog, handler: string) =>
  (await readAll(log, "throughline.services"))
    .map(({ value }) => readAnnouncement(value)?.handlers.find(({ name }) => name === handler))
    .at(-1);
const done = (store: MemoryStore, handler: string): number => store.entries(`${handler}:`).length;

describe("an outage of what a handler works with (R6)", () => {
  for (const kind of ["transaction", "call"] as const) {
    it(`${kind}: a database that fails for one handler for 60 s makes no dead letter, recovers without help, and disturbs no other`, async () => {
      const { log, store, reader, pass, passUntil, letters, said, surroundings } = await world();
      let isAway = false;
      const runs = taking(
        reader,
        "hit",
        () => {
          if (isAway) throw new Error("connection refused");
        },
        { call: kind === "call" },
      );
      taking(reader, "other", () => undefined);
      const running = await reader.start();
      let sent = 0;
      const send = async (): Promise<void> => void (await log.append([numbered(`o${sent++}`)]));
      for (let n = 0; n < 20; n++) await send();
      await passUntil("the first", () => done(store, "hit") === 20);
      isAway = true;
      const from = surroundings.clock.now();
      let duringOpen = 0;
      while (surroundings.clock.now() - from < 60_000) {
        for (let n = 0; n < 4; n++) await send();
        await pass(500);
        const before = runs.length;
        assert.ok(done(store, "other") >= sent - 12, `the other handler has done ${done(store, "other")} of ${sent}`);
        if (said("breaker has opened") === 1 && surroundings.clock.now() - from > 30_000) duringOpen += runs.length - before;
      }
      assert.equal(said("breaker has opened"), 1);
      assert.equal((await announced(log, "hit"))?.state, "failing");
      assert.equal((await announced(log, "other"))?.state, "live");
      const { problems, ready } = await running.health();
      assert.equal(ready, true);
      assert.match(problems.join(), /handler "hit": \d+ of \d+ events failed/);
      assert.ok(duringOpen <= 130, `${duringOpen} runs while it was open`);
      isAway = false;
      await passUntil("everything is done", () => done(store, "hit") === sent, 120_000);
      await passUntil("settled", () => isSettled(log, store, ["order"]));
      assert.equal(await letters(), 0);
      assert.equal(said("breaker has closed"), 1);
      await pass(4_000);
      assert.equal((await announced(log, "hit"))?.state, "live");
      assert.deepEqual((await running.health()).problems, []);
      await Promise.all([running.close(), pass(2_000)]);
    });
  }

  it("spends no attempt while it is open, and takes about one new and one parked event a second", async () => {
    const { log, store, reader, pass, passUntil, letters } = await world();
    const runs = taking(reader, "hit", () => {
      throw new Error("down");
    });
    const running = await reader.start();
    for (let n = 0; n < 40; n++) await log.append([numbered(`o${n}`)]);
    await passUntil("they failed", () => runs.length >= 40);
    for (let n = 40; n < 400; n++) await log.append([numbered(`o${n}`)]);
    const before = runs.length;
    await pass(60_000);
    assert.ok(runs.length - before >= 80 && runs.length - before <= 125, `${runs.length - before} runs in 60 s`);
    const rows = await store.unitOfWork((unit) => unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 1_000));
    assert.ok(
      rows.every(({ attempts }) => attempts.length <= 1),
      "no more than the attempt that opened it",
    );
    assert.ok(rows.every(({ reason, dueAtMs }) => reason === "retry" && dueAtMs !== null));
    assert.equal(await letters(), 0);
    await Promise.all([running.close(), pass(2_000)]);
  });

  it("a bug in one event in three makes dead letters, and no breaker, though only retries are left in the end", async () => {
    const { log, store, reader, passUntil, letters, said, pass } = await world();
    let failing = 0;
    reader.on(OrderUpdated, "buggy", async ({ data }, ctx) => {
      if (data.total % 3 === 0) {
        failing++;
        throw new Error("bug");
      }
      await ctx.tx.put(`buggy:${data.total}`, true);
    });
    const running = await reader.start();
    await log.append(Array.from({ length: 300 }, (_, n) => eventRecord(OrderUpdated, { order_id: `o${n}`, total: n }, 1)));
    await passUntil("the letters", async () => (await letters()) === 100);
    assert.equal(failing >= 400, true);
    assert.equal(said("breaker has opened"), 0);
    assert.equal(done(store, "buggy"), 200);
    await Promise.all([running.close(), pass(2_000)]);
  });

  it("events that are bad for good, cannot be read or ask for later are no sign of an outage; permanent ones die while it is open, too", async () => {
    const { log, reader, passUntil, pass, letters, said } = await world();
    let error: () => Error = () => new PermanentError("bad");
    const runs = taking(reader, "hit", () => {
      throw error();
    });
    const running = await reader.start();
    for (let n = 0; n < 30; n++) await log.append([numbered(`p${n}`)]);
    await passUntil("they are dead", async () => (await letters()) === 30);
    for (let n = 0; n < 30; n++) {
      const record = numbered(`u${n}`);
      await log.append([{ ...record, value: Buffer.from('{"order_id":1}') }]);
    }
    await passUntil("these, too", async () => (await letters()) === 60);
    error = () => new RetryLater(5_000);
    for (let n = 0; n < 30; n++) await log.append([numbered(`l${n}`)]);
    await passUntil("they ask for later", () => runs.filter((subject) => subject.startsWith("l")).length >= 60);
    assert.equal(said("breaker has opened"), 0);
    error = () => new Error("down");
    for (let n = 0; n < 30; n++) await log.append([numbered(`d${n}`)]);
    await passUntil("now it opens", () => said("breaker has opened") === 1);
    error = () => new PermanentError("bad");
    await log.append([numbered("q")]);
    await passUntil("a permanent failure dies at once", async () => (await letters()) > 60);
    assert.equal(said("breaker has closed"), 0);
    await Promise.all([running.close(), pass(2_000)]);
  });
});
