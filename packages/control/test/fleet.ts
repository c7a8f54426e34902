import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryLog, type MemoryLog, seededSurroundings } from "throughline";
import type { CommittedOffset, EventLog, GroupInfo, NewRecord, Subscription } from "throughline/seams";
import { announcementRecord, servicesTopic, type HandlerAnnouncement } from "throughline/system-topics";
import {
  type Alert,
  type AlertChannel,
  type GroupLag,
  type LagRulesOptions,
  type LagStore,
  type LagWatcher,
  type LagWatcherOptions,
  openSqliteLagStore,
  startLagWatcher,
} from "../src/index.ts";

const second = 1000;

/** A log in memory with readers whose every commit is said, a watcher on it, and time that only the test moves. */
export class Fleet {
  readonly surroundings = seededSurroundings(7);
  readonly log: MemoryLog = createMemoryLog({ surroundings: this.surroundings, defaultPartitions: 1 });
  readonly folder = mkdtempSync(join(tmpdir(), "throughline-lag-"));
  readonly told: Alert[] = [];
  /** Groups that the log does not list, as if they were deleted. */
  readonly hidden = new Set<string>();
  /** Offsets that the log tells besides its own. */
  readonly moreCommits = new Map<string, CommittedOffset[]>();
  readonly #times = new Map<string, number[]>();
  readonly #ends = new Map<string, number>();
  readonly #readers: Reader[] = [];
  #watcher: LagWatcher | null = null;
  #store: LagStore | null = null;
  #life = { isOver: false };

  get nowMs(): number {
    return this.surroundings.clock.now();
  }

