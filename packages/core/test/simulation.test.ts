import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import * as z from "zod";
import {
  adoptEvent,
  createMemoryLog,
  createMemoryStore,
  createService,
  type DecodedEvent,
  decodeRecord,
  defineEvent,
  type MemoryLog,
  type MemoryStore,
  type MemoryTx,
  type Running,
  PermanentError,
  type Service,
  seededSurroundings,
} from "../src/index.ts";
import type { EventLog, LogRecord, NewRecord, Surroundings } from "../src/seams/index.ts";
import { readReceipt, redriveRecord, unpackDurations } from "../src/system-topics/index.ts";
import { eventRecord, InvoiceCreated, OrderUpdated, readAll } from "./harness.ts";

/**
 * Several instances of three services on one log, under faults that a seed chooses, on a clock that only the simulation moves.
 * Then everything is healed, and what R2, R3, R5, R6 and R9 promise must hold. A failure names its seed:
 *   SIMULATION_SEED=123 runs that one alone, SIMULATION_SEEDS=2000 that many, without a limit of time.
 */
const only = process.env["SIMULATION_SEED"];
const wanted = process.env["SIMULATION_SEEDS"];
const seeds = only !== undefined ? [Number(only)] : Array.from({ length: Number(wanted ?? 400) }, (_, i) => i + 1);
const budgetMs = only !== undefined || wanted !== undefined ? Number.POSITIVE_INFINITY : 18_000;

const ParcelMoved = defineEvent("parcel.moved", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int() }),
});
/** Of a topic that others write in a form of their own: lines of id and parcel, between others that are no events. */
const ParcelWeighed = adoptEvent("parcel.weighed", {
  stream: "weights",
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int() }),
  decode: ({ key, value }) => {
    const [id = "", total] = (value?.toString() ?? "").split(" ");
    return total === undefined ? null : { id, data: { order_id: key?.toString() ?? "", total: Number(total) } };
  },
});
const subjects = ["a", "b", "c"];
const never = new Promise<never>(() => undefined);

/** What one process has of the world, until it is killed. */
interface Life {
  isAlive: boolean;
}

interface Instance {
  readonly role: Role;
  readonly name: string;
  readonly life: Life;
  readonly store: MemoryStore;
  readonly service: Service<MemoryTx>;
  readonly running: Running;
}

interface Role {
  readonly name: "orders" | "billing" | "mailer";
  readonly store: MemoryStore;
  declare(service: Service<MemoryTx>): void;
}

class World {
  readonly surroundings;
  readonly log: MemoryLog;
  readonly instances: Instance[] = [];
  /** Orders that were committed, in the order of their commits, by subject. */
  readonly published = new Map<string, number[]>();
  readonly foreign: NewRecord[] = [];
  readonly roles: readonly Role[];
  #started = 0;
  #numbers = 0;
  #places = 0;
  readonly #failing = new Map<string, number>();
  /** While true, some events fail for good: dead letters, to be redriven after the fix. */
  #isBroken = true;

