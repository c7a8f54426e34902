import { runWithCorrelation } from "../correlation/index.ts";
import { derivedEventId } from "../envelope/index.ts";
import { coreError } from "../errors/index.ts";
import { HandlerLog, personalValuesOfAll } from "../logging/index.ts";
import type { NewOutboxRow } from "../seams/store.ts";
import type { BatchContext } from "../service/batch-handler.ts";
import type { Event } from "../service/event.ts";
import { outboxRow } from "../service/outbox-row.ts";
import { withBatchSpan } from "../tracing/index.ts";
import { readableError } from "./failure.ts";
import { correlationOf, eventOf } from "./handler-event.ts";
import type { Claim, InvocationPlace, InvocationResult } from "./handler-invocation.ts";
import { insideHandler } from "./inside-handler.ts";
import type { TimedRun } from "./run-deadlines.ts";

export type BatchInvocationResult =
  | {
      readonly ok: true;
      /** By the place of their cause in the call. */
      readonly published: readonly (readonly NewOutboxRow[])[];
      /** What each event took: the call's time, shared evenly. */
      readonly durationMicros: number;
      readonly log: HandlerLog;
    }
  | { readonly ok: false; readonly error: unknown; readonly log: HandlerLog };

interface BatchInvocation<Tx> extends InvocationPlace<Tx> {
  readonly claims: readonly Claim[];
}

/** One event of a call, and what was published because of it. */
interface Member {
  readonly claim: Claim;
  readonly event: Event;
  readonly published: NewOutboxRow[];
  ordinal: number;
}

/** Runs a set-based handler on events in the unit's transaction, in one call. Never rejects. */
export async function invokeBatch<Tx>(invocation: BatchInvocation<Tx>): Promise<BatchInvocationResult> {
  const { scope, handler, unit, mode, claims } = invocation;
  const { spec } = handler;
  const { clock } = scope.surroundings;
  const log = new HandlerLog(scope.logger, {
    personal: personalValuesOfAll(claims.map(({ contract, data }) => ({ data, paths: contract.personal }))),
  });
  const members = claims.map((claim): Member => ({
    claim,
    event: eventOf(claim.delivery, claim.contract, claim.data),
    published: [],
    ordinal: 0,
  }));
  const events = members.map(({ event }) => event);
  let isOver = false;
  const startedAt = clock.monotonic();
  const isolated = async (): Promise<unknown> =>
    unit.isolate(
      (tx) =>
        scope.deadlines.run(handler.timeLimit, (timed): unknown => {
          if (spec.work.kind !== "batch") throw new TypeError(`handler ${spec.name} takes no batches`);
          return spec.work.run(
            events,
            contextOf(invocation, members, tx, timed, log, () => isOver),
          );
        }),
      mode,
    );
  try {
    await insideHandler(scope, spec.name, undefined, () => withBatchSpan(spanAbout(invocation), isolated));
    const durationMicros = Math.round(((clock.monotonic() - startedAt) * 1000) / claims.length);
    return { ok: true, published: members.map(({ published }) => published), durationMicros, log };
  } catch (error) {
    return { ok: false, error: readableError(error), log };
  } finally {
    isOver = true;
  }
}

/** A set-based handler's call for one event that comes by itself, out of parking. */
export async function invokeAlone<Tx>(invocation: BatchInvocation<Tx>): Promise<InvocationResult> {
  const result = await invokeBatch(invocation);
  return result.ok ? { ...result, published: result.published.flat() } : result;
}

function contextOf<Tx>(
  { scope, handler, run }: BatchInvocation<Tx>,
  members: readonly Member[],
  tx: Tx,
  timed: TimedRun,
  log: HandlerLog,
  isOver: () => boolean,
): BatchContext<Tx> {
  const { name } = handler.spec;
  const memberOf = (event: Event | undefined): Member | undefined => members.find((member) => member.event === event);
  return {
    tx,
    get log() {
      return log.log;
    },
    logFor: ({ id: eventId, correlationId, tenantId }) =>
      log.log.child({ correlationId, eventId, ...(tenantId === null ? {} : { tenantId }) }),
    get signal() {
      return timed.signal;
    },
    epoch: run.epoch,
    handler: name,
    isRehearsal: scope.isRehearsal,
    publish: async (contract, data, options) => {
      // Plain JavaScript may leave it out.
      const member = memberOf((options as { cause?: Event } | undefined)?.cause);
      if (member === undefined) throw coreError("PUBLISH_WITHOUT_CAUSE", { handler: name, type: String(contract?.type) });
      const { delivery, publishes } = member.claim;
      const causeTimeMs = delivery.event?.timeMs ?? delivery.record.timestampMs;
      const id = options.id ?? derivedEventId(member.event.id, causeTimeMs, name, member.ordinal++);
      const row = runWithCorrelation(correlationOf(member.event, delivery), () =>
        outboxRow(scope, contract, data, { id, once: options.id !== undefined }),
      );
      if (isOver()) throw coreError("TX_ENDED", {});
      if (publishes) member.published.push(row);
      return id;
    },
  };
}

function spanAbout<Tx>({ scope, handler, claims }: BatchInvocation<Tx>) {
  return {
    system: "throughline",
    topic: claims[0]?.delivery.record.topic ?? "",
    service: scope.identity.service,
    handler: handler.spec.name,
    traceparents: () => claims.map(({ delivery }) => delivery.event?.traceparent),
    count: claims.length,
  };
}
