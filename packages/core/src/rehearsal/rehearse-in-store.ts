import { coreError } from "../errors/index.ts";
import { type HandlerSpec, HandlerState } from "../handling/handler-state.ts";
import type { ServiceScope } from "../handling/scope.ts";
import type { EventLog } from "../seams/event-log.ts";
import type { Surroundings } from "../seams/runtime.ts";
import type { Store } from "../seams/store.ts";
import { rehearseLetters } from "./rehearse-letters.ts";
import type { RehearsalLetter, RehearsalOptions, RehearsedLetter } from "./rehearsal.ts";

/** What stands for the log: it only tells how large a record may be, and nothing is read from it or written to it. */
export const logOfRehearsal = (maxRecordBytes: number): EventLog => ({ maxRecordBytes }) as EventLog;

interface Service<Tx> {
  readonly service: string;
  readonly specs: readonly HandlerSpec<Tx>[];
  /** What keeps it from starting. */
  readonly problems: readonly string[];
  readonly surroundings: Surroundings;
  /** Finds what its handlers publish with. */
  prepare(): Promise<void>;
  scopeWith(
    more: Pick<ServiceScope<Tx>["identity"], "formerNames"> &
      Pick<ServiceScope<Tx>, "store" | "closing" | "deadline" | "isRehearsal">,
  ): ServiceScope<Tx>;
}

/**
 * Opens the store as it is found, rehearses letters in it, and closes it. Handlers are those that the store knows by one of their
 * names: one that it does not know has no letters. Rejects with `REHEARSAL_IMPOSSIBLE` and `STORE_CANNOT_REHEARSE`.
 */
export function rehearseIn<Tx>(store: Store<Tx> | undefined, of: Service<Tx>) {
  return async (letters: readonly RehearsalLetter[], options: RehearsalOptions): Promise<RehearsedLetter[]> => {
    const { service, surroundings } = of;
    const refuse = (problems: readonly string[], cause?: unknown): Error =>
      coreError("REHEARSAL_IMPOSSIBLE", { service, problems }, cause);
    if (store === undefined || of.problems.length > 0)
      throw refuse(of.problems.length > 0 ? of.problems : ["it has no store, and so no handlers"]);
    if (store.features.hidesStatements) throw coreError("STORE_CANNOT_REHEARSE", { store: service });
    try {
      await store.open({ service, surroundings, asFound: true });
    } catch (error) {
      throw refuse([(error as Error).message], error);
    }
    const closing = new AbortController();
    try {
      await of.prepare();
      const [rows, formerNames] = await store.unitOfWork(
        async (unit) => [await unit.handlers.all(), await unit.service.formerNames()] as const,
        { readOnly: true },
      );
      const scope = of.scopeWith({ formerNames, store, closing: closing.signal, deadline: closing.signal, isRehearsal: true });
      const handlers = of.specs.flatMap((spec) => {
        const row = [spec.name, ...spec.renamedFrom].map((name) => rows.find((each) => each.name === name)).find(Boolean);
        return row === undefined ? [] : [new HandlerState(spec, row, scope)];
      });
      return await rehearseLetters(scope, handlers, letters, options);
    } finally {
      closing.abort(new Error("the rehearsal is over"));
      await store.close();
    }
  };
}
