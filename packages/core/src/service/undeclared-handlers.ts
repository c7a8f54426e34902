import type { HandlerRow, UnitOfWork } from "../seams/store.ts";

/** What becomes of the parked events and dead letters of a handler that the code no longer has. */
export type RemovedHandler = "drop" | "keep";

export interface Declared {
  /** The handlers that the code has, as the store knows them. */
  readonly ids: ReadonlySet<number>;
  /** Names that it declares, usable or not. */
  readonly names: ReadonlySet<string>;
  readonly removed: Readonly<Record<string, RemovedHandler>>;
  /** What tells this code from others: its version and its handlers. */
  readonly code: string;
}

/**
 * Why handlers that the store knows and the code does not keep the service from starting (R13): their parked events and dead
 * letters would never be handled. Code that ran on this store before such a handler existed did not remove it: it runs beside
 * newer code, or was rolled back to.
 */
export async function undeclaredProblems(unit: UnitOfWork<unknown>, { ids, names, removed, code }: Declared): Promise<string[]> {
  const problems = Object.entries(removed).flatMap(([name, how]) =>
    names.has(name)
      ? [`handler "${name}" is declared, and "removed" names it, too; take it out of one of them`]
      : how === "drop" || how === "keep"
        ? []
        : [`removed: { "${name}": … } must be "drop" or "keep"`],
  );
  const since = await unit.service.codeSince(code);
  for (const { row, waiting, dead } of await undeclared(unit, { ids, names })) {
    if (removed[row.name] !== undefined || waiting + dead === 0) continue;
    const [first] = await unit.handlers.epochs(row.id);
    if (since !== null && first !== undefined && since < first.openedAtMs) continue;
    problems.push(
      `handler "${row.name}" is not declared any more, and ${waiting} of its events wait and ${dead} are dead letters; declare it again until they are handled, or say what becomes of them: removed: { "${row.name}": "drop" }, or "keep"`,
    );
  }
  return problems;
}

/** Handlers of the store that the code does not have, with how many of their events are parked. */
export async function undeclared(
  unit: UnitOfWork<unknown>,
  { ids, names }: Pick<Declared, "ids" | "names">,
): Promise<{ row: HandlerRow; waiting: number; dead: number }[]> {
  const counts = await unit.parked.counts();
  const count = (id: number, state: "waiting" | "dead"): number =>
    counts.filter((found) => found.handlerId === id && found.state === state).reduce((sum, found) => sum + found.count, 0);
  const rows = (await unit.handlers.all()).filter(({ id, name }) => !ids.has(id) && !names.has(name));
  return rows.map((row) => ({ row, waiting: count(row.id, "waiting"), dead: count(row.id, "dead") }));
}