  constructor(seed: number) {
    this.surroundings = seededSurroundings(seed);
    this.log = createMemoryLog({ surroundings: this.surroundings, defaultPartitions: 2 });
    this.roles = [this.#orders(), this.#billing(), this.#mailer()];
  }

  below(n: number): number {
    return Math.floor(this.surroundings.random.next() * n);
  }

  chance(p: number): boolean {
    return this.surroundings.random.next() < p;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Lets the clock run until `promise` has settled. */
  async during<T>(what: string, promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = promise.finally(() => (isSettled = true));
    settled.catch(() => undefined);
    for (let i = 0; !isSettled; i++) {
      await this.surroundings.clock.advance(20);
      assert.ok(i < 10_000, `${what} does not settle`);
    }
    return settled;
  }

  // --- services

  #orders(): Role {
    return { name: "orders", store: createMemoryStore({ name: "orders", transactionLimitMs: 1_000 }), declare: () => undefined };
  }

  #billing(): Role {
    return {
      name: "billing",
      store: createMemoryStore({ name: "billing", transactionLimitMs: 1_000 }),
      declare: (service) => {
        service.on(OrderUpdated, "invoice", async (event, ctx) => {
          await this.#work(ctx.tx, "invoice", event, ctx.signal);
          await ctx.publish(InvoiceCreated, { order_id: event.data.order_id, total: event.data.total });
        });
        service.on(OrderUpdated, "count", async (event, ctx) => this.#work(ctx.tx, "count", event, ctx.signal), { order: "any" });
        service.on(OrderUpdated, "alone", async (event, ctx) => this.#work(ctx.tx, "alone", event, ctx.signal), {
          transaction: "own",
        });
        service.on(
          OrderUpdated,
          "state",
          async (event, ctx) => {
            await this.#work(ctx.tx, "state", event, ctx.signal);
            await ctx.tx.put(`latest:${event.subject}`, event.sequence);
          },
          { order: "latest" },
        );
        service.on(OrderUpdated, "loose", async (event, ctx) => this.#work(ctx.tx, "loose", event, ctx.signal), {
          afterDeadLetter: "continue",
          gapDeadlineMs: 3_600_000,
        });
        for (const manyPerSubject of [false, true]) {
          const name = manyPerSubject ? "batches-many" : "batches";
          service.onBatch(
            OrderUpdated,
            name,
            async (events, ctx) => {
              for (const event of events) await this.#work(ctx.tx, name, event, ctx.signal);
            },
            { manyPerSubject },
          );
        }
        service.on(OrderUpdated, "overlap", async (event, ctx) => this.#write(ctx.tx, "overlap", event, ctx.signal), {
          overlap: true,
        });
        // A stream of another publisher, whose records come in any order, some twice.
        service.on(ParcelMoved, "foreign", async (event, ctx) => this.#work(ctx.tx, "foreign", event, ctx.signal), {
          gapDeadlineMs: 3_600_000,
        });
        service.on(ParcelWeighed, "adopted", async (event, ctx) => this.#work(ctx.tx, "adopted", event, ctx.signal));
      },
    };
  }

  #mailer(): Role {
    return {
      name: "mailer",
      store: createMemoryStore({ name: "mailer", transactionLimitMs: 1_000 }),
      declare: (service) => {
        service.on(
          InvoiceCreated,
          "send",
          {
            call: async ({ id }, { signal }) => {
              await this.#pause(signal);
              this.#maybeFail(`call:${id}`);
            },
            commit: async (_, event, ctx) => this.#work(ctx.tx, "send", event, ctx.signal),
          },
          { replay: "run", concurrency: 3, keyValidForMs: 3_600_000 },
        );
        service.on(InvoiceCreated, "archive", async (event, ctx) => this.#work(ctx.tx, "archive", event, ctx.signal));
      },
    };
  }

  /** The effect of a handler: counted for each event, and appended to its subject's history. */
  async #work(
    tx: MemoryTx,
    handler: string,
    { id, subject, sequence }: { id: string; subject: string | null; sequence: number | null },
    signal: AbortSignal,
  ): Promise<void> {
    if (this.chance(0.1)) await this.#pause(signal);
    await tx.put(`effect:${handler}:${id}`, ((await tx.get<number>(`effect:${handler}:${id}`)) ?? 0) + 1);
    await tx.put(`history:${handler}:${subject}`, [
      ...((await tx.get<number[]>(`history:${handler}:${subject}`)) ?? []),
      sequence ?? 0,
    ]);
    this.#maybeFail(`${handler}:${id}`);
  }

  /** The effect of a handler that must not read: counted for each event, with the place at which it was applied. */
  async #write(
    tx: MemoryTx,
    handler: string,
    { id, subject, sequence }: { id: string; subject: string | null; sequence: number | null },
    signal: AbortSignal,
  ): Promise<void> {
    if (this.chance(0.1)) await this.#pause(signal);
    await tx.insert(`effect:${handler}:${id}`, 1);
    await tx.insert(`place:${handler}:${subject}:${String(sequence).padStart(6, "0")}`, ++this.#places);
    this.#maybeFail(`${handler}:${id}`);
  }

  async #pause(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => this.surroundings.clock.after(this.below(40), resolve));
    signal.throwIfAborted();
  }

  /** Some events fail, once, twice, or until somebody fixes it. */
  #maybeFail(key: string): void {
    const left = this.#failing.get(key) ?? (this.chance(0.15) ? this.pick([1, 1, 2, Number.POSITIVE_INFINITY]) : 0);
    this.#failing.set(key, Math.max(0, left - 1));
    if (left === Number.POSITIVE_INFINITY) {
      if (this.#isBroken) throw new PermanentError("a bug");
    } else if (left > 0) throw new Error("not yet");
  }

  /** Fixes the bug and redrives every dead letter. Somebody asks twice, now and then. */
  async redriveAll(): Promise<void> {
    this.#isBroken = false;
    for (const { name, store } of this.roles) {
      const rows = await store.unitOfWork(async (unit) => {
        const handlers = await unit.handlers.all();
        const ofHandlers = await Promise.all(
          handlers.map(async ({ id, liveEpoch, name: handler }) =>
            (await unit.parked.ofRun({ handlerId: id, epoch: liveEpoch }, 1_000)).map((row) => ({ row, handler })),
          ),
        );
        return ofHandlers.flat().filter(({ row }) => row.state === "dead");
      });
      for (const { row, handler } of rows) {
        const request = {
          action: "redrive",
          service: name,
          handler,
          failureId: row.id,
          by: "ann",
          reason: null,
          atMs: 0,
          original: row.record,
          editedValue: null,
          force: false,
        } as const;
        for (let times = this.chance(0.2) ? 2 : 1; times > 0; times--)
          await this.#append([redriveRecord({ ...request, requestId: `${row.id}/${times}` })]);
      }
    }
  }

  // --- instances

  async start(role: Role, name = `${role.name}-${++this.#started}`): Promise<void> {
    const life: Life = { isAlive: true };
    const store = role.store.connect();
    const service = createService<MemoryTx>({
      name: role.name,
      instance: name,
      eventLog: mortalLog(this.log.connect(), life),
      store,
      from: "earliest",
      retryDelaysMs: [20, 100, 200, 400, 400],
      timings: { sessionTimeoutMs: 1_500, drainTimeoutMs: 1_500, closeTimeoutMs: 3_000 },
      publishes: role.name === "orders" ? [OrderUpdated] : [InvoiceCreated],
      surroundings: mortalSurroundings(this.surroundings, life),
      settings: { maxBatchRecords: this.pick([1, 3, 500]) },
      log: { silent: true },
    });
    role.declare(service);
    const running = await this.during(`start of ${name}`, service.start());
    this.instances.push({ role, name, life, store, service, running });
  }

  /** As kill -9 does it: nothing is finished, nothing is closed, nothing of it runs any more. */
  async crash(instance: Instance): Promise<void> {
    // A zombie is let join again first, for the log could not be told whom to end.
    if ((await this.#memberOf(instance)) === undefined) await this.surroundings.clock.advance(1_100);
    const member = await this.#memberOf(instance);
    instance.life.isAlive = false;
    instance.store.unavailable(true);
    if (member !== undefined) this.log.crashMember(member);
    this.#forget(instance);
  }

  async close(instance: Instance): Promise<void> {
    this.#forget(instance);
    await this.during(`close of ${instance.name}`, instance.running.close());
  }

  async expire(instance: Instance): Promise<void> {
    const member = await this.#memberOf(instance);
    if (member !== undefined) this.log.expireMember(member, { noticedAfterMs: this.pick([0, 50, 1_000]) });
  }

  #forget(instance: Instance): void {
    this.instances.splice(this.instances.indexOf(instance), 1);
  }

  async #memberOf({ name }: Instance): Promise<string | undefined> {
    this.log.unavailable(false);
    return (await this.log.groups()).flatMap(({ members }) => members).find(({ instanceId }) => instanceId === name)?.id;
  }

  of(role: Role): Instance[] {
    return this.instances.filter((instance) => instance.role === role);
  }

  // --- events

  /** One transaction of the orders service, which may roll back, and whose outcome may be unknown. */
  async publish(): Promise<void> {
    const [role] = this.roles;
    const instance = this.pick(this.of(role as Role));
    if (instance === undefined) return;
    const written: [string, number][] = [];
    const work = instance.store.transaction(async (tx) => {
      for (let i = this.below(3); i >= 0; i--) {
        const subject = this.pick(subjects);
        const total = ++this.#numbers;
        await tx.put(`order:${total}`, subject);
        await instance.service.publish(OrderUpdated, { order_id: subject, total }, { tx });
        written.push([subject, total]);
      }
      if (this.chance(0.1)) throw new Error("changed its mind");
    });
    await this.during(
      "a transaction",
      work.catch(() => undefined),
    );
    // What was committed is read from the store, as its outcome may be unknown.
    for (const [subject, total] of written) {
      if (instance.role.store.get(`order:${total}`) !== undefined)
        this.published.set(subject, [...(this.published.get(subject) ?? []), total]);
    }
  }

  /** Records of a publisher that we know nothing of: numbered, shuffled, some of them twice. */
  planForeign(): void {
    const records = subjects.flatMap((subject) =>
      Array.from({ length: 1 + this.below(5) }, (_, i) =>
        eventRecord(ParcelMoved, { order_id: subject, total: i }, i + 1, { timestampMs: this.surroundings.clock.now() }),
      ),
    );
    const weighed = subjects.flatMap((subject) =>
      Array.from({ length: 1 + this.below(4) }, (_, i) => this.#weight(subject, `weight-${subject}-${i} ${i}`)),
    );
    const twice = [...records, ...weighed].filter(() => this.chance(0.3));
    this.foreign.push(
      ...[...records, ...weighed, ...twice, this.#weight("a", "heartbeat")]
        .map((record) => ({ record, at: this.surroundings.random.next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ record }) => record),
    );
  }

  #weight(key: string, line: string): NewRecord {
    return { topic: ParcelWeighed.stream, key: Buffer.from(key), value: Buffer.from(line), headers: [] };
  }

  async appendForeign(): Promise<void> {
    const records = this.foreign.splice(0, 1 + this.below(4));
    if (records.length > 0) await this.#append(records);
  }

  /** An acknowledgement that is lost on this way makes duplicates. */
  async #append(records: readonly NewRecord[]): Promise<void> {
    await this.log.append(records).catch(() => this.log.append(records));
  }

  /** A record that stands in the log already comes once more, as after a relay's crash. */
  async duplicate(): Promise<void> {
    const topic = this.pick(["order", "invoice"]);
    const records = await readAll(this.log, topic);
    if (records.length === 0) return;
    const { key, value, headers, partition } = this.pick(records);
    await this.#append([{ topic, key, value, headers, partition }]);
  }
}

