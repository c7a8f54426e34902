import { crashPoint } from "../crash/index.ts";
import type { WatchedLoop } from "../metrics/loop-watch.ts";
import type { FailureDetail, ParkedRow, ParkedSubject } from "../seams/store.ts";
import { CallCommits, gathering } from "./call-commits.ts";
import { invokeCall } from "./call-invocation.ts";
import { CallLeases } from "./call-leases.ts";
import type { ParkedDelivery } from "./delivery.ts";
import { failureDetail, isInfrastructureFailure } from "./failure.ts";
import type { HandlerLimit } from "./handler-limit.ts";
import type { CallWork, HandlerState } from "./handler-state.ts";
import type { ReplayMode } from "./handler-transaction.ts";
import { personalValuesOfDelivery } from "./outcome-book.ts";
import { waitFor } from "./retry-wait.ts";
import type { ServiceScope } from "./scope.ts";
import { Wakeup } from "./wakeup.ts";

const sweepMs = 1_000;
const nothing = { taken: [], suspects: [] };

/**
 * Runs a `call` handler of a service (R4, external): takes the next event of a subject under a lease, records the attempt, calls
 * with no transaction open, and commits the outcome. A lease whose holder died or hangs runs out, and the event is called
 * again with the same idempotency key; whoever commits first wins.
 */
export class CallRunner<Tx> {
  readonly #scope: ServiceScope<Tx>;
  readonly #handler: HandlerState<Tx>;
  readonly #work: CallWork<Tx>;
  readonly #leases: CallLeases<Tx>;
  readonly #commits: CallCommits<Tx>;
  readonly #wakeup: Wakeup;
  readonly #watch: WatchedLoop;
  readonly #tasks = new Set<Promise<void>>();
  /** Calls that have no outcome yet, and those that wait until they may begin. */
  #calling = 0;
  #done: Promise<void> = Promise.resolve();
  #lookedAtMs = 0;
  /** A limit allows no call before; another limit in its place has nothing to do with it. */
  readonly #notBeforeMs = new WeakMap<HandlerLimit, number>();

  constructor(
    scope: ServiceScope<Tx>,
    handler: HandlerState<Tx>,
    options: { replayOf: (row: ParkedSubject) => Promise<ReplayMode> },
  ) {
    const { work } = handler.spec;
    if (work.kind !== "call") throw new TypeError(`handler ${handler.spec.name} makes no calls`);
    this.#scope = scope;
    this.#handler = handler;
    this.#work = work;
    this.#leases = new CallLeases(scope, handler, work, options.replayOf);
    this.#commits = new CallCommits(scope, handler, work, { ...options, areMoreToCome: () => this.#calling > 0 });
    this.#wakeup = new Wakeup(scope.surroundings.clock);
    this.#watch = scope.loops.loop(`the calls of handler "${handler.spec.name}"`);
  }

  start(signal: AbortSignal): void {
    this.#done = this.#loop(signal);
  }

  wake(): void {
    this.#wakeup.wake();
  }

