import type { ControlRow } from "../seams/store.ts";
import { HandlerLimit } from "./handler-limit.ts";
import type { ServiceScope } from "./scope.ts";

/** Until when an event is held; null is until somebody releases it. */
export interface Hold {
  readonly untilMs: number | null;
}

/**
 * What on call decided about one handler (R16), as this instance knows it. The store is the truth, and is read every two
 * seconds; what is over by the clock counts for nothing at once.
 */
export class HandlerControls {
  /** False as long as nothing at all is held: all that the hot path asks. */
  isHolding = false;
  #rows: readonly ControlRow[] = [];
  #subjects = new Map<string, ControlRow[]>();
  #tenants = new Map<string, ControlRow[]>();
  #limit: HandlerLimit | null = null;

  /** Takes on what the store says; rows of other handlers are left out. */
  set(scope: ServiceScope<unknown>, handlerId: number, rows: readonly ControlRow[]): void {
    this.#rows = rows.filter((row) => row.handlerId === null || row.handlerId === handlerId);
    this.#subjects = new Map();
    this.#tenants = new Map();
    for (const row of this.#rows) {
      if (row.kind !== "hold") continue;
      if (row.subject !== null) this.#subjects.set(row.subject, [...(this.#subjects.get(row.subject) ?? []), row]);
      if (row.tenant !== null) this.#tenants.set(row.tenant, [...(this.#tenants.get(row.tenant) ?? []), row]);
    }
    this.isHolding = this.#subjects.size + this.#tenants.size > 0;
    const limit = this.#rows.find(({ kind }) => kind === "limit");
    if (limit === undefined) this.#limit = null;
    else if (this.#limit?.id !== limit.id) this.#limit = new HandlerLimit(scope, limit);
  }

  get all(): readonly ControlRow[] {
    return this.#rows;
  }

  /** Why the handler is paused; null when it is not. */
  pausedAt(nowMs: number): ControlRow | null {
    return this.#rows.find((row) => row.kind === "pause" && stands(row, nowMs)) ?? null;
  }

  limitAt(nowMs: number): HandlerLimit | null {
    return this.#limit !== null && stands(this.#limit.row, nowMs) ? this.#limit : null;
  }

  /** Whether an event of this subject and tenant is held; null when it may run. */
  holdOf(event: { subject: string | null; tenantId: string | null }, nowMs: number): Hold | null {
    const holds = [
      ...(event.subject === null ? [] : (this.#subjects.get(event.subject) ?? [])),
      ...(event.tenantId === null ? [] : (this.#tenants.get(event.tenantId) ?? [])),
    ].filter((row) => stands(row, nowMs));
    if (holds.length === 0) return null;
    return { untilMs: holds.some(({ untilMs }) => untilMs === null) ? null : Math.max(...holds.map((row) => row.untilMs ?? 0)) };
  }
}

/** Whether a control is not over yet. */
export function stands({ untilMs }: ControlRow, nowMs: number): boolean {
  return untilMs === null || untilMs > nowMs;
}