/** A log of which nothing comes back once the process is dead. */
function mortalLog(log: EventLog, life: Life): EventLog {
  return new Proxy(log, {
    get: (target, name) => {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      if (name === "read") return (...args: Parameters<EventLog["read"]>) => mortalRead(target.read(...args), life);
      return async (...args: unknown[]): Promise<unknown> => {
        if (!life.isAlive) return never;
        const result = (await Reflect.apply(value, target, args)) as unknown;
        return life.isAlive ? result : never;
      };
    },
  });
}

async function* mortalRead<T>(batches: AsyncIterable<T>, life: Life): AsyncGenerator<T> {
  for await (const batch of batches) {
    if (!life.isAlive) await never;
    yield batch;
  }
}

function mortalSurroundings({ clock, random }: Surroundings, life: Life): Surroundings {
  const after: Surroundings["clock"]["after"] = (delayMs, callback) =>
    clock.after(delayMs, () => void (life.isAlive && callback()));
  return { clock: { now: () => clock.now(), monotonic: () => clock.monotonic(), after }, random };
}

async function misfortune(world: World): Promise<void> {
  const instance = world.pick(world.instances);
  const role = world.pick(world.roles);
  switch (world.below(12)) {
    case 0:
      return world.crash(instance);
    case 1:
      return world.close(instance);
    case 2:
    case 3:
      return world.expire(instance);
    case 4:
      return instance.store.failNextCommit("unknown-committed");
    case 5:
      return instance.store.failNextCommit("unknown-rolled-back");
    case 6:
      return instance.store.unavailable(true);
    case 7:
      for (const one of world.instances) one.store.unavailable(false);
      return;
    case 8:
      return world.log.loseAcknowledgement();
    case 9:
      return world.log.unavailable(world.chance(0.5));
    case 10:
      world.log.unavailable(false);
      return world.duplicate();
    default:
      world.log.unavailable(false);
      if (world.of(role).length < 3) await world.start(role);
  }
}