  get store(): LagStore {
    assert.ok(this.#store !== null);
    return this.#store;
  }

  get watcher(): LagWatcher {
    assert.ok(this.#watcher !== null);
    return this.#watcher;
  }

  /** Remembers what it is told. */
  channel(name = "pager"): AlertChannel {
    return { name, kind: "test", send: async (alert) => void this.told.push(alert) };
  }

  /** Starts the control plane on the file of the fleet. */
  async watch(options: Partial<LagWatcherOptions> & { rules?: LagRulesOptions } = {}): Promise<LagWatcher> {
    this.#store ??= await openSqliteLagStore(join(this.folder, "lag.db"));
    const { store } = this;
    const life = (this.#life = { isOver: false });
    const { clock, random } = this.surroundings;
    const after: typeof clock.after = (delayMs, callback) => clock.after(delayMs, () => life.isOver || callback());
    const surroundings = { random, clock: { now: clock.now, monotonic: clock.monotonic, after } };
    this.#watcher = startLagWatcher({ log: this.seen(), store, surroundings, channels: [this.channel()], ...options });
    return this.#watcher;
  }

  /** The process of the newest control plane dies: nothing of it is called any more, and its lease stays until it is over. */
  async kill(): Promise<void> {
    this.#life.isOver = true;
    await this.#store?.close();
    this.#watcher = this.#store = null;
  }

  async stopWatching(): Promise<void> {
    await this.#watcher?.close();
    await this.#store?.close();
    this.#watcher = this.#store = null;
  }

  /** The log as the control plane sees it. */
  seen(): EventLog {
    const { log, hidden, moreCommits } = this;
    return new Proxy<EventLog>(log, {
      get: (target, name) => {
        if (name === "groups")
          return async (): Promise<GroupInfo[]> => (await log.groups()).filter(({ group }) => !hidden.has(group));
        if (name === "committedOffsets")
          return async (group: string) => [...(await log.committedOffsets(group)), ...(moreCommits.get(group) ?? [])];
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? (value as (...args: unknown[]) => unknown).bind(target) : value;
      },
    });
  }

  async topic(name: string, partitions = 1): Promise<void> {
    await this.log.createTopics([{ name, partitions }]);
  }

  async publish(topic: string, count: number, partition = 0): Promise<void> {
    if (count === 0) return;
    const timestampMs = this.nowMs;
    const record: NewRecord = { topic, partition, key: null, value: null, headers: [], timestampMs };
    await this.log.append(Array.from({ length: count }, () => record));
    const place = `${topic}/${partition}`;
    const times = this.#times.get(place) ?? [];
    for (let i = 0; i < count; i += 1) times.push(timestampMs);
    this.#times.set(place, times);
    this.#ends.set(place, times.length);
  }

  /** Deletes the topic, and makes another one of that name. */
  async recreate(topic: string): Promise<void> {
    this.log.deleteTopic(topic);
    await this.topic(topic);
    for (const place of [...this.#times.keys()].filter((place) => place.startsWith(`${topic}/`))) {
      this.#times.set(place, []);
      this.#ends.set(place, 0);
    }
  }

  end(topic: string, partition = 0): number {
    return this.#ends.get(`${topic}/${partition}`) ?? 0;
  }

  /** When the record at an offset was appended. */
  timeOf(topic: string, partition: number, offset: number): number {
    const atMs = this.#times.get(`${topic}/${partition}`)?.[offset];
    assert.ok(atMs !== undefined, `${topic}/${partition} has no offset ${offset}`);
    return atMs;
  }

  async reader(group: string, topics: readonly string[], clientId = `${group}-1`): Promise<Reader> {
    const reader = await Reader.join(this, group, topics, clientId);
    this.#readers.push(reader);
    return reader;
  }

  async announce(service: string, handlers: readonly Partial<HandlerAnnouncement>[], formerNames: string[] = []): Promise<void> {
    await this.log.createTopics([{ name: servicesTopic, partitions: 1, compacted: true }]);
    const announcement = {
      service,
      instance: `${service}-1`,
      version: "1",
      formerNames,
      owner: null,
      state: "running" as const,
      startedAtMs: this.nowMs,
      atMs: this.nowMs,
      publishes: [],
      handlers: handlers.map((handler) => ({ ...aHandler, ...handler })),
      outbox: null,
    };
    await this.log.append([announcementRecord(announcement)]);
  }

  /** Lets so many seconds go by, one after the other. */
  async run(seconds: number, eachSecond: (nth: number) => unknown = () => undefined): Promise<void> {
    for (let nth = 0; nth < seconds; nth += 1) {
      await eachSecond(nth);
      await this.surroundings.clock.advance(second);
    }
  }

  lag(group: string): GroupLag {
    const found = this.watcher.report?.groups.find((each) => each.group === group);
    assert.ok(found !== undefined, `${group} is not in the report; problem: ${this.watcher.problem}`);
    return found;
  }

  get toldKinds(): string[] {
    return this.told.map(({ group, kind }) => `${group} ${kind}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reader of this.#readers) await reader.close();
    await this.stopWatching();
    await this.log.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A member of a group that handles nothing by itself: it commits what it is told to. */
export class Reader {
  readonly #fleet: Fleet;
  readonly #positions = new Map<string, number>();
  #subscription: Subscription | null = null;

  private constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  static async join(fleet: Fleet, group: string, topics: readonly string[], clientId: string): Promise<Reader> {
    const reader = new Reader(fleet);
    reader.#subscription = await fleet.log.subscribe({
      group,
      topics,
      clientId,
      onAssigned: async (partitions) =>
        partitions.map(({ topic, partition, committedOffset, earliestOffset }) => {
          reader.#positions.set(`${topic}/${partition}`, committedOffset ?? earliestOffset);
          return committedOffset ?? earliestOffset;
        }),
      onBatch: async () => undefined,
      onRevoked: async () => undefined,
      onLost: () => undefined,
      onError: () => undefined,
    });
    return reader;
  }

  /** Reads up to so many more events of each partition. */
  async read(most: number): Promise<void> {
    for (const { topic, partition } of this.#subscription?.assigned() ?? []) {
      const place = `${topic}/${partition}`;
      const next = Math.min(this.#fleet.end(topic, partition), (this.#positions.get(place) ?? 0) + most);
      this.#positions.set(place, next);
      this.#subscription?.commit({ topic, partition }, next);
    }
    await this.#subscription?.flush();
  }

  /** The next offset that it reads. */
  position(topic: string, partition = 0): number {
    return this.#positions.get(`${topic}/${partition}`) ?? 0;
  }

  async close(): Promise<void> {
    await this.#subscription?.close();
    this.#subscription = null;
  }
}

export const aHandler: HandlerAnnouncement = {
  name: "handle",
  types: [],
  streams: [],
  order: "sequential",
  kind: "transaction",
  mode: "shared",
  askedMode: "shared",
  isSerial: false,
  from: "earliest",
  retryDelaysMs: [],
  state: "live",
  problem: null,
  behind: 0,
  parked: 0,
  dead: 0,
  replays: [],
};
