import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  createMemoryLog,
  createMemoryStore,
  createService,
  decodeEvent,
  type MemoryStoreSnapshot,
  type MemoryTx,
  type Running,
  type Service,
  seededSurroundings,
} from "../src/index.ts";
import { planRecovery, recover } from "../src/outbox/index.ts";
import { readDeadLetter } from "../src/system-topics/index.ts";
import { isSettled, OrderUpdated, readAll } from "./harness.ts";

/**
 * An orders service with two instances whose store is put back to older states, again and again, while it publishes, its instances
 * restart, and its consumers retry; on a clock that only the simulation moves. A failure names its seed:
 *   SIMULATION_SEED=123 runs that one alone, SIMULATION_SEEDS=2000 that many, without a limit of time.
 */
const only = process.env["SIMULATION_SEED"];
const wanted = process.env["SIMULATION_SEEDS"];
const seeds = only !== undefined ? [Number(only)] : Array.from({ length: Number(wanted ?? 200) }, (_, i) => i + 1);
const budgetMs = only !== undefined || wanted !== undefined ? Number.POSITIVE_INFINITY : 6_000;

const handlers = ["sequential", "any", "loose"] as const;

class World {
  readonly surroundings;
  readonly log;
  readonly store = createMemoryStore({ name: "orders" });
  readonly readers = createMemoryStore({ name: "reader" });
  readonly instances: { service: Service<MemoryTx>; running: Running }[] = [];
  readonly backups: MemoryStoreSnapshot[] = [];
  restores = 0;
  /** What recoveries reported as undone. */
  readonly reported = new Set<string>();
  isBroken = true;
  #started = 0;
  #published = 0;

  constructor(seed: number) {
    this.surroundings = seededSurroundings(seed);
    this.log = createMemoryLog({ surroundings: this.surroundings, defaultPartitions: 2 });
  }

  below(n: number): number {
    return Math.floor(this.surroundings.random.next() * n);
  }

  /** Lets the clock run until `promise` has settled. */
  async during<T>(what: string, promise: Promise<T>): Promise<T> {
    let isDone = false;
    const settled = promise.finally(() => (isDone = true));
    settled.catch(() => undefined);
    for (let i = 0; !isDone; i++) {
      await this.surroundings.clock.advance(20);
      assert.ok(i < 10_000, `${what} does not settle`);
    }
    return settled;
  }

  async startOrders(): Promise<void> {
    const service = createService<MemoryTx>({
      name: "orders",
      instance: `orders-${++this.#started}`,
      eventLog: this.log.connect(),
      store: this.store.connect(),
      surroundings: this.surroundings,
      log: { silent: true },
      publishes: [OrderUpdated],
    });
    this.instances.push({ service, running: await this.during("starting orders", service.start()) });
  }

  async startReader(): Promise<Running> {
    const reader = createService<MemoryTx>({
      name: "reader",
      from: "earliest",
      eventLog: this.log.connect(),
      store: this.readers,
      surroundings: this.surroundings,
      log: { silent: true },
      retryDelaysMs: [500, 2_000, 5_000, 30_000],
    });
    for (const name of handlers)
      reader.on(
        OrderUpdated,
        name,
        async ({ id, subject }, ctx) => {
          if (this.isBroken && this.below(12) === 0) throw new Error("not now");
          const times = (await ctx.tx.get<number>(`${name}:${id}`)) ?? 0;
          await ctx.tx.put(`${name}:${id}`, times + 1);
          await ctx.tx.put(`order:${name}:${subject}`, [...((await ctx.tx.get<string[]>(`order:${name}:${subject}`)) ?? []), id]);
        },
        name === "loose" ? { order: "sequential", afterDeadLetter: "continue" } : { order: name },
      );
    return this.during("starting the reader", reader.start());
  }

  async publish(): Promise<void> {
    const one = this.instances[this.below(this.instances.length)];
    const n = ++this.#published;
    const publishing = this.store.transaction(async (tx) => {
      const id = await one?.service.publish(OrderUpdated, { order_id: `o-${this.below(4)}`, total: n }, { tx });
      await tx.put(`published:${id}`, n);
    });
    // The store may be put back under it.
    await this.during(
      "publishing",
      publishing.catch(() => undefined),
    );
  }