async function simulate(seed: number): Promise<void> {
  const world = new World(seed);
  await world.log.createTopics([{ name: "order" }, { name: "invoice" }, { name: "parcel" }, { name: ParcelWeighed.stream }]);
  world.planForeign();
  for (const role of world.roles) for (let i = 1 + world.below(2); i > 0; i--) await world.start(role);
  for (let step = 0; step < 20; step++) {
    if (world.chance(0.6)) await world.publish();
    if (world.chance(0.4)) {
      world.log.unavailable(false);
      await world.appendForeign();
    }
    if (world.chance(0.5) && world.instances.length > 0) await misfortune(world);
    await world.surroundings.clock.advance(world.pick([0, 5, 50, 300, 1_500]));
  }
  await heal(world);
  await check(world);
  for (const instance of world.instances.slice()) await world.close(instance);
}

async function heal(world: World): Promise<void> {
  world.log.unavailable(false);
  for (const { store } of world.instances) store.unavailable(false);
  while (world.foreign.length > 0) await world.appendForeign();
  for (const instance of world.instances.slice()) if (world.chance(0.5)) await world.close(instance);
  for (const role of world.roles) if (world.of(role).length === 0) await world.start(role);
  let open: string[] = [];
  for (let i = 0; i < 120; i++) {
    if (i % 5 === 0) await world.redriveAll();
    await world.surroundings.clock.advance(1_000);
    open = await unfinished(world);
    if (open.length === 0) break;
  }
  assert.deepEqual(open, [], "nothing waits for ever");
  // A start reports what a crash kept from the log.
  for (const instance of world.instances.slice()) await world.close(instance);
  for (const role of world.roles) await world.start(role);
  await world.surroundings.clock.advance(3_000);
}

