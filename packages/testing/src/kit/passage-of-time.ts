import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import type { VirtualClock } from "throughline";
import { kitFailure } from "./kit-failure.ts";
import type { Lifeline } from "./lifeline.ts";
import type { PendingWork } from "./pending-work.ts";

interface PassageOptions {
  readonly clock: VirtualClock;
  /** Of the instance that runs now. */
  readonly lifeline: () => Lifeline;
  /** Real milliseconds that something outside may take before the virtual time goes on. */
  readonly patienceMs: number;
  /** Virtual milliseconds after which work that is still pending is given up. */
  readonly settleWithinMs: number;
}

/** So many turns of the event loop without a movement, and nothing is on its way any more. */
const calmTurns = 4;
/** Real milliseconds in which a wait is a busy one, for most waits are over in far less. */
const busyMs = 5;

/**
 * Decides when the virtual time goes on: never while something is under way, and then straight to what is next due. So a test
 * waits for no clock, and the same work is done at the same virtual times in every run.
 */
export class PassageOfTime {
  readonly #options: PassageOptions;
  /** So much open work is known to be stuck: it is waited for no more. */
  #stuck = 0;

  constructor(options: PassageOptions) {
    this.#options = options;
  }

  /** Lets time pass until nothing is pending. */
  async until(pending: () => Promise<PendingWork>): Promise<void> {
    const { clock, settleWithinMs, patienceMs } = this.#options;
    const startedAtMs = clock.now();
    let waitsSince: number | null = null;
    for (;;) {
      await this.calm();
      const { what, untilMs, isOutside } = await pending();
      if (what === null) return;
      waitsSince = isOutside ? (waitsSince ?? performance.now()) : null;
      if (waitsSince !== null && performance.now() - waitsSince < patienceMs) {
        await pause(1);
        continue;
      }
      if (clock.now() - startedAtMs > settleWithinMs) {
        throw kitFailure(
          `the service has not settled after ${settleWithinMs} ms of virtual time: ${what}; if that is as it should be, raise "settleWithinMs"`,
        );
      }
      if (untilMs !== null) await clock.jumpTo(untilMs);
      else await this.#nextTimer(what);
    }
  }

  /** Lets time pass until `work` has settled, and answers as it does. */
  async during<T>(what: string, work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => (isDone = true));
    done.catch(() => undefined);
    await this.until(async () => ({ what: isDone ? null : what, untilMs: null, isOutside: false }));
    return done;
  }

  /** Settles when everything that is ready has run, or what still runs has kept the kit waiting for too long. */
  async calm(): Promise<void> {
    const { lifeline, patienceMs } = this.#options;
    let seen = -1;
    let since = performance.now();
    for (let calm = 0; calm < calmTurns;) {
      await turn();
      const { movements, open } = lifeline();
      if (movements !== seen) {
        calm = 0;
        seen = movements;
        since = performance.now();
      } else if (open <= this.#stuck) {
        this.#stuck = open;
        calm++;
      } else {
        const waitedMs = performance.now() - since;
        if (waitedMs > patienceMs) this.#stuck = open;
        else if (waitedMs > busyMs) await pause(1);
      }
    }
  }

  async #nextTimer(what: string): Promise<void> {
    const { clock } = this.#options;
    const dueMs = clock.nextDueMs();
    if (dueMs === null) throw kitFailure(`the service has stopped working: ${what}, and nothing will ever wake it`);
    await clock.advanceTo(dueMs);
  }
}