  async recoverIfBehind(): Promise<void> {
    const { store, log } = this;
    const { behind } = await store.unitOfWork((unit) => unit.outbox.numbering());
    if (behind === null) return;
    const signal = new AbortController().signal;
    const found = await this.during("planning", planRecovery({ store, log, service: "orders", signal }));
    for (const { id } of found.undone.examples) this.reported.add(id);
    await this.during("recovering", recover(store, found));
  }
}

async function step(world: World): Promise<void> {
  const chance = world.below(100);
  if (chance < 55) return world.publish();
  if (chance < 65) return void world.backups.push(world.store.snapshot());
  if (chance < 70 && world.backups.length > 0) {
    world.restores++;
    return world.store.restore(world.backups[world.below(world.backups.length)]!);
  }
  if (chance < 78) return world.recoverIfBehind();
  if (chance < 82) {
    const [ending] = world.instances.splice(0, 1);
    const closing = ending?.running.close() ?? Promise.resolve();
    await world.startOrders();
    return world.during("closing", closing);
  }
  await world.surroundings.clock.advance(world.below(3_000));
}

async function simulate(seed: number): Promise<{ restores: number; conflicts: number }> {
  const world = new World(seed);
  const { store, readers, log } = world;
  await world.startOrders();
  await world.startOrders();
  const reader = await world.startReader();
  for (let i = 0; i < 80; i++) await step(world);

  world.isBroken = false;
  for (let i = 0; ; i++) {
    await world.recoverIfBehind();
    await world.surroundings.clock.advance(1_000);
    const isSent = await store.unitOfWork(async (unit) => (await unit.outbox.backlog()).count === 0);
    if (isSent && i > 5 && (await isSettled(log, readers, ["order"]))) break;
    assert.ok(i < 400, "it does not come to rest");
  }

  const sent = (await readAll(log, "order")).map((record) => decodeEvent(record));
  const present = new Set(store.entries("published:").map(([key]) => key.slice("published:".length)));
  const letters = (await readAll(log, "reader.dlt")).map((record) => readDeadLetter(record)).filter((one) => one !== null);
  const inLog = new Set(sent.map(({ id }) => id));
  for (const id of present) assert.ok(inLog.has(id), `${id} was committed and is not in the log`);
  for (const name of handlers) {
    const dead = new Set(letters.filter(({ letter }) => letter.handler === name).map(({ original }) => decodeEvent(original).id));
    for (const id of inLog) {
      const times = readers.get<number>(`${name}:${id}`) ?? 0;
      assert.ok(times === 1 || (times === 0 && dead.has(id)), `${name} applied ${id} ${times} times, and has no letter of it`);
    }
  }
  assert.deepEqual(
    letters.filter(({ letter }) => letter.reason !== "conflict").map(({ letter }) => `${letter.handler}: ${letter.reason}`),
    [],
  );
  // What is in order stands as the log has it: numbering by numbering, number by number.
  for (const [key, ids] of readers.entries<string[]>("order:sequential:")) {
    const firstPlace = new Map<string, number>();
    for (const [index, { id, subject }] of sent.entries())
      if (`order:sequential:${subject}` === key && !firstPlace.has(id)) firstPlace.set(id, index);
    const order = ids.map((id) => firstPlace.get(id) ?? -1);
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
      key,
    );
  }
  await world.during("closing", Promise.all([reader.close(), ...world.instances.map(({ running }) => running.close())]));
  return { restores: world.restores, conflicts: letters.length };
}

describe("the simulation of restored stores", () => {
  it("loses and doubles nothing silently, whatever the seed", async (t) => {
    const startedAt = performance.now();
    let restores = 0;
    let conflicts = 0;
    let ran = 0;
    for (const seed of seeds) {
      if (performance.now() - startedAt > budgetMs) break;
      try {
        const found = await simulate(seed);
        restores += found.restores;
        conflicts += found.conflicts;
        ran++;
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
    t.diagnostic(`${ran} seeds, ${restores} restores, ${conflicts} conflicts seen`);
    assert.ok(ran > 0 && restores > 0);
  });
});
