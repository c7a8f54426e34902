import type { EventContract } from "../contract/index.ts";
import { type DecodedEvent, decodeEvent } from "../envelope/index.ts";
import type { LogRecord } from "../seams/event-log.ts";
import { AdoptedStreams } from "./adopted-streams.ts";

/**
 * Decodes a record as a service does that handles these contracts: one that is no CloudEvent by those among them that adopt its
 * topic. Null for a record that all of them say is no event. Throws `EVENT_UNDECODABLE`.
 */
export function decodeRecord(record: LogRecord, contracts: readonly EventContract[]): DecodedEvent | null {
  const adopted = new AdoptedStreams(contracts);
  if (!adopted.adopts(record)) return decodeEvent(record);
  const { event, problem } = adopted.read(record);
  if (problem !== null) throw problem as Error;
  return event;
}
