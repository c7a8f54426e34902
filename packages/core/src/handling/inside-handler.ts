import type { CorrelationContext } from "../correlation/index.ts";
import { currentFrame, runInFrame } from "../correlation/current-frame.ts";

/** Runs a handler's code so that `currentHandler` knows of it, with `correlation` as the current one, or with none. */
export function insideHandler<T>(handler: string, correlation: CorrelationContext | undefined, work: () => T): T {
  return runInFrame({ correlation, handler }, work);
}

/** The handler whose transaction the asking code runs in, if any: waiting for another transaction there would never end. */
export function currentHandler(): string | undefined {
  return currentFrame()?.handler;
}
