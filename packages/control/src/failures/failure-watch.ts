import type { Surroundings } from "throughline/seams";
import type { Incident } from "../lag/incident.ts";
import type { LagRules } from "../lag/lag-rules.ts";
import type { LagStore } from "../lag/lag-store.ts";
import { newIdFrom } from "../new-id.ts";
import type { ReadFailures } from "./failing-causes.ts";
import { type FailureMemory, nextFailureIncidents, noMemory } from "./failure-incidents.ts";

export interface FailureWatchOptions {
  readonly store: LagStore;
  readonly rules: LagRules;
  readonly surroundings: Surroundings;
  readonly linkTo?: (incident: Incident) => string | null;
}

/** Watches the failures beside the lag, under the same lease: incidents and what is told of them are written together. */
export class FailureWatch {
  readonly #read: ReadFailures;
  readonly #options: FailureWatchOptions;
  #memory: FailureMemory = noMemory;

  constructor(read: ReadFailures, options: FailureWatchOptions) {
    this.#read = read;
    this.#options = options;
  }

  /** Looks once. What could not be kept, because another watcher has the lease or the store is out of reach, is decided again. */
  async look(holder: string, nowMs: number): Promise<void> {
    const { store, rules, surroundings, linkTo = null } = this.#options;
    const seen = await this.#read(nowMs);
    const open = await store.incidents({ isOpen: true, limit: -1 });
    const silences = await store.silences(nowMs);
    const newId = (): string => newIdFrom(surroundings);
    const step = nextFailureIncidents(this.#memory, seen, open, { rules, silences, nowMs, newId, linkTo });
    const { incidents, deliveries } = step;
    if (incidents.length > 0) {
      const none = { groups: [], removedGroups: [], ends: [], removedEnds: [], history: [] };
      if (!(await store.save(holder, { ...none, nowMs, incidents, deliveries }))) return;
    }
    this.#memory = step.memory;
  }
}
