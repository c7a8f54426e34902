import { validateForPublish } from "../contract/index.ts";
import { deliveryKey, deliveryOf } from "../handling/delivery.ts";
import { failureDetail } from "../handling/failure.ts";
import type { HandlerState } from "../handling/handler-state.ts";
import { parkedDelivery } from "../handling/drain.ts";
import { positionAfter } from "../handling/order-decision.ts";
import { eventReceipt } from "../handling/receipt-writer.ts";
import type { RequestHandler } from "../handling/request-lane.ts";
import type { ServiceScope } from "../handling/scope.ts";
import type { ParkedRow, Run, UnitOfWork } from "../seams/store.ts";
import { readRedriveRequest, type RedriveRequest } from "../system-topics/index.ts";

/**
 * Answers redrive and discard requests (R7). It never runs a handler itself: it changes the parked row, which is the truth,
 * and the drain does the rest at the event's place, before its followers. Every answer is a receipt with the request's id.
 */
export function redriveRequests<Tx>(scope: ServiceScope<Tx>, handlers: () => readonly HandlerState<Tx>[]): RequestHandler<Tx> {
  return async (unit, record) => {
    const request = read(scope, record.value);
    if (request === null || request.service !== scope.identity.service) return;
    const handler = handlers().find(({ spec }) => spec.name === request.handler || spec.renamedFrom.includes(request.handler));
    if (handler === undefined) {
      scope.logger.warn(
        { requestId: request.requestId, handler: request.handler },
        "a redrive names a handler that this service does not have; it is refused",
      );
      return;
    }
    await new RedriveAnswer(scope, unit, handler, request).give();
  };
}

/** Readers of receipts tell this refusal from the others by its code: it answers the dead letter. */
const handledAlready = "it was handled already";

function read(scope: ServiceScope<unknown>, value: Uint8Array | null): RedriveRequest | null {
  try {
    return readRedriveRequest(value);
  } catch (error) {
    scope.logger.warn({ err: error }, "a record in the redrive topic is no request; it is skipped");
    return null;
  }
}

class RedriveAnswer<Tx> {
  readonly #scope: ServiceScope<Tx>;
  readonly #unit: UnitOfWork<Tx>;
  readonly #handler: HandlerState<Tx>;
  readonly #request: RedriveRequest;

  constructor(scope: ServiceScope<Tx>, unit: UnitOfWork<Tx>, handler: HandlerState<Tx>, request: RedriveRequest) {
    this.#scope = scope;
    this.#unit = unit;
    this.#handler = handler;
    this.#request = request;
  }

  async give(): Promise<void> {
    const request = this.#request;
    const row = await this.#unit.parked.get(request.failureId);
    if (row !== null) {
      await this.#unit.positions.lock(row, row.stream, row.subject === "" ? [] : [row.subject], { wait: true });
      const locked = await this.#unit.parked.get(request.failureId);
      if (locked !== null)
        return locked.state === "dead"
          ? this.#answerDead(locked)
          : this.#receipt(locked, "refused", "this failure is being handled again already");
    }
    await this.#answerUnknown();
  }

