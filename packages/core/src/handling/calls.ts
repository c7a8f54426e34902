import { readData } from "../contract/index.ts";
import { crashPoint } from "../crash/index.ts";
import { HandlerLog } from "../logging/index.ts";
import type { ParkedRow, ParkedSubject } from "../seams/store.ts";
import type { Event } from "../service/event.ts";
import type { CallContext } from "../service/handler.ts";
import { withHandlerSpan } from "../tracing/index.ts";
import type { ParkedDelivery } from "./delivery.ts";
import { isInfrastructureFailure, readableError } from "./failure.ts";
import { eventOf, personalValuesOf, spanAbout, withEventContext, withTimeout } from "./handler-invocation.ts";
import type { HandlerState } from "./handler-state.ts";
import { handlerUnit } from "./handler-unit.ts";
import { typeUnknown } from "./outcome-book.ts";
import { HandlerTransaction, liveMode, type ReplayMode, TransactionAbandoned } from "./handler-transaction.ts";
import { waitFor } from "./retry-wait.ts";
import type { ServiceScope } from "./scope.ts";
import { Wakeup } from "./wakeup.ts";

const sweepMs = 1_000;
const leaseMs = 15_000;
const perSubject = 200;

type CallOutcome = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: unknown };

/**
 * Runs the `call` handlers of a service (R4, external): takes the next event of a subject under a lease, records the attempt,
 * calls with no transaction open, and commits the outcome. A lease whose holder died or hangs runs out, and the event is
 * called again with the same idempotency key; whoever commits first wins.
 */
export class CallRunner<Tx> {
  readonly #scope: ServiceScope<Tx>;
  readonly #handler: HandlerState<Tx>;
  readonly #replayOf: (row: ParkedSubject) => Promise<ReplayMode>;
  readonly #wakeup: Wakeup;
  /** What is called now, by id; null once its outcome is known. */
  readonly #running = new Map<string, ParkedRow | null>();
  #renewing: Promise<void> = Promise.resolve();
  #done: Promise<void> = Promise.resolve();
  readonly #tasks = new Set<Promise<void>>();
  #lookedAtMs = 0;
  /** A limit allows no call before. */
  #notBeforeMs = 0;

  constructor(
    scope: ServiceScope<Tx>,
    handler: HandlerState<Tx>,
    options: { replayOf: (row: ParkedSubject) => Promise<ReplayMode> },
  ) {
    this.#scope = scope;
    this.#handler = handler;
    this.#replayOf = options.replayOf;
    this.#wakeup = new Wakeup(scope.surroundings.clock);
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
  }

