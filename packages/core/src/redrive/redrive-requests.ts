import { crashPoint } from "../crash/index.ts";
import { readData } from "../contract/index.ts";
import { eventData } from "../encoding/event-data.ts";
import { isFramed, unframed } from "../encoding/wire-format.ts";
import { type Delivery, deliveryKey, type ParkedDelivery } from "../handling/delivery.ts";
import { failureDetail } from "../handling/failure.ts";
import { letterAnswer, refusedRequest } from "../handling/letter-answer.ts";
import type { HandlerState } from "../handling/handler-state.ts";
import { type HandlerTransaction, liveMode } from "../handling/handler-transaction.ts";
import { parkedTransaction } from "../handling/parked-transaction.ts";
import { eventReceipt } from "../handling/receipt-writer.ts";
import type { RequestHandler } from "../handling/request-lane.ts";
import { isAddressed, type ServiceScope } from "../handling/scope.ts";
import { mostRows } from "../handling/subject-states.ts";
import type { NewOutboxRow, Run, UnitOfWork } from "../seams/store.ts";
import { readRedriveRequest, type RedriveRequest } from "../system-topics/index.ts";

/**
 * Answers redrive and discard requests (R7). It never runs a handler itself: it changes the parked row, which is the truth,
 * and the drain does the rest at the event's place, before its followers. Every answer is a receipt with the request's id.
 */
export function redriveRequests<Tx>(scope: ServiceScope<Tx>, handlers: () => readonly HandlerState<Tx>[]): RequestHandler<Tx> {
  return async (unit, record) => {
    const request = read(scope, record.value);
    if (request === null || !isAddressed(scope.identity, request.service)) return;
    const handler = handlers().find(({ spec }) => spec.name === request.handler || spec.renamedFrom.includes(request.handler));
    if (handler === undefined) {
      scope.logger.warn(
        { requestId: request.requestId, handler: request.handler },
        "a redrive names a handler that this service does not have; it is refused",
      );
      return;
    }
    const answered = await answerRedrive(scope, unit, handler, request);
    await unit.outbox.add([receiptOf(scope, handler, request, answered), ...auditOf(scope, handler, request, answered)]);
    crashPoint("redrive.before-commit");
  };
}

/** What a request is answered with. */
export interface Answered {
  readonly delivery: Delivery;
  readonly epoch: number;
  readonly outcome: "refused" | "discarded" | "parked";
  /** Why it is refused; else null. */
  readonly why: string | null;
}

/** Changes the parked row as the request asks, in the unit's transaction; nobody is told yet. */
export function answerRedrive<Tx>(
  scope: ServiceScope<Tx>,
  unit: UnitOfWork<Tx>,
  handler: HandlerState<Tx>,
  request: RedriveRequest,
): Promise<Answered> {
  return new RedriveAnswer(scope, unit, handler, request).give();
}

/** Readers of receipts tell this refusal from the others by its code: it answers the dead letter. */
const handledAlready = "it was handled already";

