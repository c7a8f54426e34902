import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { CursorRow, NewOutboxRow, OutboxRow, ParkedRow, Run, Store, Surroundings, UnitOfWork } from "throughline/seams";
import type { StoreEffects, StoreUnderTest } from "./store-options.ts";

/** One test's store, opened, with one handler registered. */
export interface StoreFixture<Tx> {
  readonly t: TestContext;
  readonly store: Store<Tx>;
  readonly effects: StoreEffects<Tx>;
  /** The live run of the handler "h". */
  readonly run: Run;
  /** `store.unitOfWork`, shorter. */
  unit<T>(work: (unit: UnitOfWork<Tx>) => Promise<T>): Promise<T>;
  /** A committed number of the user's table. */
  committed(key: string): Promise<number | null>;
  /** Waits until `condition` holds, or fails with `what`. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>;
  /** Another store, with data of its own. */
  another(): Promise<Store<Tx>>;
  /** Another connection to the same data, opened. */
  reconnect(): Promise<Store<Tx>>;
}

type Hook<Tx> = keyof { [K in keyof StoreUnderTest<Tx> as undefined extends StoreUnderTest<Tx>[K] ? K : never]: true };

/** What a test needs to run: hooks of the adapter, features of the store, parts of its effects, a limit for its transactions. */
export interface TestNeeds<Tx> {
  readonly hooks?: readonly Hook<Tx>[];
  readonly features?: readonly (keyof StoreUnderTest<Tx>["features"])[];
  readonly effects?: readonly ("increment" | "beginCommit" | "outlive" | "setting")[];
  readonly transactionLimitMs?: number;
}

/** What of a unit does not depend on the store's own client. */
export type Tables = Omit<UnitOfWork<unknown>, "isolate">;

/** Registers tests that each get a store of their own. */
export function storeTests<Tx>(underTest: StoreUnderTest<Tx>) {
  return (title: string, body: (fixture: StoreFixture<Tx>) => Promise<void>, needs: TestNeeds<Tx> = {}): void => {
    if (needs.features?.some((feature) => !underTest.features[feature])) return;
    const missing = [
      ...(needs.hooks ?? []).filter((hook) => underTest[hook] === undefined),
      ...(needs.effects ?? []).filter((effect) => underTest.effects[effect] === undefined),
    ];
    const options = missing.length > 0 ? { skip: `this store gives the suite no ${missing.join(", ")}` } : {};
    test(title, options, async (t) => body(await createFixture(t, underTest, needs)));
  };
}

async function createFixture<Tx>(t: TestContext, underTest: StoreUnderTest<Tx>, needs: TestNeeds<Tx>): Promise<StoreFixture<Tx>> {
  const opened = async (store: Store<Tx>, service: string) => {
    t.after(() => store.close());
    await store.open({ service, surroundings: realSurroundings });
    return store;
  };
  const limit = needs.transactionLimitMs === undefined ? {} : { transactionLimitMs: needs.transactionLimitMs };
  const store = await opened(await underTest.create(limit), "billing");
  const { effects } = underTest;
  const unit = <T>(work: (unit: UnitOfWork<Tx>) => Promise<T>) => store.unitOfWork(work);
  return {
    t,
    store,
    effects,
    run: await unit((u) => registerHandler(u, "h")),
    unit,
    committed: (key) => effects.transaction(store, (tx) => effects.get(tx, key)),
    until: (what, condition) => until(what, condition, underTest.patienceMs ?? 10_000),
    another: async () => opened(await underTest.create({}), "shipping"),
    reconnect: async () => {
      assert.ok(underTest.reconnect);
      return opened(await underTest.reconnect(store), "billing");
    },
  };
}

export const realSurroundings: Surroundings = {
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after: (delayMs, callback) => {
      const timer = setTimeout(callback, delayMs).unref();
      return { cancel: () => clearTimeout(timer) };
    },
  },
  random: { next: () => Math.random(), fill: (bytes) => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>) },
};

async function until(what: string, condition: () => boolean | Promise<boolean>, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > deadline) assert.fail(`waited ${patienceMs} ms in vain until ${what}`);
    await delay(2);
  }
}

export async function registerHandler(unit: Tables, name: string): Promise<Run> {
  const [row] = await unit.handlers.register([{ name, renamedFrom: [], types: ["order.created"] }], 1_000);
  assert.ok(row);
  return { handlerId: row.id, epoch: row.liveEpoch };
}

/** Gives another transaction that does not wait every chance to get past this point. */
export async function manyStatements(unit: Tables): Promise<void> {
  for (let i = 0; i < 30; i++) await unit.handlers.all();
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Rows as they compare: bytes as hex, whether the store answers with a Uint8Array or a Buffer. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return new Map([...value].map(([key, part]) => [key, plain(part)]));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}

export function assertRows(actual: unknown, expected: unknown): void {
  assert.deepEqual(plain(actual), plain(expected));
}

export function uuid(n: number): string {
  return `01890000-0000-7000-8000-${String(n).padStart(12, "0")}`;
}

/** A cursor at offset 10; `parts` replaces what it is made of. */
export function cursorOf(run: Run, parts: Partial<CursorRow> = {}): CursorRow {
  const { handlerId, epoch } = run;
  return {
    handlerId,
    epoch,
    topicId: "topic-1",
    partition: 0,
    topic: "order",
    offset: 10,
    originOffset: 10,
    untilOffset: null,
    logTimeMs: 0,
    reportedOffset: 10,
    ...parts,
  };
}

/** A parked event; `parts` replaces what it is made of. */
export function parkedRow(run: Run, n: number, parts: Partial<ParkedRow> = {}): ParkedRow {
  return {
    id: uuid(n),
    handlerId: run.handlerId,
    epoch: run.epoch,
    stream: "order",
    subject: "o-1",
    sequence: n,
    sequenceEpoch: 0,
    eventKey: `key-${n}`,
    state: "waiting",
    reason: "retry",
    dueAtMs: null,
    logDueMs: null,
    attempts: [],
    handled: true,
    record: {
      topic: "order",
      topicId: "topic-1",
      partition: 0,
      offset: n,
      timestampMs: 5_000 + n,
      key: bytes("o-1"),
      value: bytes("{}"),
      headers: [],
    },
    edited: null,
    lease: null,
    parkedAtMs: 10_000 + n,
    ...parts,
  };
}

/** An event to publish; `parts` replaces what it is made of. */
export function outboxRow(n: number, parts: Partial<NewOutboxRow> = {}): NewOutboxRow {
  return {
    eventId: uuid(n),
    topic: "order",
    subject: "o-1",
    key: bytes("o-1"),
    value: bytes(`{"n":${n}}`),
    headers: [["ce_id", bytes(uuid(n))]],
    createdAtMs: 1_000 + n,
    once: false,
    ...parts,
  };
}

/** Which events, by the number they were made from, with their sequences. */
export function numbered(rows: readonly OutboxRow[]): [n: number, sequence: number | null][] {
  return rows.map((row) => [Number(row.eventId.slice(-12)), row.sequence]);
}

/** A promise that the test settles. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}
