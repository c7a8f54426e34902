import { type Level, pino } from "pino";

/** How a service ships its log lines. */
export interface ShipOptions {
  /** Lines below it stay where they are. Default: `info`. What the logger itself leaves out is not shipped either. */
  readonly level?: Level;
  /**
   * What one instance ships at most, over half a second each; twice as many may wait. What is beyond is dropped and counted. Default:
   * 5,000. Each line costs 5 to 10 µs of the processor, in batches between other work.
   */
  readonly maxLinesPerSecond?: number;
}

export interface Shipping {
  readonly level: Level;
  readonly maxLinesPerSecond: number;
}

/** Null: its lines are not shipped. */
export function shippingOf(ship: boolean | ShipOptions | undefined): Shipping | null {
  if (ship === undefined || ship === false) return null;
  const { level = "info", maxLinesPerSecond = 5_000 } = ship === true ? {} : ship;
  return { level, maxLinesPerSecond };
}

/** Why lines cannot be shipped so; empty: they can. */
export function shippingProblems(shipping: Shipping | null): string[] {
  if (shipping === null) return [];
  const problems: string[] = [];
  if (!Object.hasOwn(pino.levels.values, shipping.level))
    problems.push(
      `log.ship.level is ${JSON.stringify(shipping.level)}, which is no level; use one of ${Object.keys(pino.levels.values).join(", ")}`,
    );
  if (!(Number.isSafeInteger(shipping.maxLinesPerSecond) && shipping.maxLinesPerSecond >= 2))
    problems.push(`log.ship.maxLinesPerSecond is ${String(shipping.maxLinesPerSecond)}; use a whole number from 2 on`);
  return problems;
}
