import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type {
  AssignedPartition,
  EventLog,
  LogRecord,
  NewRecord,
  ReadRange,
  RecordBatch,
  SubscribeOptions,
  Subscription,
  TopicPartition,
  TopicSpec,
} from "throughline/seams";
import type { EventLogUnderTest } from "./event-log-options.ts";

/** One test's log, and the few things every test does with it. */
export interface LogFixture<Log extends EventLog> {
  readonly t: TestContext;
  readonly log: Log;
  readonly sessionTimeoutMs: number;
  /** A name that no other test uses. */
  name(prefix?: string): string;
  /** Creates a topic, by default with one partition. */
  topic(spec?: Omit<TopicSpec, "name">): Promise<string>;
  /** Joins a group and remembers everything it is told. Closed when the test ends. */
  join(options: JoinOptions, on?: EventLog): Promise<GroupMember>;
  /** Waits until `condition` holds, or fails with `what`. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>;
  /** Another client of the same data; closed when the test ends. */
  reopen(): Promise<Log>;
}

export type JoinOptions = Partial<SubscribeOptions> & Pick<SubscribeOptions, "group" | "topics">;

/** A member of a group, as the test sees it. */
export interface GroupMember {
  readonly subscription: Subscription;
  readonly assigned: AssignedPartition[];
  readonly batches: RecordBatch[];
  readonly records: LogRecord[];
  readonly revoked: TopicPartition[];
  readonly lost: TopicPartition[];
  readonly errors: Error[];
  /** The partitions held now, as sorted "topic/partition". */
  held(): string[];
}

type Hook<Log extends EventLog> = keyof {
  [K in keyof EventLogUnderTest<Log> as undefined extends EventLogUnderTest<Log>[K] ? K : never]: true;
};

/** Registers tests that each get a log of their own; `needs` names the hooks without which a test is skipped. */
export function logTests<Log extends EventLog>(underTest: EventLogUnderTest<Log>) {
  return (title: string, run: (fixture: LogFixture<Log>) => Promise<void>, ...needs: Hook<Log>[]): void => {
    const missing = needs.filter((hook) => underTest[hook] === undefined);
    test(title, missing.length > 0 ? { skip: `this log gives the suite no ${missing.join(", ")}` } : {}, async (t) =>
      run(await createFixture(t, underTest)),
    );
  };
}

async function createFixture<Log extends EventLog>(t: TestContext, underTest: EventLogUnderTest<Log>): Promise<LogFixture<Log>> {
  const log = await underTest.open();
  t.after(() => log.close());
  const name = (prefix = "topic") => `${prefix}-${randomUUID()}`;
  return {
    t,
    log,
    sessionTimeoutMs: underTest.sessionTimeoutMs ?? 1_000,
    name,
    topic: async (spec = {}) => {
      const topic = { name: name(), partitions: 1, ...spec };
      await log.createTopics([topic]);
      return topic.name;
    },
    join: async (options, on = log) => {
      const member = await join(on, options);
      t.after(() => member.subscription.close());
      return member;
    },
    until: (what, condition) => until(what, condition, underTest.patienceMs ?? 10_000),
    reopen: async () => {
      assert.ok(underTest.reopen);
      const another = await underTest.reopen(log);
      t.after(() => another.close());
      return another;
    },
  };
}

async function join(log: EventLog, options: JoinOptions): Promise<GroupMember> {
  const seen: Omit<GroupMember, "subscription" | "held"> = {
    assigned: [],
    batches: [],
    records: [],
    revoked: [],
    lost: [],
    errors: [],
  };
  const subscription = await log.subscribe({
    ...options,
    onAssigned: async (partitions) => {
      seen.assigned.push(...partitions);
      return options.onAssigned?.(partitions) ?? partitions.map((p) => p.committedOffset ?? p.earliestOffset);
    },
    onBatch: async (batch) => {
      seen.batches.push(batch);
      seen.records.push(...batch.records);
      await options.onBatch?.(batch);
    },
    onRevoked: async (partitions) => {
      seen.revoked.push(...partitions);
      await options.onRevoked?.(partitions);
    },
    onLost: (partitions) => {
      seen.lost.push(...partitions);
      options.onLost?.(partitions);
    },
    onError: (error) => {
      seen.errors.push(error);
      options.onError?.(error);
    },
  });
  return { ...seen, subscription, held: () => partitionNames(subscription.assigned()) };
}

async function until(what: string, condition: () => boolean | Promise<boolean>, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > deadline) assert.fail(`waited ${patienceMs} ms in vain until ${what}`);
    await delay(2);
  }
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(value: Uint8Array | null): string | null {
  return value === null ? null : new TextDecoder().decode(value);
}

/** A record for `topic`; `parts` replaces what it is made of. */
export function record(topic: string, value: string, parts: Partial<NewRecord> = {}): NewRecord {
  return { topic, key: bytes("key"), value: bytes(value), headers: [], ...parts };
}

export function records(topic: string, count: number, parts: Partial<NewRecord> = {}): NewRecord[] {
  return Array.from({ length: count }, (_, i) => record(topic, `${i}`, parts));
}

/** Appends and fails unless every record was taken; answers with the offsets. */
export async function appendAll(log: EventLog, toAppend: readonly NewRecord[]): Promise<number[]> {
  const results = await log.append(toAppend);
  return results.map((result) => {
    if (!result.ok) throw result.error;
    return result.offset;
  });
}

export async function readAll(log: EventLog, range: ReadRange): Promise<LogRecord[]> {
  const read: LogRecord[] = [];
  for await (const batch of log.read(range)) read.push(...batch);
  return read;
}

export function values(of: readonly LogRecord[]): (string | null)[] {
  return of.map((r) => text(r.value));
}

export function partitionNames(partitions: readonly TopicPartition[]): string[] {
  return partitions.map((p) => `${p.topic}/${p.partition}`).sort();
}

/** The names of a topic's first `count` partitions, as `partitionNames` gives them. */
export function allPartitions(topic: string, count: number): string[] {
  return partitionNames(Array.from({ length: count }, (_, partition) => ({ topic, partition })));
}
