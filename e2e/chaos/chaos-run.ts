import { fileURLToPath } from "node:url";
import type { EventLog } from "throughline";
import { seededRandom } from "../../examples/shop/driver/seeded-random.ts";
import { until } from "../../examples/shop/driver/until.ts";
import { type RunningKafka, startKafka } from "../../scripts/services/kafka.ts";
import { type PostgresServer, startPostgres, unsynced } from "../../scripts/services/postgres.ts";
import { FairDeaths } from "../crash-points/fair-deaths.ts";
import { beginLife } from "../crash-points/life.ts";
import { Redriver } from "../crash-points/redriver.ts";
import type { Databases } from "../places/databases.ts";
import { kafkaPlace, type Place } from "../places/place.ts";
import { Blows } from "./blows.ts";
import type { Check } from "./checks/check.ts";
import { check } from "./checks/check.ts";
import { checkAllReported, checkEffects, checkMovements, checkNothingLeft, effects } from "./checks/effects.ts";
import { checkReceipts } from "./checks/receipts.ts";
import { checkTopics } from "./checks/topics.ts";
import { chaosPoints, pointToDieAt } from "./chaos-points.ts";
import { type Death, Instance } from "./instance.ts";
import { type ChaosService, chaosServices, fullIntensity, type Intensity, scheduleOf } from "./schedule.ts";

export interface ChaosOptions {
  /** Is made, and holds the services' logs. */
  readonly folder: string;
  readonly orders: number;
  /** The blows end then. What was not placed yet is placed undisturbed; the report says how many were placed under blows. */
  readonly placeForMs: number;
  readonly seed: number;
  /** Each crash point of `chaosPoints` is hit at least so often, or the report says that it was not. */
  readonly hitsEach: number;
  readonly intensity?: Intensity;
  readonly print: (line: string) => void;
}

export interface ChaosReport {
  readonly ok: boolean;
  readonly seed: number;
  readonly orders: number;
  readonly placedUnderBlows: number;
  /** From the first order to the last effect. */
  readonly seconds: number;
  readonly ordersPerSecond: number;
  /** What was done to the system, by kind. */
  readonly blows: Readonly<Record<string, number>>;
  /** Deaths at each crash point. */
  readonly hits: Readonly<Record<string, number>>;
  /** Processes started. */
  readonly lives: number;
  readonly checks: readonly Check[];
}

/** Placing waits while some service is further behind. */
const mostAhead = 5_000;
/** Placing is paced so that it ends after this part of the time, where the machine keeps up. */
const placedAfter = 0.7;
/** A database that was killed first flushes all of its files, which takes minutes on a disk that others use. */
const backWithinMs = 300_000;
/** What is left must be done by then, undisturbed. */
const settleWithinMs = 300_000;