  async #answerDead(row: ParkedRow): Promise<void> {
    if (this.#request.action === "discard") return this.#discard(row);
    const invalid = this.#editProblem();
    if (invalid !== null) return this.#receipt(row, "refused", invalid);
    const nowMs = this.#now();
    const { editedValue, by } = this.#request;
    const edited = editedValue === null ? row.edited : { value: editedValue, by, atMs: nowMs };
    // The missing numbers before a gap letter are declared lost: it may run at its place.
    if (row.reason === "gap" && row.sequence !== null) await this.#declareLost(row, row.sequence);
    await this.#unit.parked.update([
      { ...row, state: "waiting", reason: "redriven", dueAtMs: nowMs, logDueMs: null, attempts: [], edited, lease: null },
    ]);
    if (!this.#holdsWhenDead(row)) await this.#countWaiting(row, +1);
    await this.#receipt(row, "parked", null);
  }

  /** The event counts as handled: what stands behind it goes on. */
  async #discard(row: ParkedRow): Promise<void> {
    const unit = this.#unit;
    const run: Run = { handlerId: row.handlerId, epoch: row.epoch };
    if (row.reason === "gap" && row.sequence !== null) await this.#declareLost(row, row.sequence);
    const { partition, offset } = row.record;
    if ((await unit.inbox.find(run, [row.eventKey])).size === 0) {
      await unit.inbox.add(run, [
        { key: row.eventKey, partition, offset, outcome: "discarded", handledAtMs: this.#now(), durationMicros: 0 },
      ]);
    }
    await unit.parked.remove([row.id]);
    const position = (await unit.positions.find(run, row.stream, [row.subject])).get(row.subject);
    if (position !== undefined && this.#holdsWhenDead(row)) {
      const event = {
        sequence: row.sequence,
        sequenceEpoch: row.sequenceEpoch,
        recordTimeMs: 0,
        eventTimeMs: () => 0,
        handled: true,
      };
      await unit.positions.save(run, row.stream, [
        { ...positionAfter(position, event), parked: Math.max(0, position.parked - 1) },
      ]);
    }
    if (row.subject !== "") await unit.parked.makeDue(run, row.stream, [row.subject], this.#now());
    await this.#receipt(row, "discarded", null);
  }

  /** The store has no such row: it was answered before, or this is another store than the one that failed. */
  async #answerUnknown(): Promise<void> {
    const { original, force, failureId, action } = this.#request;
    const delivery = deliveryOf(original);
    const run: Run = { handlerId: this.#handler.id, epoch: this.#handler.row.liveEpoch };
    const known = (await this.#unit.inbox.find(run, [deliveryKey(delivery)])).size > 0;
    if (known || action === "discard")
      return this.#receiptOf(
        original,
        "refused",
        known ? handledAlready : "this failure is not known here, so there is nothing to discard",
      );
    const isOld = this.#now() - original.timestampMs > this.#scope.settings.rememberIdsMs;
    if (isOld && !force)
      return this.#receiptOf(
        original,
        "refused",
        "the event is older than the ids that are remembered, so it may have been handled; force it if it was not",
      );
    const invalid = this.#editProblem();
    if (invalid !== null) return this.#receiptOf(original, "refused", invalid);
    const { editedValue, by } = this.#request;
    const nowMs = this.#now();
    await this.#unit.parked.add([
      {
        id: failureId,
        ...run,
        stream: original.topic,
        subject: delivery.event?.subject ?? "",
        sequence: delivery.event?.sequence ?? null,
        sequenceEpoch: delivery.event?.sequenceEpoch ?? 0,
        eventKey: deliveryKey(delivery),
        state: "waiting",
        reason: "redriven",
        dueAtMs: nowMs,
        logDueMs: null,
        attempts: [],
        handled: true,
        record: original,
        edited: editedValue === null ? null : { value: editedValue, by, atMs: nowMs },
        lease: null,
        parkedAtMs: nowMs,
      },
    ]);
    await this.#receiptOf(original, "parked", null);
  }

  async #declareLost(row: ParkedRow, sequence: number): Promise<void> {
    const run: Run = { handlerId: row.handlerId, epoch: row.epoch };
    const position = (await this.#unit.positions.find(run, row.stream, [row.subject])).get(row.subject);
    if (position === undefined || position.sequence >= sequence - 1) return;
    await this.#unit.positions.addLost(run, row.stream, row.subject, position.sequence + 1, sequence - 1);
    await this.#unit.positions.save(run, row.stream, [{ ...position, sequence: sequence - 1 }]);
  }

  async #countWaiting(row: ParkedRow, by: number): Promise<void> {
    if (row.subject === "" || row.sequence === null || this.#handler.spec.order === "any") return;
    const run: Run = { handlerId: row.handlerId, epoch: row.epoch };
    const position = (await this.#unit.positions.find(run, row.stream, [row.subject])).get(row.subject);
    if (position !== undefined)
      await this.#unit.positions.save(run, row.stream, [{ ...position, parked: Math.max(0, position.parked + by) }]);
  }

  #holdsWhenDead(row: ParkedRow): boolean {
    return (
      this.#handler.spec.holdsAfterDeadLetter && this.#handler.spec.order !== "any" && row.sequence !== null && row.subject !== ""
    );
  }

  /** Why an edited payload is not acceptable; null when it is. */
  #editProblem(): string | null {
    const { editedValue, original } = this.#request;
    if (editedValue === null) return null;
    const { type } = deliveryOf(original);
    const contract = this.#handler.spec.contracts.get(type ?? "");
    if (contract === undefined) return `the edited event's type "${type}" is not handled by "${this.#handler.spec.name}"`;
    try {
      validateForPublish(contract, JSON.parse(Buffer.from(editedValue).toString()));
      return null;
    } catch (error) {
      return `the edited payload is not valid: ${failureDetail(error).message}`;
    }
  }

  async #receipt(row: ParkedRow, outcome: "refused" | "discarded" | "parked", why: string | null): Promise<void> {
    await this.#write(parkedDelivery(row), row.epoch, outcome, why);
  }

  async #receiptOf(original: RedriveRequest["original"], outcome: "refused" | "parked", why: string | null): Promise<void> {
    await this.#write(deliveryOf(original), this.#handler.row.liveEpoch, outcome, why);
  }

  async #write(
    delivery: Parameters<typeof eventReceipt>[2],
    epoch: number,
    outcome: "refused" | "discarded" | "parked",
    why: string | null,
  ): Promise<void> {
    const { requestId, failureId } = this.#request;
    const error =
      why === null
        ? {}
        : { error: { name: "RedriveRefused", code: why === handledAlready ? "REDRIVE_HANDLED_ALREADY" : null, message: why } };
    const row = eventReceipt(this.#scope, { name: this.#handler.spec.name, epoch }, delivery, outcome, {
      requestId,
      failureId,
      ...(outcome === "parked" ? { reason: "redriven" as const } : {}),
      ...error,
    });
    await this.#unit.outbox.add([row]);
  }

  #now(): number {
    return this.#scope.surroundings.clock.now();
  }
}
