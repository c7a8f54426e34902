import { AsyncLocalStorage } from "node:async_hooks";

const storage = new AsyncLocalStorage<string>();

/** Runs a handler's code so that `currentHandler` knows of it. */
export function insideHandler<T>(handler: string, work: () => Promise<T>): Promise<T> {
  return storage.run(handler, work);
}

/** The handler whose transaction the asking code runs in, if any: waiting for another transaction there would never end. */
export function currentHandler(): string | undefined {
  return storage.getStore();
}