async function unfinished({ log, roles }: World): Promise<string[]> {
  const open: string[] = [];
  for (const { name, store } of roles) {
    await store.unitOfWork(async (unit) => {
      const { count } = await unit.outbox.backlog();
      if (count > 0) open.push(`${name}: ${count} rows in the outbox`);
      for (const { handlerId, state, reason, count: parked } of await unit.parked.counts())
        open.push(`${name}: ${parked} ${state} of handler ${handlerId}: ${reason}`);
      for (const cursor of await unit.cursors.list()) {
        const end = (await log.offsets(cursor.topic)).find(({ partition }) => partition === cursor.partition)?.end ?? 0;
        if (cursor.offset < end)
          open.push(`${name}: handler ${cursor.handlerId} at ${cursor.topic}/${cursor.partition}@${cursor.offset} of ${end}`);
      }
    });
  }
  return open;
}

async function check(world: World): Promise<void> {
  const [orders, billing, mailer] = world.roles as [Role, Role, Role];
  const order = await firstAppearances(world.log, "order");
  const invoice = await firstAppearances(world.log, "invoice");
  const foreign = await firstAppearances(world.log, "parcel", { ordered: false });
  const adopted = await firstAppearances(world.log, ParcelWeighed.stream, { ordered: false });
  for (const subject of subjects) {
    const totals = (order.get(subject) ?? []).map(({ total }) => total);
    assert.deepEqual(
      totals,
      world.published.get(subject) ?? [],
      `what was committed of ${subject} stands in the log, in commit order`,
    );
    assert.deepEqual(
      (invoice.get(subject) ?? []).map(({ total }) => total),
      totals,
      `an invoice for each order of ${subject}, in order`,
    );
  }
  assert.deepEqual(orders.store.entries("effect:"), []);

  const told = await appliedByReceipts(world.log);
  const handlers = [
    { store: billing.store, name: "invoice", of: order },
    { store: billing.store, name: "count", of: order, order: "any" },
    { store: billing.store, name: "alone", of: order },
    { store: billing.store, name: "state", of: order, order: "latest" },
    { store: billing.store, name: "loose", of: order, order: "any" },
    { store: billing.store, name: "batches", of: order },
    { store: billing.store, name: "batches-many", of: order },
    { store: billing.store, name: "overlap", of: order, order: "places" },
    { store: billing.store, name: "foreign", of: foreign },
    { store: billing.store, name: "adopted", of: adopted, order: "any" },
    { store: mailer.store, name: "send", of: invoice },
    { store: mailer.store, name: "archive", of: invoice },
  ];
  for (const { store, name, of, order: policy = "sequential" } of handlers) {
    for (const [subject, events] of of) {
      const numbers = events.map(({ sequence }) => sequence).sort((a, b) => a - b);
      const history = store.get<number[]>(`history:${name}:${subject}`) ?? [];
      if (policy === "sequential") assert.deepEqual(history, numbers, `${name} has applied ${subject} in order`);
      if (policy === "places") {
        const places = store.entries<number>(`place:${name}:${subject}:`).map(([, place]) => place);
        assert.equal(places.length, numbers.length);
        assert.deepEqual(
          places,
          places.toSorted((a, b) => a - b),
          `${name} has applied ${subject} in order`,
        );
      }
      if (policy === "latest")
        assert.equal(store.get(`latest:${subject}`), numbers.at(-1), `${name} has the latest of ${subject}`);
      for (const { id } of events) {
        const times = store.get<number>(`effect:${name}:${id}`) ?? 0;
        if (policy === "latest") assert.ok(times <= 1, `${name} has applied ${id} once at most`);
        else assert.equal(times, 1, `${name} has applied ${id} once`);
        if (times > 0) assert.ok(told.has(`${name}:${id}`), `${name} has reported ${id}`);
      }
    }
    assert.equal(
      store.entries(`effect:${name}:`).every(([, times]) => times === 1),
      true,
      `${name} has applied nothing twice`,
    );
  }
}

