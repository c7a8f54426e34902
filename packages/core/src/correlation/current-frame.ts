import { AsyncLocalStorage } from "node:async_hooks";
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
