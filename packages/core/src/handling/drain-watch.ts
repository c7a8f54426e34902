import { deathsBeforeAlone } from "./crash-rules.ts";
import type { ServiceScope } from "./scope.ts";

const leaseMs = 15_000;
let rounds = 0;

/**
 * One round of parked events, by which the next process learns that one died in such a round (R6): a lease that is held while
 * there are some to run, and released after them. It says nothing about which event it was; from the second death on each is
 * run alone.
 */
export class DrainWatch<Tx> {
  readonly #scope: ServiceScope<Tx>;
  /** Those that died so, as they were seen when this round began. */
  #dead: readonly { readonly name: string; readonly owner: string }[] = [];
  readonly #prefix: string;
  readonly #own: string;
  readonly #name: string;
  #untilMs = 0;

  /** @param of Whose events these are. A round that came to its end forgets the deaths in those of the same before it. */
  constructor(scope: ServiceScope<Tx>, of: string) {
    this.#scope = scope;
    this.#prefix = `drain/${of}/`;
    this.#own = `${this.#prefix}${scope.life}/`;
    this.#name = `${this.#own}${++rounds}`;
  }

  get isCareful(): boolean {
    return this.#dead.length >= deathsBeforeAlone;
  }

  /** Parked events are about to be run. */
  async begin(): Promise<void> {
    this.#dead = await this.#hold();
  }

  /** Still. Costs nothing while the lease is fresh. */
  async goOn(): Promise<void> {
    if (this.#untilMs - this.#now() < leaseMs / 2) await this.#hold();
  }

  /** They were run; with `isWhole` all of them, so that what was counted so far is over. */
  async end({ isWhole }: { isWhole: boolean }): Promise<void> {
    const { store, identity } = this.#scope;
    await store.unitOfWork(async (unit) => {
      await unit.leases.release(this.#name, identity.instance);
      if (isWhole) for (const { name, owner } of this.#dead) await unit.leases.release(name, owner);
    });
    this.#untilMs = 0;
  }

  #hold(): Promise<{ name: string; owner: string }[]> {
    const { store, identity } = this.#scope;
    const { instance } = identity;
    const nowMs = this.#now();
    this.#untilMs = nowMs + leaseMs;
    return store.unitOfWork(async (unit) => {
      await unit.leases.acquire(this.#name, instance, nowMs, nowMs + leaseMs);
      // Who has this one's name was this one, before it died.
      return (await unit.leases.list(this.#prefix, nowMs)).filter(
        ({ name, owner, isOver }) => !name.startsWith(this.#own) && (isOver || owner === instance),
      );
    });
  }

  #now(): number {
    return this.#scope.surroundings.clock.now();
  }
}
