import type { RunningKafka } from "../../scripts/services/kafka.ts";
import type { PostgresServer } from "../../scripts/services/postgres.ts";
import type { Instance } from "./instance.ts";
import { type Blow, type ChaosService, chaosServices } from "./schedule.ts";

export interface BlowsOptions {
  readonly kafka: RunningKafka;
  readonly postgres: PostgresServer;
  readonly instances: readonly Instance[];
  readonly schedule: readonly Blow[];
  /** Whether no event of the service would be hit a third time in a row (R6). */
  readonly mayDie: (service: ChaosService) => Promise<boolean>;
  /** It stands still, which looks like a death. */
  readonly diesOf: (service: ChaosService) => Promise<void>;
  readonly onTrouble: (error: Error) => void;
}

/** Longer than a session of the services. */
const frozenForMs = 9_000;
const brokerAwayForMs = 4_000;
const databaseAwayForMs = 2_000;
/** Blows are struck later, not left out, while the machine is behind; but not all at once. */
const latestMs = 500;

/** Carries out a schedule. */
export class Blows {
  readonly #options: BlowsOptions;
  readonly #counts = new Map<string, number>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #brokerIsDown = false;
  #restarting = false;

  constructor(options: BlowsOptions) {
    this.#options = options;
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  summary(): string {
    return [...this.#counts].map(([what, times]) => `${what} ${times}`).join(", ");
  }

  async run(): Promise<void> {
    const startedAt = performance.now();
    let lateMs = 0;
    for (const blow of this.#options.schedule) {
      const dueInMs = startedAt + blow.atMs + lateMs - performance.now();
      if (dueInMs < -latestMs) lateMs -= dueInMs + latestMs;
      await this.#pause(Math.max(0, dueInMs));
      if (this.#stopping.signal.aborted) return;
      const struck = this.#strike(blow).catch((error: unknown) => this.#options.onTrouble(error as Error));
      this.#underWay.add(struck);
      void struck.finally(() => this.#underWay.delete(struck));
      // A kill looks at the database first; the next one waits for it.
      if (blow.kind === "kill instance") await struck;
    }
  }

  /** Settles when all that was struck is up again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#underWay);
  }

  #strike(blow: Blow): Promise<void> {
    switch (blow.kind) {
      case "kill instance":
        return this.#killInstance(blow.pick);
      case "freeze instance":
        return this.#freeze(blow);
      case "restart service":
        return this.#restart(blow.pick);
      case "kill broker":
        return this.#killBroker(blow.pick);
      case "kill database":
        return this.#killDatabase();
    }
  }

  async #killInstance(pick: number): Promise<void> {
    const { instances } = this.#options;
    if (instances.filter(({ isWell }) => isWell).length < instances.length / 2)
      return this.#count("kill spared (the machine is behind: fewer than half of the instances run)");
    const instance = await this.#mortal(pick);
    if (instance === null) return this.#count("kill spared (R6)");
    this.#count("kill -9 of an instance");
    instance.kill();
  }

  async #freeze({ pick, inTransaction, replaced }: { pick: number; inTransaction: boolean; replaced: boolean }): Promise<void> {
    const instance = await this.#mortal(pick);
    if (instance === null) return this.#count("SIGSTOP spared (R6)");
    const at = inTransaction ? "lane.before-commit" : null;
    const frozen = await instance.freeze({ forMs: frozenForMs, at, replaced });
    if (frozen === null) return this.#count("SIGSTOP missed");
    this.#count(`SIGSTOP ${frozen}${replaced ? ", replaced meanwhile" : ""}`);
    await this.#options.diesOf(instance.service);
  }

  async #restart(pick: number): Promise<void> {
    if (this.#restarting) return;
    this.#restarting = true;
    try {
      const service = chaosServices[Math.floor(pick * chaosServices.length)];
      for (const instance of this.#options.instances)
        if (instance.service === service && !this.#stopping.signal.aborted) await instance.restart();
      this.#count("rolling restart of a service");
    } finally {
      this.#restarting = false;
    }
  }

  /** One at a time: with two away nothing can be written, by design. */
  async #killBroker(pick: number): Promise<void> {
    const { brokers } = this.#options.kafka;
    const broker = brokers[Math.floor(pick * brokers.length)];
    if (broker === undefined || this.#brokerIsDown) return;
    this.#brokerIsDown = true;
    this.#count("kill -9 of a broker");
    await broker.kill();
    await this.#pause(brokerAwayForMs);
    await broker.start();
    this.#brokerIsDown = false;
  }

  async #killDatabase(): Promise<void> {
    this.#count("kill -9 of PostgreSQL");
    await this.#options.postgres.kill9();
    await this.#pause(databaseAwayForMs);
    await this.#options.postgres.start();
  }

  /** One that runs, and whose death would hit no event a third time. */
  async #mortal(pick: number): Promise<Instance | null> {
    const running = this.#options.instances.filter(({ isWell }) => isWell);
    const from = Math.floor(pick * running.length);
    const inTurn = [...running.slice(from), ...running.slice(0, from)];
    // Whoever waits for a death of its own is spared while others live.
    for (const instance of [...inTurn.filter(({ isArmed }) => !isArmed), ...inTurn.filter(({ isArmed }) => isArmed)])
      if ((await this.#options.mayDie(instance.service)) && instance.isWell) return instance;
    return null;
  }

  #count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#stopping.signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    });
  }
}
