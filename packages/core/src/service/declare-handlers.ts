import type { HandlerSpec } from "../handling/handler-state.ts";
import type { TopicInfo } from "../seams/event-log.ts";
import type { HandlerRow, Store } from "../seams/store.ts";
import { problemsOfSharedHistory } from "./shared-history.ts";
import { type RemovedHandler, undeclared, undeclaredProblems } from "./undeclared-handlers.ts";

const internalNames = ["throughline.redrive", "throughline.commands"] as const;

/** A service's handlers, as its store knows them. */
export interface DeclaredHandlers<Tx> {
  readonly declared: readonly { readonly spec: HandlerSpec<Tx>; readonly row: HandlerRow }[];
  readonly internal: { readonly redriveId: number; readonly commandsId: number };
  /** Names that the service had before. */
  readonly formerNames: readonly string[];
  /** Handlers whose parked events are to be dropped. */
  readonly dropped: readonly HandlerRow[];
}

interface Options {
  /** All names that the code declares, usable or not. */
  readonly names: readonly string[];
  readonly removed: Readonly<Record<string, RemovedHandler>>;
  readonly version: string;
  readonly nowMs: number;
}

class NotDeclared extends Error {}

/** Registers a service's handlers in its store; unless there are problems, which are added to those found before. */
export async function declareHandlers<Tx>(
  store: Store<Tx>,
  specs: readonly HandlerSpec<Tx>[],
  problems: string[],
  { names, removed, version, nowMs }: Options,
): Promise<DeclaredHandlers<Tx> | undefined> {
  const registrations = [
    ...specs.map(({ name, renamedFrom, contracts }) => ({ name, renamedFrom, types: [...contracts.keys()] })),
    ...internalNames.map((name) => ({ name, renamedFrom: [], types: [] })),
  ];
  const code = `${version} ${specs
    .map(({ name }) => name)
    .toSorted()
    .join()}`;
  try {
    return await store.unitOfWork(async (unit) => {
      const rows = await unit.handlers.register(registrations, nowMs);
      const declared = { ids: new Set(rows.map(({ id }) => id)), names: new Set(names), removed, code };
      problems.push(
        ...problemsOfSharedHistory(distinct(registrations.map(({ name }, index) => ({ name, id: must(rows[index]).id })))),
        ...(await undeclaredProblems(unit, declared)),
      );
      if (problems.length > 0) throw new NotDeclared();
      await unit.service.rememberCode(code, nowMs);
      const left = (await undeclared(unit, declared)).filter(({ waiting, dead }) => waiting + dead > 0);
      const idOf = (name: string): number => must(rows.find((row) => row.name === name)).id;
      return {
        declared: specs.map((spec, index) => ({ spec, row: must(rows[index]) })),
        internal: { redriveId: idOf("throughline.redrive"), commandsId: idOf("throughline.commands") },
        formerNames: await unit.service.formerNames(),
        dropped: left.map(({ row }) => row).filter(({ name }) => removed[name] === "drop"),
      };
    });
  } catch (error) {
    if (!(error instanceof NotDeclared)) problems.push((error as Error).message);
    return undefined;
  }
}

/** A handler whose order needs every event of a stream, and whose topic keeps only the newest ones (R5). */
export function streamProblems<Tx>(topics: readonly TopicInfo[], specs: readonly HandlerSpec<Tx>[]): string[] {
  const compacted = new Set(topics.filter((topic) => topic.compacted).map(({ name }) => name));
  return specs.flatMap(({ name, order, streams }) =>
    streams
      .filter((stream) => order === "sequential" && compacted.has(stream))
      .map(
        (stream) =>
          `handler "${name}" has the order "sequential", which needs every event of its stream, and topic "${stream}" is compacted: it keeps only the newest of each subject; say order: "latest", or compacted: true in the contract`,
      ),
  );
}

/** Two of one name are a problem of their own. */
function distinct<T extends { readonly name: string }>(registered: readonly T[]): T[] {
  return registered.filter(({ name }, index) => registered.findIndex((other) => other.name === name) === index);
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError("the store did not register all handlers");
  return value;
}
