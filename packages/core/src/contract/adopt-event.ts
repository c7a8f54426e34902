import { contractOf } from "./define-event.ts";
import type { DataOf, EventContract, EventOptions } from "./event-contract.ts";
import { isContract } from "./is-contract.ts";
import type { Problem } from "./problem.ts";

/** A record of an existing topic, as `decode` is given it: the bytes that it holds, which must not be changed. */
export interface AdoptableRecord {
  readonly key: Buffer | null;
  /** Null is a tombstone. */
  readonly value: Buffer | null;
  /** In their order; a name may occur more than once. */
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[];
  /** Of the record, in milliseconds since 1970. */
  readonly timestampMs: number;
}

/** What `decode` makes of a record. */
export interface AdoptedContent<Data = unknown> {
  /** What the event is known by, for it is handled once for each id: the same for each record that holds the same event. */
  readonly id: string;
  /** Checked against the contract's schema, as a reader. */
  readonly data: Data;
  /** When it happened: a Date, milliseconds since 1970, or text as RFC 3339 has it. Default: the record's timestamp. */
  readonly time?: Date | number | string | undefined;
  /** The story that it belongs to. Default: its id, as of the first event of a story. */
  readonly correlationId?: string | undefined;
}

/** Says what a record is, at once; null for a record that is no event of this type. */
export type AdoptedDecoder<Data = unknown> = (record: AdoptableRecord) => AdoptedContent<Data> | null;

/** A contract of events that somebody else writes in a form of their own, made by `adoptEvent`. It is only ever read. */
export interface AdoptedContract<Type extends string = string, Data = unknown> extends EventContract<Type, Data> {
  readonly decode: AdoptedDecoder;
}

export interface AdoptOptions<Source> extends Pick<
  EventOptions<Source>,
  "data" | "schemas" | "version" | "subject" | "tenant" | "personal" | "description"
> {
  /** The existing topic. */
  readonly stream: string;
  /**
   * What a record is, and where its id and time are; null for a record that is no event of this type. What it throws, and what
   * it answers that is no event, makes a dead letter of the record, with its bytes as they are. The same bytes must always give
   * the same answer, for a record is decoded anew whenever it is looked at.
   */
  readonly decode: AdoptedDecoder<NoInfer<DataOf<Source>>>;
}

/**
 * Adopts the events of an existing topic that are no CloudEvents, read-only: says how each record is decoded, and where its id,
 * subject and time are. Handlers take its events as any other's, in the order `any`, for they carry no sequence of ours. Several
 * adopting contracts may share a topic, also with CloudEvents. Publishing one is refused with `CONTRACT_READ_ONLY`, and its topic
 * is neither created nor changed.
 * Throws `CONTRACT_INVALID` with every problem of the definition.
 *
 * @param type What handlers, receipts and dead letters call these events: dot-separated words, as of `defineEvent`.
 * @example
 *   export const LegacyOrder = adoptEvent("legacy.order-changed", {
 *     stream: "orders-v1",
 *     version: 1,
 *     subject: "order_id",
 *     data: z.object({ order_id: z.string(), state: z.string() }),
 *     decode: ({ value }) => {
 *       const { change_id, kind, changed_at, ...data } = JSON.parse(value?.toString() ?? "{}");
 *       return kind === "order" ? { id: change_id, time: changed_at, data } : null;
 *     },
 *   });
 */
export function adoptEvent<Type extends string, Source>(
  type: Type,
  options: AdoptOptions<Source>,
): AdoptedContract<Type, DataOf<Source>> {
  const { data, schemas, version, subject, tenant, personal, description, stream, decode } = options;
  const more: Problem[] = [];
  if (stream === undefined) more.push({ pointer: "/stream", message: "must name the existing topic" });
  if (typeof decode !== "function")
    more.push({
      pointer: "/decode",
      message:
        "must be a function that makes an event of a record: ({ key, value, headers, timestampMs }) => ({ id, data }) or null",
    });
  const described = {
    data,
    version,
    subject,
    stream,
    ...(schemas === undefined ? {} : { schemas }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(personal === undefined ? {} : { personal }),
    ...(description === undefined ? {} : { description }),
  } as EventOptions<Source>;
  return Object.freeze({ ...contractOf(type, described, more), decode });
}

/** Whether a contract is one of `adoptEvent`'s. */
export function isAdopted(contract: unknown): contract is AdoptedContract {
  return isContract(contract) && typeof (contract as Partial<AdoptedContract>).decode === "function";
}
