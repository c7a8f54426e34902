import { setTimeout as wait } from "node:timers/promises";
import type { EventLog } from "throughline";
import { readTopic } from "../../examples/shop/driver/log-reading.ts";
import { seededRandom } from "../../examples/shop/driver/seeded-random.ts";
import { subjectsOutOfOrder } from "../../examples/shop/driver/subject-order.ts";
import { until } from "../../examples/shop/driver/until.ts";
import type { Databases } from "../places/databases.ts";
import type { Place } from "../places/place.ts";
import { FairDeaths } from "./fair-deaths.ts";
import { beginLife, type Life } from "./life.ts";
import { type CrashService, type PlannedPoint, pointsOf } from "./points.ts";
import { Supply } from "./supply.ts";
import { whatIsWrong } from "./wrong.ts";

export interface CrashRunOptions {
  /** Is made, and holds all logs. */
  readonly folder: string;
  /** Where the services' data are. */
  readonly place: Place;
  readonly seed: number;
  /** Each point is hit at least so often. */
  readonly hitsEach: number;
  readonly timeoutMs: number;
  readonly stepsPerSecond: number;
  readonly print: (line: string) => void;
}

export interface CrashRun {
  /** Deaths by crash point. */
  readonly hits: ReadonlyMap<string, number>;
  readonly lives: number;
  readonly events: number;
  /** What was lost, doubled or out of order. */
  readonly wrong: readonly string[];
  readonly letters: ReadonlyMap<string, number>;
}

/** A life that has met none of its points after this long is asked to stop, for there are points on the way out. */
const patienceMs = 2_000;
/** The same when there are none left. */
const longPatienceMs = 5_000;
const calmPatienceMs = 90_000;

/** A point that was hit so many times more than the one that was hit least is ahead. */
const aheadBy = 3;

/** Runs the small services, lets them die at every crash point again and again under load, and then looks for what went wrong. */
export async function runCrashPoints(options: CrashRunOptions): Promise<CrashRun> {
  const log = await options.place.openLog();
  const databases = options.place.openDatabases();
  try {
    return await new CrashDriver(options, log, databases).run();
  } finally {
    await databases.close();
    await log.close();
  }
}

class CrashDriver {
  readonly #options: CrashRunOptions;
  readonly #log: EventLog;
  readonly #databases: Databases;
  readonly #supply: Supply;
  readonly #random: () => number;
  readonly #points: readonly PlannedPoint[];
  readonly #hits: Map<string, number>;
  readonly #fair = new Map<string, FairDeaths>();
  readonly #living = new Map<string, Life>();
  /** The lives that may hit nothing until their service has moved on. */
  readonly #spared = new Set<string>();
  readonly #stopping = new AbortController();
  /** Of a service that is to become careful: how many more lives are to die over their first events. */
  readonly #livesOfCare = new Map<CrashService, number>();
  readonly #newcomers: string[] = [];
  #lives = 0;

  constructor(options: CrashRunOptions, log: EventLog, databases: Databases) {
    this.#options = options;
    this.#log = log;
    this.#databases = databases;
    this.#points = pointsOf(options.place.kind);
    this.#hits = new Map(this.#points.map(({ name }) => [name, 0]));
    this.#supply = new Supply(log, databases);
    this.#random = seededRandom(options.seed);
  }

