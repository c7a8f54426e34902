import { createMemoryLog, type MemoryLog, type SeededSurroundings, seededSurroundings, type Service } from "throughline";
import type { LogRecord, NewRecord, Store, UnitOfWork } from "throughline/seams";
import { commandsTopic, deadLetterTopic, redriveTopic } from "throughline/system-topics";
import { freshStore } from "./fresh-store.ts";
import { Instance } from "./instance.ts";
import type { CrashPoint } from "./instance-store.ts";
import { kitFailure } from "./kit-failure.ts";
import { KitRegistry } from "./kit-registry.ts";
import { NumbersAnew } from "./numbers-anew.ts";
import { PassageOfTime } from "./passage-of-time.ts";
import { nothingPending, type PendingWork, pendingWork } from "./pending-work.ts";
import type { TestServiceOptions } from "./test-service-options.ts";

const hosted = new WeakSet<object>();

/** Runs the service under test: its log, its time, and one instance of it after the other. */
export class Host<Tx> {
  readonly service: Service<Tx>;
  readonly seed: number;
  readonly surroundings: SeededSurroundings;
  /** Of the schemas of events that are no JSON. */
  readonly registry = new KitRegistry();
  readonly #log: MemoryLog;
  /** What the service appended to the log, in that order. */
  readonly appended: LogRecord[] = [];
  readonly #time: PassageOfTime;
  readonly #levelBefore: string;
  readonly #numbers = new NumbersAnew();
  #instance: Instance<Tx>;
  #closed: Promise<void> | null = null;

