import type { MemoryLog, Running, Service } from "throughline";
import type { NewRecord, SchemaRegistry, Surroundings } from "throughline/seams";
import { InstanceLog } from "./instance-log.ts";
import { InstanceStore } from "./instance-store.ts";
import { Lifeline } from "./lifeline.ts";

interface InstanceOptions<Tx> {
  readonly name: string;
  readonly service: Service<Tx>;
  readonly log: MemoryLog;
  readonly surroundings: Surroundings;
  readonly registry: SchemaRegistry;
  readonly onCrash: () => void;
  readonly rewrite: (record: NewRecord) => NewRecord;
  readonly onAppended: (record: NewRecord, place: { partition: number; offset: number }) => void;
}

/** One process of the service under test, as far as it can be told from outside: it can be killed. */
export class Instance<Tx> {
  readonly name: string;
  readonly lifeline = new Lifeline();
  readonly log: InstanceLog;
  readonly store: InstanceStore<Tx> | undefined;
  /** Once it has started. */
  running: Running | null = null;
  /** Why it did not. */
  failure: { readonly reason: unknown } | null = null;
  readonly #options: InstanceOptions<Tx>;
  #isClosed = false;

  constructor(options: InstanceOptions<Tx>) {
    const { name, log, service, onCrash, rewrite, onAppended } = options;
    this.#options = options;
    this.name = name;
    this.log = new InstanceLog(log.connect(), { lifeline: this.lifeline, rewrite, onAppended });
    this.store = service.store === undefined ? undefined : new InstanceStore(service.store, this.lifeline, onCrash);
  }

  /** Returns at once: starting takes virtual time where it takes over from another. */
  start(): void {
    const { store } = this;
    const { service, surroundings, registry } = this.#options;
    const overrides = {
      eventLog: this.log,
      surroundings,
      schemaRegistry: registry,
      instance: this.name,
      ...(store === undefined ? {} : { store }),
    };
    service.start(overrides).then(
      (running) => (this.running = running),
      (reason: unknown) => (this.failure = { reason }),
    );
  }

  /** Stops it cleanly, if it has started: an instance that is only just taking over has nothing to finish. */
  async close(): Promise<void> {
    if (this.running === null) return;
    await this.running.close();
    this.#isClosed = true;
  }

  /** As kill -9: nothing is finished or closed, and its place in the group is free when its session has run out. */
  kill(): void {
    const { log, service } = this.#options;
    this.lifeline.end();
    if (this.#isClosed) return;
    if (this.log.member !== null) log.crashMember(this.log.member);
    service.abandon();
  }
}
