import type { HandlerState } from "../handling/handler-state.ts";
import { done, handlerNamed, type Outcome, refused, unknownHandler } from "./outcome.ts";
import type { ServiceScope } from "../handling/scope.ts";
import type { ControlRow, UnitOfWork } from "../seams/store.ts";
import { allHandlers, type ControlCommand, describeControl, heldText } from "../system-topics/index.ts";

/** Writes what on call asks for to the store (R16), in the transaction that marks the command as read. */
export async function carryOutControl<Tx>(
  scope: ServiceScope<Tx>,
  unit: UnitOfWork<Tx>,
  handlers: readonly HandlerState<Tx>[],
  command: ControlCommand,
): Promise<Outcome> {
  const invalid = problemOf(command);
  if (invalid !== null) return refused(invalid);
  const handler = handlerNamed(handlers, command.handler);
  if (handler === undefined && command.handler !== allHandlers) return unknownHandler(handlers, command);
  const about = handler === undefined ? null : { id: handler.id, name: handler.spec.name };
  const target = new ControlTarget(unit, await unit.controls.all(), command, about);
  const setFree = () =>
    unit.parked.makeHeldDue(
      handlers.map(({ id }) => id),
      scope.surroundings.clock.now(),
    );
  switch (command.command) {
    case "pause":
      await target.put("pause");
      return done(target.describe("pause"));
    case "hold":
      // What the former hold gave a later time is looked at again.
      if (await target.put("hold")) await setFree();
      return done(target.describe("hold"));
    case "limit":
      if (command.perSecond === null) return target.takeBack("limit", "is not limited");
      await target.put("limit");
      return done(target.describe("limit"));
    case "resume":
      return target.takeBack("pause", "is not paused");
    case "release": {
      const outcome = await target.takeBack("hold", `has no hold of ${heldText(command)}`);
      if (outcome.state === "done") await setFree();
      return outcome;
    }
  }
}

/** The controls of one handler, or of all of the service, as a command finds and leaves them. */
class ControlTarget {
  readonly #unit: UnitOfWork<unknown>;
  readonly #rows: readonly ControlRow[];
  readonly #command: ControlCommand;
  /** Null is every handler. */
  readonly #handler: { readonly id: number; readonly name: string } | null;

  constructor(
    unit: UnitOfWork<unknown>,
    rows: readonly ControlRow[],
    command: ControlCommand,
    handler: { readonly id: number; readonly name: string } | null,
  ) {
    this.#unit = unit;
    this.#rows = rows;
    this.#command = command;
    this.#handler = handler;
  }

  describe(kind: ControlRow["kind"]): string {
    return describeControl(this.#row(kind), this.#handler?.name ?? null);
  }

  /** Puts a control in the place of the one that stood there; true when one did. */
  async put(kind: ControlRow["kind"]): Promise<boolean> {
    const row = this.#row(kind);
    const before = this.#rows.filter((other) => this.#isAlike(other, kind) && other.handlerId === row.handlerId);
    for (const { id } of before) await this.#unit.controls.remove(id);
    await this.#unit.controls.save(row);
    return before.length > 0;
  }

  /** Ends what stands; for all of the service, what concerns single handlers, too. */
  async takeBack(kind: ControlRow["kind"], absence: string): Promise<Outcome> {
    const { command, service } = this.#command;
    const alike = this.#rows.filter((row) => this.#isAlike(row, kind));
    const standing = this.#handler === null ? alike : alike.filter(({ handlerId }) => handlerId === this.#handler?.id);
    for (const { id } of standing) await this.#unit.controls.remove(id);
    if (this.#handler !== null && alike.some(({ handlerId }) => handlerId === null))
      return refused(`it concerns every handler of ${service}, not "${this.#handler.name}" alone; ${command} it for all of them`);
    const whose = this.#handler === null ? service : `handler "${this.#handler.name}"`;
    if (standing.length === 0) return refused(`${whose} ${absence}`);
    return done(`no longer: ${standing.map((row) => describeControl(row, this.#handler?.name ?? null)).join("; ")}`);
  }

  #isAlike(row: ControlRow, kind: ControlRow["kind"]): boolean {
    const { subject, tenant } = { subject: null, tenant: null, ...this.#command };
    return row.kind === kind && (kind !== "hold" || (row.subject === subject && row.tenant === tenant));
  }

  #row(kind: ControlRow["kind"]): ControlRow {
    const { commandId: id, by, reason, atMs, ...more } = this.#command;
    const { subject = null, tenant = null, perSecond = null, untilMs = null } = more as Partial<ControlRow>;
    return { id, kind, handlerId: this.#handler?.id ?? null, subject, tenant, perSecond, reason, by, atMs, untilMs };
  }
}

/** Why a command cannot be carried out as it was written; null when it can. */
function problemOf(command: ControlCommand): string | null {
  if (command.command === "limit") {
    if (command.handler === allHandlers) return "a limit is one handler's; name it";
    if (command.perSecond !== null && !(command.perSecond > 0)) return "a limit is a number of events above zero";
  }
  if (command.command === "hold" || command.command === "release") {
    const isOne = (command.subject === null) !== (command.tenant === null);
    if (!isOne) return "say what: either one subject or one tenant";
  }
  if ("untilMs" in command && command.untilMs !== null && !Number.isFinite(command.untilMs)) return "its end is no time";
  return null;
}
