import type { EventContract } from "../contract/index.ts";
import type { DecodedEvent } from "../envelope/index.ts";
import type { EncodedSchemas } from "./encoded-schemas.ts";
import { unframed } from "./wire-format.ts";

/** The schemas that events of these contracts were written with, and nobody here knows yet. */
export function wantedWriters(
  contracts: ReadonlyMap<string, EventContract>,
  events: Iterable<DecodedEvent | null>,
  schemas: EncodedSchemas,
): ReadonlySet<number> {
  const wanted = new Set<number>();
  for (const event of events) {
    if (event === null || (contracts.get(event.type)?.encoding ?? null) === null) continue;
    const bytes = event.encoded();
    const { schemaId } = (bytes === null ? null : unframed(bytes)) ?? {};
    if (schemaId !== undefined && schemas.writerOf(schemaId) === null) wanted.add(schemaId);
  }
  return wanted;
}