  private constructor(service: Service<Tx>, options: TestServiceOptions) {
    const {
      seed = 1,
      startAt = "2026-01-01T00:00:00.000Z",
      partitions = 3,
      logs = "silent",
      patienceMs = 1_000,
      settleWithinMs = 3_600_000,
    } = options;
    this.service = service;
    this.seed = seed;
    this.surroundings = seededSurroundings(seed, Date.parse(startAt));
    this.#log = createMemoryLog({ surroundings: this.surroundings, defaultPartitions: partitions });
    this.#instance = this.#newInstance(1);
    this.#time = new PassageOfTime({
      clock: this.surroundings.clock,
      patienceMs,
      settleWithinMs,
      lifeline: () => this.#instance.lifeline,
    });
    this.#levelBefore = service.log.level;
    service.log.level = logs;
  }

  /** Takes a service into the kit and starts it. */
  static async start<Tx>(service: Service<Tx>, options: TestServiceOptions): Promise<Host<Tx>> {
    if (hosted.has(service) || service.isRunning) {
      throw kitFailure(
        `"${service.name}" is running, or under test already; the kit starts it by itself, for one test at a time: await using t = await testService(…)`,
      );
    }
    hosted.add(service);
    const host = new Host(service, options);
    try {
      await host.#begin();
      return host;
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  get store(): Store<Tx> {
    const { store, name } = this.service;
    if (store === undefined) throw kitFailure(`"${name}" has no store, so it handles nothing; give createService a store`);
    return store;
  }

  get nowMs(): number {
    return this.surroundings.clock.now();
  }

  /** The topics that handlers of the service read. */
  get streams(): string[] {
    return [...new Set(this.service.handlers.flatMap(({ contracts }) => contracts.map(({ stream }) => stream)))];
  }

  /** Appends what others publish and ask for. */
  async append(records: readonly NewRecord[]): Promise<void> {
    this.#refuseWhenClosed();
    for (const result of await this.#log.append(records)) if (!result.ok) throw result.error;
  }

  /** Reads the service's store. */
  read<T>(work: (unit: UnitOfWork<Tx>) => Promise<T>): Promise<T> {
    return this.store.unitOfWork(work, { readOnly: true });
  }

  /** The next transaction that stores what came of an event ends the instance there; another one then takes over. */
  crashAt(point: CrashPoint): void {
    if (this.#instance.store === undefined) throw kitFailure(`"${this.service.name}" has no store, and so no COMMIT to die at`);
    this.#instance.store.crashAt = point;
  }

  /** Lets time pass until everything that follows from what happened so far is done. */
  async settled(): Promise<void> {
    await this.#time.until(() => this.#pending());
    const { store } = this.#instance;
    const missed = store?.crashAt ?? null;
    if (store === undefined || missed === null) return;
    store.crashAt = null;
    throw kitFailure(
      `a crash ${missed} was asked for, and no transaction that stores what came of an event came to its COMMIT; is the event handled at all?`,
    );
  }

  /** Lets time pass until every event was tried by its handlers; what is to be tried again later stays so. */
  async tried(): Promise<void> {
    await this.#time.until(async () => {
      const pending = await this.#pending();
      return pending.untilMs === null ? pending : nothingPending;
    });
  }

  /** Lets so much time pass, and what falls due be done. */
  async advance(ms: number): Promise<void> {
    const { clock } = this.surroundings;
    const targetMs = clock.now() + ms;
    await this.settled();
    while (clock.now() < targetMs) {
      await clock.jumpTo(Math.min(targetMs, (await this.#nextDeadlineMs()) ?? targetMs));
      await this.settled();
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #begin(): Promise<void> {
    const { store, name } = this.service;
    if (store !== undefined) {
      await store.open({ service: name, surroundings: this.surroundings });
      await freshStore(store, name, this.nowMs);
    }
    await this.#log.createTopics(this.streams.map((stream) => ({ name: stream })));
    this.#instance.start();
    await this.settled();
    const problems = (await this.#instance.running?.health())?.problems ?? [];
    if (problems.length > 0)
      throw kitFailure(`"${name}" cannot do all of its work:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
  }

  async #close(): Promise<void> {
    try {
      await this.#time.during("the service is closing", this.#instance.close());
    } finally {
      this.#instance.kill();
      this.service.log.level = this.#levelBefore;
      hosted.delete(this.service);
      await this.#log.close();
      await this.service.store?.close();
    }
  }

  async #pending(): Promise<PendingWork> {
    this.#refuseWhenClosed();
    const { failure, running } = this.#instance;
    if (failure !== null) throw failure.reason;
    if (running === null) return { ...nothingPending, what: "the service is starting" };
    const { store, name } = this.service;
    if (store === undefined) return nothingPending;
    const topics = [...this.streams, redriveTopic(name), commandsTopic];
    return pendingWork({ store, log: this.#log, topics, instance: this.#instance }, this.nowMs);
  }

  #refuseWhenClosed(): void {
    if (this.#closed !== null)
      throw kitFailure(`the test of "${this.service.name}" has ended; is an "await" missing before a call of it?`);
  }

  /** When the next event that waits for a missing one, or for a newer deploy, is looked at again. */
  async #nextDeadlineMs(): Promise<number | null> {
    if (this.service.store === undefined) return null;
    const ids = await this.read(async (unit) => (await unit.handlers.all()).map(({ id }) => id));
    const [deadline, dueMs] = await this.read(
      async (unit) =>
        [(await unit.parked.withDeadline(ids, 1))[0]?.logDueMs ?? null, await unit.parked.nextDueMs(ids, this.nowMs)] as const,
    );
    const times = [deadline, dueMs].filter((atMs) => atMs !== null && atMs > this.nowMs) as number[];
    return times.length === 0 ? null : Math.min(...times);
  }

  #newInstance(number: number): Instance<Tx> {
    const { service, surroundings } = this;
    return new Instance({
      name: `test-${number}`,
      service,
      log: this.#log,
      surroundings,
      registry: this.registry,
      // A dead letter holds the untouched original.
      rewrite: (record) => (record.topic === deadLetterTopic(service.name) ? record : this.#numbers.apply(record)),
      onAppended: (record, place) => this.#note(record, place),
      onCrash: () => {
        this.#instance.kill();
        this.#instance = this.#newInstance(number + 1);
        this.#instance.start();
      },
    });
  }

  #note(record: NewRecord, { partition, offset }: { partition: number; offset: number }): void {
    const { topic, key, value, headers, timestampMs = this.nowMs } = record;
    this.appended.push({ topic, topicId: topic, partition, offset, timestampMs, key, value, headers });
  }
}
