import type { HandlerState } from "../handling/handler-state.ts";
import { stands } from "../handling/handler-controls.ts";
import type { ServiceScope } from "../handling/scope.ts";
import type { ControlRow } from "../seams/store.ts";
import { allHandlers, type ControlAnnouncement, describeControl } from "../system-topics/index.ts";
import { auditRow } from "./audit-row.ts";

/** What an instance that went away may have parked as held under a hold that was over: it is looked for so often. */
const sweepEveryMs = 60_000;

/**
 * Keeps every handler's controls those of the store: read at start, and every two seconds. Ends those whose time is over, and
 * sets free what was held by one that ended.
 */
export class ServiceControls<Tx> {
  readonly #scope: ServiceScope<Tx>;
  readonly #handlers: () => readonly HandlerState<Tx>[];
  #rows: readonly ControlRow[] = [];
  #sweptAtMs = 0;
  #didHoldEnd = true;

  constructor(scope: ServiceScope<Tx>, handlers: () => readonly HandlerState<Tx>[]) {
    this.#scope = scope;
    this.#handlers = handlers;
  }

  /** Takes on what the store says now. */
  async load(): Promise<void> {
    const { store, surroundings } = this.#scope;
    const nowMs = surroundings.clock.now();
    const rows = await store.unitOfWork((unit) => unit.controls.all(), { readOnly: true });
    const over = rows.filter((row) => !stands(row, nowMs));
    for (const row of over) await this.#end(row);
    this.#apply(rows.filter((row) => stands(row, nowMs)));
    await this.#setFree(nowMs);
  }

  /** As sentences, for health and announcements. */
  sentences(): string[] {
    return this.#rows.map((row) => describeControl(row, this.#nameOf(row)));
  }

  announced(): ControlAnnouncement[] {
    return this.#rows.map(({ handlerId, ...row }) => ({ ...row, handler: this.#nameOf({ handlerId }) }));
  }

  #apply(rows: readonly ControlRow[]): void {
    const { logger } = this.#scope;
    const before = this.#rows;
    this.#rows = rows;
    for (const handler of this.#handlers()) handler.controls.set(this.#scope, handler.id, rows);
    for (const row of rows) {
      if (before.some(({ id }) => id === row.id)) continue;
      logger.warn({ commandId: row.id, by: row.by }, describeControl(row, this.#nameOf(row)));
    }
    for (const row of before) {
      if (rows.some(({ id }) => id === row.id)) continue;
      // A hold that this instance still knew may have parked events after it had ended in the store.
      this.#didHoldEnd ||= row.kind === "hold";
      logger.info({ commandId: row.id, by: row.by }, `no longer: ${describeControl(row, this.#nameOf(row))}`);
    }
  }

  /** One instance ends it, and says so. */
  async #end(row: ControlRow): Promise<void> {
    const { store, identity, surroundings } = this.#scope;
    const handler = this.#nameOf(row);
    await store.unitOfWork(async (unit) => {
      if (!(await unit.controls.remove(row.id))) return;
      if (row.kind === "hold") await unit.parked.makeHeldDue(this.#ids(), surroundings.clock.now());
      const entry = {
        action: row.kind,
        outcome: "ended",
        detail: `its time was over: ${describeControl(row, handler)}`,
        service: identity.service,
        handler: handler ?? allHandlers,
        by: row.by,
        reason: row.reason,
        id: row.id,
      } as const;
      await unit.outbox.add([auditRow(this.#scope, entry)]);
    });
    this.#scope.wakeRelay();
  }

  /** Gives what waits as held, and is held no more, its time. What is held all the same waits again once it was looked at. */
  async #setFree(nowMs: number): Promise<void> {
    const isTime = nowMs - this.#sweptAtMs >= sweepEveryMs;
    if (!isTime && !this.#didHoldEnd) return;
    const ids = this.#didHoldEnd ? this.#ids() : this.#ids().filter((id) => !this.#isHolding(id));
    const freed = await this.#scope.store.unitOfWork((unit) => unit.parked.makeHeldDue(ids, nowMs));
    this.#sweptAtMs = nowMs;
    this.#didHoldEnd = false;
    if (freed > 0) this.#scope.wakeDrain();
  }

  #isHolding(handlerId: number): boolean {
    return this.#rows.some((row) => row.kind === "hold" && (row.handlerId === null || row.handlerId === handlerId));
  }

  #ids(): number[] {
    return this.#handlers().map(({ id }) => id);
  }

  #nameOf({ handlerId }: Pick<ControlRow, "handlerId">): string | null {
    return handlerId === null ? null : (this.#handlers().find(({ id }) => id === handlerId)?.spec.name ?? `#${handlerId}`);
  }
}
