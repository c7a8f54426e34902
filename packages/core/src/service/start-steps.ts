import type { EventLog } from "../seams/event-log.ts";
import type { Store } from "../seams/store.ts";

/** Refuses what is no event log before something of it is called. */
export function openedLog(log: EventLog): EventLog {
  if (typeof (log as EventLog | null | undefined)?.append === "function") return log;
  throw new TypeError(
    "it has no event log; give it one that is open, or a function that opens one: eventLog: () => openSqliteLog(…)",
  );
}

/** The same for its store. */
export function usableStore<Tx>(store: Store<Tx> | undefined, problems: string[]): Store<Tx> | undefined {
  if (store === undefined || typeof store.unitOfWork === "function") return store;
  problems.push("what it has for a store is none; give it one: store: sqlite({ file })");
  return undefined;
}

/** Runs one step of the start, and notes why it failed. */
export async function attempt<T>(problems: string[], step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    problems.push((error as Error).message);
    return undefined;
  }
}
