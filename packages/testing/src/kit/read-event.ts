import { decodedData, decodeRecord, type Event, type EventContract, type EventOf, readData } from "throughline";
import type { LogRecord } from "throughline/seams";
import type { KitRegistry } from "./kit-registry.ts";

/** Reads an event from its record; null for one that cannot be decoded, by these contracts where it is no CloudEvent. */
export function readEvent(record: LogRecord, contracts: readonly EventContract[] = []): Event | null {
  try {
    const event = decodeRecord(record, contracts);
    if (event === null) return null;
    const { id, type, source, subject, sequence, causationId, tenantId } = event;
    return {
      id,
      type,
      source,
      subject,
      time: event.time ?? new Date(record.timestampMs).toISOString(),
      sequence,
      correlationId: event.correlationId ?? id,
      causationId,
      tenantId,
      dataVersion: event.dataVersion ?? 1,
      data: event.data(),
    };
  } catch {
    return null;
  }
}

/** Its data as the contract's readers see it. */
export function asEventOf<Contract extends EventContract>(
  contract: Contract,
  event: Event,
  registry: KitRegistry,
): EventOf<Contract> {
  const { data, dataVersion } = event;
  const isEncoded = data instanceof Uint8Array && (contract.encoding ?? null) !== null;
  return {
    ...event,
    data: isEncoded
      ? decodedData(contract, dataVersion, data, (id) => registry.writerOf(id))
      : readData(contract, dataVersion, data),
  } as EventOf<Contract>;
}