  /** Settles when no new call begins, and those under way are committed or were ended by the service's deadline. */
  async close(): Promise<void> {
    await this.#done;
    await Promise.all(this.#tasks);
    await this.#leases.close();
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { surroundings, logger } = this.#scope;
    let failures = 0;
    while (!signal.aborted) {
      this.#watch.turn();
      try {
        const { taken, suspects } = await this.#takeNext();
        failures = 0;
        this.#calling += taken.length;
        for (const delivery of taken) this.#track(this.#scope.gate.shared(() => this.#perform(delivery)));
        for (const row of suspects) if (!signal.aborted) await this.#performAlone(row);
        if (taken.length + suspects.length === 0) {
          await this.#wakeup.next(await this.#untilNextDue(), signal);
          if (this.#calling > 0) await gathering(surroundings.clock);
        }
      } catch (error) {
        failures++;
        if (!isInfrastructureFailure(error) || failures % 20 === 1)
          logger.warn(
            { handler: this.#handler.spec.name, err: error, failures },
            "calls cannot be taken from the store now; it is tried again",
          );
        await waitFor(surroundings, Math.min(5_000, 20 * 2 ** Math.min(failures, 10)), signal);
      }
    }
    this.#watch.rest();
  }

  #track(task: Promise<void>): void {
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }

  /** As many as may run side by side; and no more wait for their commit than run, so that a slow store is not run away from. */
  get #room(): number {
    const { concurrency } = this.#work;
    return Math.min(concurrency - this.#calling, 2 * concurrency - this.#leases.size);
  }

  async #takeNext(): Promise<Awaited<ReturnType<CallLeases<Tx>["take"]>>> {
    const nowMs = this.#scope.surroundings.clock.now();
    if (this.#heldBackMs(nowMs) > 0) return nothing;
    const { breaker } = this.#handler.guards;
    const limit = this.#handler.controls.limitAt(nowMs);
    const room = Math.min(this.#room, limit?.step ?? Number.POSITIVE_INFINITY, breaker.isOpen ? 1 : Number.POSITIVE_INFINITY);
    this.#lookedAtMs = nowMs;
    const next = await this.#leases.take(room);
    const count = next.taken.length + next.suspects.length;
    if (count > 0) breaker.takeTurn("parked");
    if (limit !== null) this.#notBeforeMs.set(limit, await limit.book(count));
    return next;
  }

  /** For how long no call may begin, whatever is due; 0 when one may. */
  #heldBackMs(nowMs: number): number {
    const { controls, problem, guards } = this.#handler;
    if (this.#room <= 0 || problem !== null || controls.pausedAt(nowMs) !== null) return sweepMs;
    const limit = controls.limitAt(nowMs);
    const limitedMs = limit === null ? 0 : (this.#notBeforeMs.get(limit) ?? nowMs) - nowMs;
    return Math.max(0, guards.breaker.untilTurn("parked"), limitedMs);
  }

  async #untilNextDue(): Promise<number> {
    const { store, surroundings } = this.#scope;
    const nowMs = surroundings.clock.now();
    const heldBackMs = this.#heldBackMs(nowMs);
    if (heldBackMs > 0) return Math.min(sweepMs, heldBackMs);
    const next = await store.unitOfWork((unit) => unit.parked.nextDueMs([this.#handler.id], this.#lookedAtMs), {
      readOnly: true,
    });
    return Math.max(1, Math.min(sweepMs, (next ?? Number.POSITIVE_INFINITY) - nowMs));
  }

  /** Processes died in attempts at it, so nothing else runs here while it is called and its outcome is stored (R6). */
  #performAlone(row: ParkedRow): Promise<void> {
    this.#watch.rest();
    return this.#scope.gate.alone(async () => {
      if (this.#scope.closing.aborted) return;
      const delivery = await this.#leases.takeAlone(row);
      if (delivery === null) return;
      this.#calling++;
      await this.#perform(delivery);
    });
  }

  async #perform(delivery: ParkedDelivery): Promise<void> {
    const { id } = delivery.parked;
    // It may have waited until one that ran alone had ended, and the service closes now.
    const outcome = this.#scope.closing.aborted ? null : await invokeCall(this.#scope, this.#handler, this.#work, delivery);
    crashPoint("call.after-call");
    this.#calling--;
    this.wake();
    // Ended by the service's closing, it did not fail: another instance calls again, with the same key.
    if (outcome === null || (outcome.kind === "failed" && this.#scope.deadline.aborted)) return this.#leases.release(delivery);
    try {
      await this.#commits.store(delivery, outcome);
    } catch (error) {
      this.#scope.logger.warn(
        { handler: this.#handler.spec.name, eventId: delivery.event?.id, err: this.#detail(delivery, error) },
        "the outcome of a call could not be stored; it is called again with the same key",
      );
      await this.#leases.release(delivery);
    }
    this.#leases.letGo(id);
    this.wake();
  }

  #detail(delivery: ParkedDelivery, error: unknown): FailureDetail {
    return failureDetail(error, personalValuesOfDelivery(this.#handler.spec, delivery));
  }
}
