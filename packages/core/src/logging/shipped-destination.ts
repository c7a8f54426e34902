import type { DestinationStream } from "pino";
import { aboutNow, type LineAbout } from "./line-about.ts";

/** pino's sign for destinations that want to know a line's level, as `pino.multistream` does. */
export const wantsLevel = Symbol.for("pino.metadata");
/** Ours, for one that also wants to know what the line is about: its text alone does not tell it for sure. */
export const wantsAbout = Symbol.for("throughline.line-about");

/** Where lines go, as pino and `HandlerLog` know it: they set what it wants before each `write`. */
export interface Destination extends DestinationStream {
  readonly [wantsLevel]?: boolean;
  readonly [wantsAbout]?: boolean;
  lastLevel?: number;
  lastAbout?: LineAbout | undefined;
  flush?(done?: (error?: Error) => void): void;
}

/** Takes lines to be shipped. Must return at once, and never throw. */
export interface LineTaker {
  take(text: string, level: number, about: LineAbout): void;
  /** From which level on it wants lines. */
  readonly fromLevel: number;
}

/** Writes each line where it would go anyway, and then hands it on to be shipped. */
export class ShippedDestination implements Destination {
  readonly [wantsLevel] = true;
  readonly [wantsAbout] = true;
  lastLevel = 0;
  lastAbout: LineAbout | undefined;
  readonly #inner: Destination;
  readonly #taker: LineTaker;

  constructor(inner: DestinationStream, taker: LineTaker) {
    this.#inner = inner;
    this.#taker = taker;
  }

  write(text: string): void {
    const { lastLevel, lastAbout } = this;
    this.lastAbout = undefined;
    if (this.#inner[wantsLevel] === true) this.#inner.lastLevel = lastLevel;
    this.#inner.write(text);
    if (lastLevel >= this.#taker.fromLevel) this.#taker.take(text, lastLevel, lastAbout ?? aboutNow());
  }

  /** pino's `logger.flush` asks for it. */
  flush(done?: (error?: Error) => void): void {
    if (typeof this.#inner.flush === "function") this.#inner.flush(done);
    else done?.();
  }
}