interface Appearance {
  readonly id: string;
  readonly sequence: number;
  readonly total: number;
}

const eventIn = (record: LogRecord): DecodedEvent | null => decodeRecord(record, [ParcelWeighed]);

/** By subject, each event where it stands in the log for the first time. */
async function firstAppearances(log: MemoryLog, topic: string, { ordered = true } = {}): Promise<Map<string, Appearance[]>> {
  const found = new Map<string, Appearance[]>();
  for (const record of await readAll(log, topic)) {
    const event = eventIn(record);
    if (event === null) continue;
    const events = found.get(event.subject ?? "") ?? [];
    if (events.some(({ id }) => id === event.id)) continue;
    found.set(event.subject ?? "", [
      ...events,
      { id: event.id, sequence: event.sequence ?? 0, total: (event.data() as { total: number }).total },
    ]);
  }
  if (ordered)
    for (const [subject, events] of found)
      assert.deepEqual(
        events.map(({ sequence }) => sequence),
        events.map((_, i) => i + 1),
        `${topic} ${subject} is numbered without gaps`,
      );
  return found;
}

/** Which events each handler said that it applied, as `handler:id`. */
async function appliedByReceipts(log: MemoryLog): Promise<Set<string>> {
  const ids = new Map<string, string>();
  for (const topic of ["order", "invoice", "parcel", ParcelWeighed.stream])
    for (const record of await readAll(log, topic))
      ids.set(`${topic}/${record.partition}/${record.offset}`, eventIn(record)?.id ?? "");
  const told = new Set<string>();
  for (const { value } of await readAll(log, "throughline.receipts")) {
    const receipt = readReceipt(value);
    if (receipt?.kind === "event" && receipt.outcome === "applied") told.add(`${receipt.handler}:${receipt.event.id}`);
    if (receipt?.kind === "range")
      unpackDurations(receipt.applied).forEach(
        (micros, i) =>
          micros !== null &&
          told.add(`${receipt.handler}:${ids.get(`${receipt.topic}/${receipt.partition}/${receipt.from + i}`)}`),
      );
  }
  return told;
}

/** In a thread of its own, for the test runner's bookkeeping of every promise would cost more than the simulation. */
async function simulateAll(seeds: readonly number[], forMs: number): Promise<Outcome> {
  Error.stackTraceLimit = 0;
  const endsAt = Date.now() + forMs;
  let done = 0;
  for (const seed of seeds) {
    if (Date.now() > endsAt) break;
    try {
      await simulate(seed);
    } catch (error) {
      return { done, failure: `seed ${seed}: ${(error as Error).message}` };
    }
    done++;
  }
  return { done, failure: null };
}

interface Outcome {
  readonly done: number;
  readonly failure: string | null;
}

if (isMainThread) {
  describe("simulation", () => {
    it(
      "whatever happens on the way, in the end each effect has happened once, in order, and is reported",
      { timeout: 3_600_000 },
      async (t) => {
        const worker = new Worker(new URL(import.meta.url));
        const [{ done, failure }] = (await once(worker, "message")) as [Outcome];
        await worker.terminate();
        t.diagnostic(`${done} seeds`);
        assert.equal(failure, null);
      },
    );
  });
} else {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
  parentPort?.postMessage(await simulateAll(seeds, budgetMs));
}
