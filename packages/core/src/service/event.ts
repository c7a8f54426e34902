import type { EventContract } from "../contract/index.ts";

/** An event as a handler sees it: decoded, lifted to its contract's version, and valid. */
export interface Event<Data = unknown, Type extends string = string> {
  /** UUIDv7 unless the publisher chose another; with `source` it identifies the event. */
  readonly id: string;
  readonly type: Type;
  /** The service that published it. */
  readonly source: string;
  readonly subject: string | null;
  /** ISO 8601. */
  readonly time: string;
  /** Its position in its subject's history: 1, 2, 3 …; null when its publisher numbers nothing. */
  readonly sequence: number | null;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly tenantId: string | null;
  /** The contract version it was published with. */
  readonly dataVersion: number;
  readonly data: Data;
}

/** The event of a contract, or of any of several. */
export type EventOf<Contract> =
  Contract extends EventContract<infer Type, infer Data>
    ? Event<Data, Type>
    : Contract extends readonly (infer One)[]
      ? EventOf<One>
      : never;