  async run(): Promise<CrashRun> {
    const { timeoutMs } = this.#options;
    await this.#begin({ service: "warm", program: "warm", name: "warm" }, "").ended;
    const deadline = setTimeout(() => this.#stopping.abort(new Error(`not done after ${timeoutMs} ms`)), timeoutMs);
    try {
      const loops = [
        this.#lead("till", "till"),
        this.#lead("ledger", "ledger-a"),
        this.#lead("ledger", "ledger-b"),
        this.#lead("mailer", "mailer"),
        this.#leadNewcomers(),
        this.#provoke(),
      ];
      await Promise.all(loops.map((loop) => loop.catch((error: unknown) => this.#stopping.abort(error))));
    } finally {
      clearTimeout(deadline);
      for (const life of this.#living.values()) life.kill();
    }
    const left = this.#points.filter((point) => this.#isOpen(point));
    if (left.length > 0) throw this.#stopping.signal.reason;
    return await this.#settle();
  }

  #isOpen({ name }: PlannedPoint): boolean {
    return (this.#hits.get(name) ?? 0) < this.#options.hitsEach;
  }

  /** Strangers make all slower, and near the end plans are what is left to die of. */
  get #sameNameChance(): number {
    return this.#points.filter((point) => this.#isOpen(point)).length > 5 ? 0.85 : 0.5;
  }

  get #isOver(): boolean {
    return this.#stopping.signal.aborted || !this.#points.some((point) => this.#isOpen(point));
  }

  /**
   * Which points the next life of a service is armed with: those that are not hit often enough, and at times one of its start.
   * Points that are ahead of the others leave more lives to grow old enough for the rare ones.
   */
  #armFor(service: CrashService): string {
    const open = this.#points.filter((point) => point.in.includes(service) && this.#isOpen(point));
    const hitsOf = ({ name }: PlannedPoint): number => this.#hits.get(name) ?? 0;
    const least = Math.min(...open.map(hitsOf));
    const chanceOf = (point: PlannedPoint): number => (hitsOf(point) > least + aheadBy ? 0.03 : 0.6);
    // Two deaths over the same events are what makes a lane careful, which some points lie behind.
    const careChance = Math.max(0, ...open.filter(({ needsCare }) => needsCare).map((point) => chanceOf(point) / 2));
    const livesLeft = this.#livesOfCare.get(service) || (this.#random() < careChance ? 3 : 0);
    this.#livesOfCare.set(service, Math.max(0, livesLeft - 1));
    if (livesLeft > 0) return "lane.before-commit@1";
    const atStart = open.filter((point) => point.atStart);
    const chosen = open.filter((point) => !point.atStart && this.#random() < chanceOf(point));
    if (atStart.length > 0 && this.#random() < 0.2) {
      const one = atStart[Math.floor(this.#random() * atStart.length)];
      if (one !== undefined) chosen.push(one);
    }
    return chosen.map(({ name, within }) => `${name}@${1 + Math.floor(this.#random() * within)}`).join();
  }

  /** For a life that has moved on after two deaths over the same events: for a while its lane is careful, and points behind that can be hit. */
  #armWithCare(service: string, crashAt: () => string): string {
    const behindCare = this.#points.filter((point) => point.needsCare === true && this.#isOpen(point));
    const here = behindCare.filter((point) => point.in.some((each) => each === service));
    return here.length > 0 ? here.map(({ name }) => `${name}@1`).join() : crashAt();
  }

  #patienceMs(): number {
    return this.#points.some((point) => point.onTheWayOut && this.#isOpen(point)) ? patienceMs : longPatienceMs;
  }

  #fairOf(service: string): FairDeaths {
    const known = this.#fair.get(service) ?? new FairDeaths(service, this.#log, this.#databases);
    this.#fair.set(service, known);
    return known;
  }

  /** Life after life of one process, until every point was hit. */
  async #lead(service: CrashService, name: string): Promise<void> {
    while (!this.#isOver) await this.#live({ service, program: service, name, crashAt: () => this.#armFor(service) });
  }

  /** One life; answers the point where it ended. */
  async #live(spec: {
    service: string;
    program: string;
    name: string;
    crashAt: () => string;
    until?: () => Promise<boolean>;
  }): Promise<string | null> {
    const fair = this.#fairOf(spec.service);
    const mustBeCalm = fair.mustMove.length > 0;
    this.#spared.delete(spec.name);
    const life = this.#begin(spec, mustBeCalm ? "" : spec.crashAt());
    if (mustBeCalm) {
      await until(`${spec.service} moves on: ${fair.mustMove.join("; ")}`, () => this.#hasMovedOn(fair, life), {
        timeoutMs: calmPatienceMs,
        everyMs: 50,
        signal: this.#stopping.signal,
      });
      life.arm(this.#armWithCare(spec.service, spec.crashAt));
    }
    const isDone = spec.until ?? (async () => life.joinedAt !== null && performance.now() - life.joinedAt > this.#patienceMs());
    while (life.isRunning() && !this.#isOver && !(await isDone())) {
      await Promise.race([life.ended, wait(20)]);
      if (this.#spared.has(spec.name)) await this.#armAgain(spec, fair, life);
    }
    // On the way out it passes points of its own; at times it is given none.
    if (this.#random() < 0.7) life.askToStop();
    else life.kill();
    const late = setTimeout(() => life.kill(), 15_000);
    const { at, hadPartitions, code, signal } = await life.ended;
    clearTimeout(late);
    this.#living.delete(spec.name);
    if (at !== null) this.#hits.set(at, (this.#hits.get(at) ?? 0) + 1);
    else if (code !== null && code !== 0) throw new Error(`${spec.name} ended with code ${code}: see its log`);
    if (signal !== null) await fair.died({ hadPartitions });
    // The other process of the service may not hit it a third time, either.
    if (fair.mustMove.length > 0)
      for (const [name, other] of this.#living) if (name.startsWith(spec.service)) this.#spare(name, other);
    return at;
  }

  #spare(name: string, life: Life): void {
    life.arm("");
    this.#spared.add(name);
  }

  async #armAgain(spec: { service: string; name: string; crashAt: () => string }, fair: FairDeaths, life: Life): Promise<void> {
    await fair.look();
    if (fair.mustMove.length > 0) return;
    life.arm(this.#armWithCare(spec.service, spec.crashAt));
    this.#spared.delete(spec.name);
  }

  async #hasMovedOn(fair: FairDeaths, life: Life): Promise<boolean> {
    await fair.look();
    return fair.mustMove.length === 0 || !life.isRunning();
  }

  #begin({ service, program, name }: { service: string; program: string; name: string }, crashAt: string): Life {
    this.#lives++;
    const life = beginLife({
      folder: this.#options.folder,
      name,
      program,
      crashAt,
      env: {
        ...this.#options.place.env,
        CRASH_SERVICE: service,
        CRASH_LOAD: String(this.#options.stepsPerSecond),
        // Who comes back under a name has its partitions at once. Now and then one comes under another, and the group plans anew.
        THROUGHLINE_INSTANCE: this.#random() < this.#sameNameChance ? name : `${name}-${this.#lives}`,
      },
    });
    this.#living.set(name, life);
    return life;
  }

  /** Services that begin: each dies at every point of a start once, then reads all of history. */
  async #leadNewcomers(): Promise<void> {
    const mine = this.#points.filter((point) => point.in.includes("newcomer"));
    await until("there are orders to read", async () => (await this.#steps()) > 0, {
      timeoutMs: 120_000,
      signal: this.#stopping.signal,
    });
    while (!this.#isOver && mine.some((point) => this.#isOpen(point))) {
      const service = `newcomer-${this.#newcomers.length + 1}`;
      this.#newcomers.push(service);
      const about = { service, program: "newcomer", name: service };
      for (const { name } of mine.filter((point) => point.atStart && this.#isOpen(point)))
        if (!this.#isOver) await this.#live({ ...about, crashAt: () => `${name}@1` });
      const wanted = await this.#steps();
      const isThrough = async (): Promise<boolean> =>
        (await this.#databases.number(service, "SELECT count(*) FROM seen")) >= wanted;
      // It may die on the way, as often as there are points left.
      for (let tries = 0; !this.#isOver && !(await isThrough()); tries++) {
        if (tries > 20) throw new Error(`${service} does not get through: ${tries} lives`);
        const crashAt = (): string => (tries < 2 ? this.#armFor("newcomer") : "");
        await this.#live({ ...about, crashAt, until: isThrough });
      }
    }
  }

  #steps(): Promise<number> {
    return this.#databases.number("till", "SELECT count(*) FROM steps WHERE n <= (SELECT max(n) - 20 FROM steps)");
  }

  /** Whether the ledger is there, and armed: else a command would be carried out where nothing dies. */
  get #mayDieOfCommands(): boolean {
    const armed = ["ledger-a", "ledger-b"].filter((name) => !this.#spared.has(name));
    const hasJoined = armed.some((name) => (this.#living.get(name)?.joinedAt ?? null) !== null);
    return this.#fairOf("ledger").mustMove.length === 0 && hasJoined;
  }

  /** Gaps, redrives, rebuilds and other commands, for as long as the services die; and a line now and then. */
  async #provoke(): Promise<void> {
    const startedAt = performance.now();
    for (let round = 0; !this.#isOver; round++) {
      await this.#supply.redrive();
      if (round % 3 === 0) await this.#supply.probe();
      if (this.#mayDieOfCommands) {
        await this.#supply.rebuild();
        if (round % 5 === 0) await this.#supply.command();
      }
      if (round % 100 === 99) {
        const seconds = Math.round((performance.now() - startedAt) / 1000);
        const open = this.#points.filter((point) => this.#isOpen(point)).map(({ name }) => `${name} ${this.#hits.get(name)}`);
        this.#options.print(`${seconds} s, ${this.#lives} lives; left: ${open.join(", ")}`);
      }
      await wait(100);
    }
  }

  /** Lets the services finish what there is, undisturbed, and compares. */
  async #settle(): Promise<CrashRun> {
    await Promise.all([...this.#living.values()].map(({ ended }) => ended));
    const { folder, place } = this.#options;
    const lives = (["till", "ledger", "mailer"] as const).map((program) =>
      beginLife({ folder, name: program, program, crashAt: "", env: place.env }),
    );
    let wrong: string[] = [];
    const look = async (): Promise<boolean> => {
      await this.#supply.redrive();
      wrong = await whatIsWrong(this.#databases, { probes: this.#supply.probes, newcomers: this.#newcomers });
      return wrong.length === 0;
    };
    await until("nothing is missing any more", look, { timeoutMs: 120_000, everyMs: 200 }).catch(() => undefined);
    for (const life of lives) life.askToStop();
    await Promise.all(lives.map(({ ended }) => ended));
    await look();
    const unordered = subjectsOutOfOrder(await readTopic(this.#log, "order"));
    return {
      hits: this.#hits,
      lives: this.#lives,
      events: await this.#databases.number("till", "SELECT count(*) FROM steps"),
      wrong: [...wrong, ...unordered.map((subject) => `${subject} stands out of order in the log`)],
      letters: this.#supply.letters,
    };
  }
}
