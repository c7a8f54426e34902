import { type EventContract, isAdopted, type JsonSchema } from "../contract/index.ts";
import type { LockedEncoding } from "../contracts-lock/contracts-lock.ts";

/** A contract as plain data: what the code says of it. */
export interface PlannedContract {
  readonly type: string;
  readonly version: number;
  readonly stream: string;
  readonly subject: string;
  readonly tenant: string | null;
  readonly personal: readonly string[];
  readonly description: string | null;
  readonly compacted: boolean;
  /** What publishers must match. Readers match it without its refusals of unknown properties: see `readerSchema`. */
  readonly schema: JsonSchema;
  /** The older versions whose data it lifts. Data of one that is not among them is read as it is. */
  readonly upcasts: readonly number[];
  /** How its data is written where that is not JSON: what the registry is told. */
  readonly encoding: LockedEncoding | null;
  /** Whether somebody else writes its events, in a form of their own. Nothing of it is agreed. */
  readonly isAdopted: boolean;
}

export function plannedContract(contract: EventContract): PlannedContract {
  const { type, version, stream, subject, tenant, personal, description, compacted, schema, upcast, encoding = null } = contract;
  return {
    type,
    version,
    stream,
    subject,
    tenant,
    personal,
    description,
    compacted,
    schema,
    upcasts: Object.keys(upcast)
      .map(Number)
      .sort((a, b) => a - b),
    encoding: encoding === null ? null : { schemaType: encoding.schemaType, schema: encoding.schema },
    isAdopted: isAdopted(contract),
  };
}
