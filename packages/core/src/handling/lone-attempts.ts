import type { ParkedRow, ParkedSubject } from "../seams/store.ts";
import { deathsIn, deathsOfACrasher, untilStored } from "./crash-rules.ts";
import type { HandlerState } from "./handler-state.ts";
import type { HandlerTransaction, ReplayMode } from "./handler-transaction.ts";
import { parkedTransaction } from "./parked-transaction.ts";
import type { ServiceScope } from "./scope.ts";

/** A handler in a transaction ends long before; only the next process waits for it, where it cannot see that this one has died. */
const leaseMs = 15_000;
const perSubject = 10;

/**
 * Runs parked events of which one may kill its process (R6): each with nothing else running here, and under a lease with its
 * attempt, which are committed before it begins. What a dead process left open so was its doing; three times is enough.
 */
export class LoneAttempts<Tx> {
  readonly #scope: ServiceScope<Tx>;
  readonly #replayOf: (row: ParkedSubject) => Promise<ReplayMode>;

  constructor(scope: ServiceScope<Tx>, options: { replayOf: (row: ParkedSubject) => Promise<ReplayMode> }) {
    this.#scope = scope;
    this.#replayOf = options.replayOf;
  }

  /** Runs the event whose turn it is in the row's subject; `run` is to run that one and no other. */
  run(handler: HandlerState<Tx>, row: ParkedRow, run: (taken: ParkedRow) => Promise<void>): Promise<void> {
    return this.#scope.gate.alone(async () => {
      const taken = await this.#begin(handler, row);
      if (taken === null) return;
      try {
        await run(taken);
      } finally {
        // Without an outcome it did not die of it either. Nothing else may run here while the attempt stands open.
        await untilStored(this.#scope, () => this.#giveBack(handler, taken));
      }
    });
  }

  /** Commits the attempt that begins; or the dead letter, where enough died of it. Null when nothing is to be run. */
  async #begin(handler: HandlerState<Tx>, row: ParkedRow): Promise<ParkedRow | null> {
    let taken: ParkedRow | null = null;
    const transaction = await this.#transact(handler, row, async (current) => {
      for (const delivery of await current.open(row, perSubject)) {
        const admission = await current.admit(delivery);
        if (admission === "next") continue;
        if (admission === "stop") return;
        const { alone } = deathsIn(delivery.parked, this.#scope.life);
        if (alone >= deathsOfACrasher) current.attempts.crashed(delivery, alone);
        else taken = current.attempts.lease(delivery, this.#now() + leaseMs, { alone: true }).parked;
        return;
      }
    });
    transaction.writes.committed();
    this.#scope.wakeRelay();
    return taken;
  }

  async #giveBack(handler: HandlerState<Tx>, { id }: ParkedRow): Promise<void> {
    const { store, identity } = this.#scope;
    const row = await store.unitOfWork((unit) => unit.parked.get(id), { readOnly: true });
    if (row?.lease?.owner !== identity.instance) return;
    await this.#transact(handler, row, async (current) => {
      const found = (await current.open(row, perSubject)).find(({ parked }) => parked.id === id);
      if (found?.parked.lease?.owner === identity.instance) current.attempts.giveBack(found);
    });
  }

  async #transact(
    handler: HandlerState<Tx>,
    row: ParkedRow,
    work: (transaction: HandlerTransaction<Tx>) => Promise<void>,
  ): Promise<HandlerTransaction<Tx>> {
    const replay = await this.#replayOf(row);
    return this.#scope.store.unitOfWork(async (unit) => {
      const transaction = parkedTransaction(this.#scope, handler, unit, row, { replay });
      await work(transaction);
      await transaction.finish();
      return transaction;
    });
  }

  #now(): number {
    return this.#scope.surroundings.clock.now();
  }
}