/** Three brokers, PostgreSQL and six services with two instances each; orders, while everything dies; then what was found. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  options.print("starting three brokers and PostgreSQL");
  await using kafka = await startKafka({ brokers: 3 });
  await using postgres = await startPostgres({ settings: { ...unsynced, max_connections: 200 } });
  const place = kafkaPlace(kafka, postgres, options.folder);
  await using log = await place.openLog();
  const databases = place.openDatabases();
  try {
    return await new ChaosRun(options, { kafka, postgres, place, log, databases }).run();
  } finally {
    await databases.close();
  }
}

interface Parts {
  readonly kafka: RunningKafka;
  readonly postgres: PostgresServer;
  readonly place: Place;
  readonly log: EventLog;
  readonly databases: Databases;
}

class ChaosRun {
  readonly #options: ChaosOptions;
  readonly #parts: Parts;
  readonly #instances: Instance[];
  readonly #fair: ReadonlyMap<ChaosService, FairDeaths>;
  readonly #random: () => number;
  readonly #hits = new Map<string, number>(chaosPoints.map(({ name }) => [name, 0]));
  readonly #endedThemselves = new Map<string, number>();
  readonly #troubles: Error[] = [];
  /** Services of which it is being looked at what a death may have hit. */
  readonly #looking = new Map<ChaosService, number>();
  #isDisturbed = false;
  #isOver = false;
  /** So many orders each of the two instances may have placed by now. */
  #upTo = 0;
  #placed = 0;
  #placedUnderBlows = 0;

  constructor(options: ChaosOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    this.#random = seededRandom(options.seed + 1);
    this.#fair = new Map(chaosServices.map((service) => [service, new FairDeaths(service, parts.log, parts.databases)]));
    this.#instances = chaosServices.flatMap((service) =>
      ["a", "b"].map(
        (letter) =>
          new Instance({
            service,
            name: `${service}-${letter}`,
            folder: options.folder,
            env: () => ({
              ...parts.place.env,
              CHAOS_ORDERS: String(this.#upTo),
            }),
            crashAt: () => this.#armFor(service),
            onDeath: (instance, death) => this.#onDeath(instance, death),
          }),
      ),
    );
  }

  async run(): Promise<ChaosReport> {
    const { folder, print, seed, placeForMs, intensity = fullIntensity } = this.#options;
    print("warming up");
    const warm = fileURLToPath(new URL("services/warm.ts", import.meta.url));
    await beginLife({ folder, name: "warm", program: warm, crashAt: "", env: {} }).ended;
    for (const instance of this.#instances) instance.start();
    await until("all instances have joined", () => this.#instances.every(({ isWell }) => isWell), { timeoutMs: 240_000 });
    print("all instances run; the blows begin");
    const startedAt = performance.now();
    this.#isDisturbed = true;
    const blows = new Blows({
      ...this.#parts,
      instances: this.#instances,
      mayDie: (service) => this.#mayDie(service),
      diesOf: (service) => this.#died(service),
      schedule: scheduleOf(seed, placeForMs, intensity),
      onTrouble: (error) => this.#troubles.push(error),
    });
    const redriver = new Redriver(this.#parts.log, "payments");
    const striking = blows.run();
    const redriving = this.#redrive(redriver);
    try {
      await this.#place(startedAt, blows);
    } finally {
      this.#isDisturbed = false;
      await blows.stop();
      await striking;
    }
    for (const instance of this.#instances) instance.arm("");
    this.#placedUnderBlows = (await this.#persistently(() => this.#counts())).placed;
    print(`no more blows, ${this.#placedUnderBlows} orders were placed; what is left is placed and brought to its end`);
    const wrong = await this.#settle(startedAt);
    const seconds = (performance.now() - startedAt) / 1_000;
    this.#isOver = true;
    await redriving;
    for (const instance of this.#instances) await instance.stop({ kindly: true });
    return this.#report({ seconds, blows, redriver, unsettled: wrong });
  }

  async #redrive(redriver: Redriver): Promise<void> {
    while (!this.#isOver) {
      await redriver.look().catch(() => undefined);
      await pause(250);
    }
  }

  /** Until all orders are placed and all crash points hit, or the time is over. */
  async #place(startedAt: number, blows: Blows): Promise<void> {
    const { placeForMs, hitsEach, print, orders } = this.#options;
    for (let round = 0; performance.now() - startedAt < placeForMs; round++) {
      await pause(1_000);
      if (this.#troubles.length > 0) throw this.#troubles[0];
      const counts = await this.#counts().catch(() => null);
      if (counts === null) continue;
      const slowest = Math.min(...counts.effects);
      const due = orders * Math.min(1, (performance.now() - startedAt) / (placedAfter * placeForMs));
      this.#allow(Math.ceil(Math.min(due, slowest + mostAhead) / 2));
      const lacking = [...this.#hits].filter(([, hits]) => hits < hitsEach).map(([name, hits]) => `${name} ${hits}`);
      if (round % 5 === 4) {
        const seconds = Math.round((performance.now() - startedAt) / 1_000);
        const lives = this.#instances.reduce((sum, instance) => sum + instance.lives, 0);
        print(
          `${seconds} s: ${counts.placed} placed; ${effects.map(({ effect }, i) => `${effect} ${counts.effects[i]}`).join(", ")}; ${this.#instances.filter(({ isWell }) => isWell).length} of 12 well, ${lives} lives; ${blows.summary()}; ${lacking.length} points lack hits`,
        );
      }
      if (counts.placed >= orders && lacking.length === 0 && slowest >= orders) break;
    }
  }

  #allow(upTo: number): void {
    this.#upTo = Math.max(this.#upTo, Math.min(upTo, Math.ceil(this.#options.orders / 2)));
    for (const instance of this.#instances)
      if (instance.service === "orders" && instance.isWell) instance.tell({ upTo: this.#upTo });
  }

  async #counts(): Promise<{ placed: number; effects: number[] }> {
    const { databases } = this.#parts;
    return {
      placed: await databases.number("orders", "SELECT coalesce(sum(orders), 0) FROM placed"),
      effects: await Promise.all(effects.map(({ service, table }) => databases.number(service, `SELECT count(*) FROM ${table}`))),
    };
  }

  /** Waits until every order is through everywhere; what is still missing when the time is over. */
  async #settle(startedAt: number): Promise<string[]> {
    let missing: string[] = [];
    let looks = 0;
    const look = async (): Promise<boolean> => {
      this.#allow(this.#options.orders);
      const counts = await this.#counts();
      this.#placed = counts.placed;
      const calls = await this.#parts.databases.number(
        "notifications",
        "SELECT (SELECT count(*) FROM orders.orders WHERE is_flagged = 1) - (SELECT count(*) FROM calls)",
      );
      const movements = await this.#parts.databases.number("inventory", "SELECT count(*) FROM movements");
      const left = await checkNothingLeft(this.#parts.databases, chaosServices);
      const reported = await checkAllReported(this.#parts.databases, chaosServices);
      missing = [
        ...(counts.placed < this.#options.orders ? [`${this.#options.orders - counts.placed} orders not placed`] : []),
        ...effects.flatMap(({ effect }, i) => (counts.effects[i] === counts.placed ? [] : [`${counts.effects[i]} ${effect}s`])),
        ...(movements === 2 * counts.placed ? [] : [`${movements} movements`]),
        ...(calls === 0 ? [] : [`${calls} calls too few`]),
        ...left.wrong,
        ...reported.wrong,
      ];
      const seconds = Math.round((performance.now() - startedAt) / 1_000);
      if (missing.length > 0 && looks++ % 5 === 0)
        this.#options.print(`${seconds} s: ${counts.placed} placed; ${missing.join(", ")}`);
      return missing.length === 0;
    };
    await until("nothing is missing any more", look, { timeoutMs: settleWithinMs, everyMs: 2_000 }).catch(() => undefined);
    return missing;
  }

  async #report({
    seconds,
    blows,
    redriver,
    unsettled,
  }: {
    seconds: number;
    blows: Blows;
    redriver: Redriver;
    unsettled: readonly string[];
  }): Promise<ChaosReport> {
    const { databases, log } = this.#parts;
    const { seed, hitsEach, orders, print } = this.#options;
    print("looking at databases and topics");
    const lacking = [...this.#hits].filter(([, hits]) => hits < hitsEach).map(([name, hits]) => `${name} was hit ${hits} times`);
    const otherLetters = [...redriver.letters.keys()].filter((reason) => reason !== "permanent");
    const checks = [
      check("all orders are through", unsettled, `after ${Math.round(seconds)} s`),
      check(
        "as many orders as asked for",
        this.#placed < orders ? [`${this.#placed} of ${orders}`] : [],
        `${this.#placed}, ${this.#placedUnderBlows} of them under blows`,
      ),
      ...(await checkEffects(databases)),
      await checkMovements(databases),
      await checkNothingLeft(databases, chaosServices),
      await checkAllReported(databases, chaosServices),
      ...(await checkTopics(log, {
        orders: this.#placed,
        flagged: await databases.number("orders", "SELECT count(*) FROM orders WHERE is_flagged = 1"),
      })),
      await checkReceipts(log, databases, chaosServices),
      check("no dead letter but those that had to be edited", otherLetters, [...redriver.letters].flat().join(" ")),
      check(
        `each crash point at least ${hitsEach} times`,
        lacking,
        `${[...this.#hits.values()].reduce((a, b) => a + b, 0)} deaths`,
      ),
    ];
    return {
      ok: checks.every(({ ok }) => ok),
      seed,
      orders: this.#placed,
      placedUnderBlows: this.#placedUnderBlows,
      seconds: Math.round(seconds),
      ordersPerSecond: Math.round(this.#placed / seconds),
      blows: { ...blows.counts(), ...Object.fromEntries(this.#endedThemselves) },
      hits: Object.fromEntries(this.#hits),
      lives: this.#instances.reduce((sum, { lives }) => sum + lives, 0),
      checks,
    };
  }

  #armFor(service: ChaosService): string {
    if (!this.#isDisturbed || !this.#maySurelyDie(service)) return "";
    return pointToDieAt({ service, hits: this.#hits, hitsEach: this.#options.hitsEach, random: this.#random });
  }

  #maySurelyDie(service: ChaosService): boolean {
    return !this.#looking.has(service) && this.#fair.get(service)?.mustMove.length === 0;
  }

  /** Whether no event of the service would be hit a third time in a row. */
  async #mayDie(service: ChaosService): Promise<boolean> {
    const fair = this.#fair.get(service);
    if (fair === undefined || this.#looking.has(service)) return false;
    await fair.look().catch(() => undefined);
    return this.#maySurelyDie(service);
  }

  /** Notes what a death may have hit: while brokers or the database are away that takes time, and nobody of the service dies. */
  async #died(service: ChaosService, hadPartitions = true): Promise<void> {
    this.#looking.set(service, (this.#looking.get(service) ?? 0) + 1);
    const mates = this.#instances.filter((each) => each.service === service);
    for (const mate of mates) mate.arm("");
    await this.#persistently(async () => this.#fair.get(service)?.died({ hadPartitions }));
    const others = (this.#looking.get(service) ?? 1) - 1;
    if (others > 0) this.#looking.set(service, others);
    else this.#looking.delete(service);
    for (const mate of mates) if (!mate.isArmed) mate.arm(this.#armFor(service));
  }

  #onDeath({ service }: Instance, { at, code, hadPartitions }: Death): void {
    if (at !== null) this.#hits.set(at, (this.#hits.get(at) ?? 0) + 1);
    if (code !== null && code !== 0) {
      const what = `${service} ended with code ${code}`;
      this.#endedThemselves.set(what, (this.#endedThemselves.get(what) ?? 0) + 1);
    }
    if (code === null && this.#isDisturbed)
      this.#died(service, hadPartitions).catch((error: unknown) => this.#troubles.push(error as Error));
  }

  /** What fails while database and brokers are away is tried again. */
  async #persistently<T>(what: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + backWithinMs;
    for (;;) {
      try {
        return await what();
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await pause(300);
      }
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
