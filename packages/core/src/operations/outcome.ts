import type { HandlerState } from "../handling/handler-state.ts";
import type { Command } from "../system-topics/index.ts";

/** What came of a command, to be said once its transaction has committed. */
export interface Outcome {
  readonly state: "done" | "refused";
  readonly sentence: string;
}

export const done = (sentence: string): Outcome => ({ state: "done", sentence });
export const refused = (sentence: string): Outcome => ({ state: "refused", sentence });

export function handlerNamed<Tx>(handlers: readonly HandlerState<Tx>[], name: string): HandlerState<Tx> | undefined {
  return handlers.find(({ spec }) => spec.name === name || spec.renamedFrom.includes(name));
}

export function unknownHandler(handlers: readonly HandlerState<never>[], { service, handler }: Command): Outcome {
  const known = handlers.length === 0 ? "it has none" : `it has ${handlers.map(({ spec }) => spec.name).join(", ")}`;
  return refused(`${service} has no handler "${handler}"; ${known}`);
}