function read(scope: ServiceScope<unknown>, value: Uint8Array | null): RedriveRequest | null {
  try {
    return readRedriveRequest(value);
  } catch (error) {
    // Its text would quote the record, and so the event.
    scope.logger.warn({ problem: (error as Error).name }, "a record in the redrive topic is no request; it is skipped");
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

  async give(): Promise<Answered> {
    await this.#findSchemaOfEdit();
    const row = await this.#unit.parked.get(this.#request.failureId);
    if (row === null) return this.#answerUnknown();
    const transaction = parkedTransaction(this.#scope, this.#handler, this.#unit, row, { replay: liveMode });
    await transaction.open(row, mostRows);
    // Under its subject's lock nobody else changes it.
    const locked = await this.#unit.parked.get(row.id);
    if (locked === null) return this.#answerUnknown();
    const delivery = this.#scope.deliveries.parked(locked);
    const answered =
      locked.state === "dead"
        ? await this.#answerDead(transaction, delivery)
        : told(delivery, locked.epoch, "refused", "this failure is being handled again already");
    await transaction.finish();
    return answered;
  }

  async #answerDead(transaction: HandlerTransaction<Tx>, delivery: ParkedDelivery): Promise<Answered> {
    const row = delivery.parked;
    if (this.#request.action === "discard") {
      await transaction.answers.discard(delivery);
      return told(delivery, row.epoch, "discarded", null);
    }
    const invalid = this.#editProblem();
    if (invalid !== null) return told(delivery, row.epoch, "refused", invalid);
    const { editedValue, by } = this.#request;
    await transaction.answers.redrive(
      delivery,
      editedValue === null ? row.edited : { value: editedValue, by, atMs: this.#now() },
    );
    return told(delivery, row.epoch, "parked", null);
  }

  /** The store has no such row: it was answered before, or this is another store than the one that failed. */
  async #answerUnknown(): Promise<Answered> {
    const { original, force, failureId, action, editedValue, valueOmitted } = this.#request;
    const { deliveries } = this.#scope;
    const delivery = deliveries.of(original);
    // Read now: another instance may have begun a rebuild.
    const { liveEpoch } = (await this.#unit.handlers.all()).find(({ id }) => id === this.#handler.id) ?? this.#handler.row;
    const run: Run = { handlerId: this.#handler.id, epoch: liveEpoch };
    const answer = (outcome: Answered["outcome"], why: string | null): Answered =>
      told(delivery, this.#handler.row.liveEpoch, outcome, why);
    const keys = [delivery, ...(editedValue === null ? [] : [deliveries.edited(original, editedValue)])].map(deliveryKey);
    const known = (await this.#unit.inbox.find(run, [...new Set(keys)])).size > 0;
    if (known || action === "discard")
      return answer("refused", known ? handledAlready : "this failure is not known here, so there is nothing to discard");
    const isOld = this.#now() - original.timestampMs > this.#scope.settings.rememberIdsMs;
    if (isOld && !force)
      return answer(
        "refused",
        "the event is older than the ids that are remembered, so it may have been handled; force it if it was not",
      );
    const invalid = this.#editProblem();
    if (invalid !== null) return answer("refused", invalid);
    const { by } = this.#request;
    if (valueOmitted === true && editedValue === null)
      return answer("refused", "its value is too large for a request, and this store no longer holds it");
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
    return answer("parked", null);
  }

  /** What an edit in Avro or Protobuf was written with, before the subject is locked: it is what the original was written with. */
  async #findSchemaOfEdit(): Promise<void> {
    const { editedValue } = this.#request;
    const schemaId = editedValue === null || !isFramed(editedValue) ? undefined : unframed(editedValue)?.schemaId;
    if (schemaId !== undefined) await this.#handler.spec.schemas?.find([schemaId]);
  }

  /** Why an edited payload is not acceptable; null when it is. */
  #editProblem(): string | null {
    const { editedValue, original } = this.#request;
    if (editedValue === null) return null;
    const { deliveries } = this.#scope;
    const before = deliveries.of(original);
    const isAdopted = deliveries.adopts(original);
    const { schemas } = this.#handler.spec;
    const isEncoded = !isAdopted && schemas !== null && isFramed(editedValue);
    const { type, event, problem, record } = isAdopted || isEncoded ? deliveries.edited(original, editedValue) : before;
    try {
      if (isAdopted && event === null) throw problem;
      if (isAdopted && before.event !== null && before.event.id !== event?.id)
        return `the edit makes event "${event?.id}" of "${before.event.id}"; leave the id as it is, for the event is known by it`;
      const contract = this.#handler.spec.contracts.get(type ?? "");
      if (contract === undefined) return `the edited event's type "${type}" is not handled by "${this.#handler.spec.name}"`;
      // As the handler will read it: what it does not name is ignored.
      if (isEncoded && event !== null) void eventData(contract, event, record, schemas);
      else
        readData(
          contract,
          event?.dataVersion ?? contract.version,
          isAdopted ? event?.data() : JSON.parse(Buffer.from(editedValue).toString()),
        );
      return null;
    } catch (error) {
      return `the edited payload is not valid: ${failureDetail(error).message}`;
    }
  }

  #now(): number {
    return this.#scope.surroundings.clock.now();
  }
}

const told = (delivery: Delivery, epoch: number, outcome: Answered["outcome"], why: string | null): Answered => ({
  delivery,
  epoch,
  outcome,
  why,
});

function receiptOf<Tx>(
  scope: ServiceScope<Tx>,
  handler: HandlerState<Tx>,
  { requestId, failureId }: RedriveRequest,
  { delivery, epoch, outcome, why }: Answered,
): NewOutboxRow {
  const error =
    why === null
      ? {}
      : { error: { name: "RedriveRefused", code: why === handledAlready ? "REDRIVE_HANDLED_ALREADY" : null, message: why } };
  return eventReceipt(scope, { name: handler.spec.name, epoch }, delivery, outcome, {
    requestId,
    failureId,
    ...(outcome === "parked" ? { reason: "redriven" as const } : {}),
    ...error,
  });
}

/** What was asked for stands in the audit, and so does what came of it: receipts expire. That it was accepted is no outcome yet. */
function auditOf<Tx>(
  scope: ServiceScope<Tx>,
  { spec: { name: handler } }: HandlerState<Tx>,
  request: RedriveRequest,
  { outcome, why }: Answered,
): NewOutboxRow[] {
  if (outcome === "discarded") return [letterAnswer(scope, { handler, failureId: request.failureId }, outcome, request)];
  if (why === null) return [];
  return [refusedRequest(scope, handler, request, { why, isHandled: why === handledAlready })];
}