  get #work() {
    const { work } = this.#handler.spec;
    if (work.kind !== "call") throw new TypeError(`handler ${this.#handler.spec.name} makes no calls`);
    return work;
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { surroundings, logger } = this.#scope;
    let failures = 0;
    const renewal = this.#renewLeases();
    while (!signal.aborted) {
      try {
        const taken = await this.#takeNext();
        failures = 0;
        for (const delivery of taken) this.#track(this.#perform(delivery));
        if (taken.length === 0) await this.#wakeup.next(await this.#untilNextDue(), signal);
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
    await Promise.all(this.#tasks);
    renewal.stop();
  }

  #track(task: Promise<void>): void {
    this.#tasks.add(task);
    void task.finally(() => {
      this.#tasks.delete(task);
      this.wake();
    });
  }

  async #untilNextDue(): Promise<number> {
    const { store, surroundings } = this.#scope;
    const nowMs = surroundings.clock.now();
    if (this.#running.size >= this.#work.concurrency) return sweepMs;
    const next = await store.unitOfWork((unit) => unit.parked.nextDueMs([this.#handler.id], this.#lookedAtMs), {
      readOnly: true,
    });
    const limitedMs = this.#notBeforeMs > nowMs ? this.#notBeforeMs - nowMs : Number.POSITIVE_INFINITY;
    return Math.max(1, Math.min(sweepMs, limitedMs, (next ?? Number.POSITIVE_INFINITY) - nowMs));
  }

  /** Leases the events that may be called now, as many as there is room for, and records their attempts; all in one transaction. */
  async #takeNext(): Promise<ParkedDelivery[]> {
    const { store, surroundings } = this.#scope;
    const nowMs = surroundings.clock.now();
    const limit = this.#handler.controls.limitAt(nowMs);
    const room = Math.min(this.#work.concurrency - this.#running.size, limit?.step ?? Number.POSITIVE_INFINITY);
    if (room <= 0 || this.#handler.problem !== null || this.#handler.controls.pausedAt(nowMs) !== null) return [];
    if (limit !== null && nowMs < this.#notBeforeMs) return [];
    this.#lookedAtMs = nowMs;
    const due = await store.unitOfWork((unit) => unit.parked.due([this.#handler.id], nowMs, room + this.#running.size), {
      readOnly: true,
    });
    const candidates = due.filter((row) => !this.#running.has(row.id)).slice(0, room);
    if (candidates.length === 0) return [];
    const replays = new Map<number, ReplayMode>();
    for (const candidate of candidates)
      if (!replays.has(candidate.epoch)) replays.set(candidate.epoch, await this.#replayOf(candidate));
    const taken: ParkedDelivery[] = [];
    const transactions: HandlerTransaction<Tx>[] = [];
    await store.unitOfWork(async (unit) => {
      for (const candidate of candidates) {
        const transaction = new HandlerTransaction({
          scope: this.#scope,
          handler: this.#handler,
          run: candidate,
          stream: candidate.stream,
          unit,
          mode: { savepoint: true, alone: false },
          replay: replays.get(candidate.epoch) ?? liveMode,
          failures: new Map(),
        });
        transactions.push(transaction);
        for (const delivery of await transaction.open(candidate, perSubject)) {
          const admission = await transaction.admit(delivery);
          if (admission === "next") continue;
          if (admission === "run" && !transaction.isCalled(delivery)) {
            await transaction.run(delivery);
            continue;
          }
          if (admission === "run" && !this.#running.has(delivery.parked.id)) {
            if (this.#isUncertain(delivery.parked, nowMs) && this.#work.check === undefined) transaction.uncertain(delivery);
            else taken.push(transaction.lease(delivery, nowMs + leaseMs));
          }
          break;
        }
        await transaction.finish();
      }
    });
    crashPoint("call.after-lease");
    for (const { writes } of transactions) writes.committed();
    for (const { parked } of taken) this.#running.set(parked.id, parked);
    if (limit !== null) this.#notBeforeMs = await limit.book(taken.length);
    this.#scope.wakeRelay();
    return taken;
  }

  /** An earlier attempt began, nobody knows how it ended, and the key may have expired outside. */
  #isUncertain(row: ParkedRow, nowMs: number): boolean {
    const open = row.attempts.find((attempt) => attempt.endedAtMs === null);
    return open !== undefined && nowMs - open.startedAtMs > this.#work.keyValidForMs;
  }

  async #perform(delivery: ParkedDelivery): Promise<void> {
    const startedAtMs = this.#scope.surroundings.clock.now();
    try {
      const outcome = await this.#call(delivery);
      crashPoint("call.after-call");
      // Ended by the service's closing, it did not fail.
      if (!outcome.ok && this.#scope.deadline.aborted) return;
      // From here on its lease is not renewed: that would write the row as it was.
      this.#running.set(delivery.parked.id, null);
      await this.#renewing;
      await this.#settle(delivery, outcome, startedAtMs);
    } catch (error) {
      // The lease runs out, and the event is called again with the same key.
      this.#scope.logger.warn(
        { handler: this.#handler.spec.name, eventId: delivery.event?.id, err: error },
        "the outcome of a call could not be stored; it is called again with the same key",
      );
    } finally {
      this.#running.delete(delivery.parked.id);
    }
  }

  async #call(delivery: ParkedDelivery): Promise<CallOutcome> {
    const { scope, handler, event, data } = { scope: this.#scope, handler: this.#handler, ...this.#read(delivery) };
    if (event === null) return { ok: false, error: data };
    const log = new HandlerLog(scope.logger, { personal: personalValuesOf(handler.spec.contracts.get(event.type), data) });
    try {
      const result = await withEventContext(event, delivery, () =>
        withHandlerSpan(spanAbout(scope, handler, delivery), () =>
          withTimeout(scope, handler, handler.spec.timeoutMs, async (timed) => {
            const context: CallContext = {
              idempotencyKey: event.id,
              get signal() {
                return timed.signal;
              },
              get log() {
                return log.log;
              },
              attempt: delivery.parked.attempts.length,
              epoch: delivery.parked.epoch,
            };
            const before = { ...delivery.parked, attempts: delivery.parked.attempts.slice(0, -1) };
            const found = this.#isUncertain(before, scope.surroundings.clock.now())
              ? await this.#work.check?.(event, context)
              : undefined;
            return found ?? (await this.#work.call(event, context));
          }),
        ),
      );
      log.commit();
      return { ok: true, result };
    } catch (error) {
      log.rollback();
      return { ok: false, error: readableError(error) };
    }
  }

  /** The event for the call, or why there is none: then `commit` books the same reason. */
  #read(delivery: ParkedDelivery): { event: Event; data: unknown } | { event: null; data: unknown } {
    const contract = this.#handler.spec.contracts.get(delivery.type ?? "");
    try {
      if (delivery.event === null) throw delivery.problem;
      if (contract === undefined) throw typeUnknown(delivery.event);
      const data = readData(contract, delivery.event.dataVersion ?? contract.version, delivery.event.data());
      return { event: eventOf(delivery, contract, data), data };
    } catch (error) {
      return { event: null, data: error };
    }
  }

  /** Commits the outcome, unless somebody else did. A store that is away is waited for. */
  async #settle(delivery: ParkedDelivery, outcome: CallOutcome, startedAtMs: number): Promise<void> {
    const failures = new Map<string, unknown>();
    for (let tries = 1; ; tries++) {
      try {
        await this.#commit(delivery, outcome, startedAtMs, failures);
        return;
      } catch (error) {
        const reason = error instanceof TransactionAbandoned ? error.reason : error;
        const isCause = !isInfrastructureFailure(reason) && !failures.has(delivery.parked.eventKey);
        if (isCause && !this.#scope.deadline.aborted) {
          failures.set(delivery.parked.eventKey, reason);
        } else {
          if (this.#scope.deadline.aborted) throw reason;
          await waitFor(this.#scope.surroundings, Math.min(2_000, 10 * 2 ** Math.min(tries, 8)), this.#scope.deadline);
        }
      }
    }
  }

  async #commit(
    delivery: ParkedDelivery,
    outcome: CallOutcome,
    startedAtMs: number,
    failures: ReadonlyMap<string, unknown>,
  ): Promise<void> {
    const { commit } = this.#work;
    const replay = await this.#replayOf(delivery.parked);
    let transaction: HandlerTransaction<Tx> | undefined;
    try {
      await handlerUnit(this.#scope, this.#handler, 1, async (unit) => {
        const mode = { savepoint: failures.size === 0, alone: false };
        transaction = new HandlerTransaction({
          scope: this.#scope,
          handler: this.#handler,
          run: delivery.parked,
          stream: delivery.parked.stream,
          unit,
          mode,
          replay,
          failures,
        });
        const row = (await transaction.open(delivery.parked, perSubject)).find(
          ({ parked }) => parked.id === delivery.parked.id,
        )?.parked;
        if (row === undefined || row.state === "dead") return;
        const current: ParkedDelivery = { ...delivery, parked: withoutOpenAttempt(row) };
        // It may have been answered meanwhile, by a call that was made under an earlier lease.
        if ((await transaction.admit(current, { mayHold: false })) !== "run") return await transaction.finish();
        if (outcome.ok || failures.size > 0) {
          await transaction.run(current, (context, event) => (outcome.ok ? commit?.(outcome.result, event, context) : undefined));
        } else if (this.#read(delivery).event === null) {
          await transaction.run(current);
        } else {
          transaction.fail(current, outcome.error, startedAtMs);
        }
        await transaction.finish();
        crashPoint("call.before-commit");
      });
    } catch (error) {
      transaction?.writes.rolledBack();
      throw error;
    }
    crashPoint("call.after-commit");
    transaction?.writes.committed();
    this.#scope.wakeRelay();
    this.#scope.wakeDrain();
  }

  #renewLeases(): { stop(): void } {
    const { surroundings, store, identity } = this.#scope;
    let isStopped = false;
    const renew = async (): Promise<void> => {
      if (isStopped) return;
      const rows = [...this.#running.values()].filter((row) => row !== null);
      if (rows.length > 0) {
        this.#renewing = store
          .unitOfWork(async (unit) => {
            const untilMs = surroundings.clock.now() + leaseMs;
            for (const { id } of rows) {
              const row = await unit.parked.get(id);
              if (row?.lease?.owner === identity.instance)
                await unit.parked.update([{ ...row, lease: { ...row.lease, untilMs } }]);
            }
          })
          .catch(() => undefined);
        await this.#renewing;
      }
      timer = surroundings.clock.after(leaseMs / 3, () => void renew());
    };
    let timer = surroundings.clock.after(leaseMs / 3, () => void renew());
    return {
      stop: () => {
        isStopped = true;
        timer.cancel();
      },
    };
  }
}

/** The row as it is settled: its lease is over, and the attempt that was open is booked with its outcome, not twice. */
function withoutOpenAttempt(row: ParkedRow): ParkedRow {
  const open = row.attempts.findLastIndex((attempt) => attempt.endedAtMs === null);
  return { ...row, lease: null, dueAtMs: null, attempts: open < 0 ? row.attempts : row.attempts.toSpliced(open, 1) };
}
