import type { CorrelationContext } from "../correlation/index.ts";
import { currentFrame } from "../correlation/current-frame.ts";
import type { ServiceScope } from "./scope.ts";

/** Runs a handler's code so that `currentHandler` knows of it, with `correlation` as the current one, or with none. */
export function insideHandler<T>(
  { frames }: Pick<ServiceScope<never>, "frames">,
  handler: string,
  correlation: CorrelationContext | undefined,
  work: () => T,
): T {
  return frames.run({ correlation, handler }, work);
}

/** The handler whose transaction the asking code runs in, if any: waiting for another transaction there would never end. */
export function currentHandler(): string | undefined {
  return currentFrame()?.handler;
}
