import {
  createMemoryLog,
  createMemoryStore,
  createService,
  type MemoryLog,
  type MemoryStore,
  type MemoryTx,
  type Running,
  seededSurroundings,
  type Service,
  type ServiceOptions,
} from "../src/index.ts";
import type { EventLog, Subscription, Surroundings } from "../src/seams/index.ts";

const never = new Promise<never>(() => undefined);
/** Fits in a session, as it has to be. */
const transactionLimitMs = 1_000;

/** One process of a service that can be killed, from outside or from its own handlers. */
export interface Process {
  readonly name: string;
  isAlive: boolean;
  running: Running | null;
  /** As kill -9: nothing of it goes on. A handler that ends its process returns this. */
  kill(): Promise<never>;
}

interface Own extends Process {
  member: Subscription | null;
}

/** Processes of one service on one log and one store, in virtual time. */
export class Processes {
  readonly surroundings;
  readonly log: MemoryLog;
  readonly store: MemoryStore;
  /** How often a process has died. */
  deaths = 0;
  readonly #declare: (service: Service<MemoryTx>, process: Process) => void;
  readonly #options: Partial<ServiceOptions<MemoryTx>>;
  #started = 0;

  constructor(
    declare: (service: Service<MemoryTx>, process: Process) => void,
    { seed = 1, partitions = 1, ...options }: Partial<ServiceOptions<MemoryTx>> & { seed?: number; partitions?: number } = {},
  ) {
    this.#declare = declare;
    this.#options = options;
    this.surroundings = seededSurroundings(seed);
    this.log = createMemoryLog({ surroundings: this.surroundings, defaultPartitions: partitions });
    this.store = createMemoryStore({ transactionLimitMs });
  }

  /** Starts a process; it takes over what a dead one held when that one's session has run out. */
  async start(name = `p${++this.#started}`): Promise<Process> {
    const store = this.store.connect();
    const process: Own = {
      name,
      isAlive: true,
      running: null,
      member: null,
      kill: () => {
        if (!process.isAlive) return never;
        process.isAlive = false;
        this.deaths++;
        store.unavailable(true);
        if (process.member !== null) this.log.crashMember(process.member);
        return never;
      },
    };
    const service = createService<MemoryTx>({
      name: "mortal",
      instance: name,
      eventLog: mortalLog(this.log.connect(), process),
      store,
      from: "earliest",
      retryDelaysMs: [20, 50, 100],
      timings: { sessionTimeoutMs: 1_500, drainTimeoutMs: 1_500, closeTimeoutMs: 3_000 },
      surroundings: mortalSurroundings(this.surroundings, process),
      log: { silent: true },
      ...this.#options,
    });
    this.#declare(service, process);
    await this.during(`start of ${name}`, async () => {
      const started = service.start().then(
        (running) => void (process.running = running),
        (error: unknown) => {
          if (process.isAlive) throw error;
        },
      );
      await Promise.race([started, this.#death(process)]);
    });
    return process;
  }

  /** Starts a process again whenever it has died, until `isDone`; returns how often. */
  async keepAlive(name: string, isDone: () => boolean | Promise<boolean>, mostDeaths = 30): Promise<number> {
    const before = this.deaths;
    let process = await this.start(name);
    for (let i = 0; !(await isDone()); i++) {
      if (i > 20_000) throw new Error(`it does not come to an end; ${this.deaths - before} processes died`);
      if (this.deaths - before > mostDeaths) throw new Error(`more than ${mostDeaths} processes died`);
      if (process.isAlive) await this.surroundings.clock.advance(20);
      else process = await this.start(name);
    }
    await this.close(process);
    return this.deaths - before;
  }

  async close(process: Process): Promise<void> {
    if (process.isAlive) await this.during(`close of ${process.name}`, async () => process.running?.close());
  }

  async during<T>(what: string, work: () => Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = work().finally(() => (isSettled = true));
    settled.catch(() => undefined);
    for (let i = 0; !isSettled; i++) {
      await this.surroundings.clock.advance(20);
      if (i > 10_000) throw new Error(`it does not settle: ${what}`);
    }
    return settled;
  }

  async until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    for (let i = 0; !(await condition()); i++) {
      if (i > 10_000) throw new Error(`it does not happen: ${what}`);
      await this.surroundings.clock.advance(20);
    }
  }

  async #death(process: Process): Promise<void> {
    while (process.isAlive && process.running === null) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A log of which nothing comes back once the process is dead. */
function mortalLog(log: EventLog, process: Own): EventLog {
  return new Proxy(log, {
    get: (target, name) => {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      if (name === "read") return (...args: Parameters<EventLog["read"]>) => mortalRead(target.read(...args), process);
      return async (...args: unknown[]): Promise<unknown> => {
        if (!process.isAlive) return never;
        const result = (await Reflect.apply(value, target, args)) as unknown;
        if (name === "subscribe") process.member = result as Subscription;
        return process.isAlive ? result : never;
      };
    },
  });
}

async function* mortalRead<T>(batches: AsyncIterable<T>, process: Process): AsyncGenerator<T> {
  for await (const batch of batches) {
    if (!process.isAlive) await never;
    yield batch;
  }
}

function mortalSurroundings({ clock, random }: Surroundings, process: Process): Surroundings {
  const after: Surroundings["clock"]["after"] = (delayMs, callback) =>
    clock.after(delayMs, () => void (process.isAlive && callback()));
  return { clock: { now: () => clock.now(), monotonic: () => clock.monotonic(), after }, random };
}
