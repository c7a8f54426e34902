import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import type { CorrelationContext } from "./correlation-context.ts";

/** What the code that runs now belongs to. One store for all of it, for entering one costs each event. */
interface Frame {
  /** Undefined where it belongs to several stories at once. */
  readonly correlation: CorrelationContext | undefined;
  /** The handler whose transaction it runs in. */
  readonly handler: string | undefined;
}

const storage = new AsyncLocalStorage<Frame>();

export function currentFrame(): Frame | undefined {
  return storage.getStore();
}

export function runInFrame<T>(frame: Frame, work: () => T): T {
  return storage.run(frame, work);
}

/**
 * Runs work in frames inside what was current where it was made, wherever it is asked to. It costs a fifth of `runInFrame`, which
 * makes two copies of everything that surrounds it: one to go in, and one to come back out.
 */
export class FrameEntry {
  readonly #origin = new AsyncResource("throughline.handler");

  run<T>(frame: Frame, work: () => T): T {
    return this.#origin.runInAsyncScope(enter<T>, undefined, frame, work);
  }
}

/** The resource's scope is left as a whole, and the frame with it. */
function enter<T>(frame: Frame, work: () => T): T {
  storage.enterWith(frame);
  return work();
}
