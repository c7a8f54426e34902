import { type AdoptedContract, type EventContract, isAdopted, isReader } from "../contract/index.ts";
import { type DecodedEvent, isCloudEvent } from "../envelope/index.ts";
import { undecodable } from "../envelope/undecodable.ts";
import type { LogRecord } from "../seams/event-log.ts";
import { adoptedEvent } from "./adopted-event.ts";

/** What the adopting contracts of a stream make of a record. */
export interface AdoptedReading {
  /** Null when it is none, or none can be read. */
  readonly event: DecodedEvent | null;
  /** Why it cannot be read; null also for a record that no contract takes for an event. */
  readonly problem: unknown;
  /** The type, also of a record that its only contract cannot read; null where it may be of several. */
  readonly type: string | null;
}

const noEvent: AdoptedReading = { event: null, problem: null, type: null };

/** The adopting contracts that one service handles, by the streams that they adopt. */
export class AdoptedStreams {
  readonly #contracts: ReadonlyMap<string, readonly AdoptedContract[]>;

  constructor(contracts: Iterable<EventContract>) {
    // Who reads less of its events decodes them as the contract does.
    const whole = [...contracts].map((contract) => (isReader(contract) ? contract.narrows : contract));
    this.#contracts = Map.groupBy(new Set(whole.filter(isAdopted)), ({ stream }) => stream);
  }

  has(stream: string): boolean {
    return this.#contracts.has(stream);
  }

  /** Whether a record is read by adopting contracts: those of a stream leave its CloudEvents alone. */
  adopts(record: LogRecord): boolean {
    return this.#contracts.has(record.topic) && !isCloudEvent(record);
  }

  /** Reads a record that is adopted. Every contract of its stream is asked: it is an event when exactly one says so. */
  read(record: LogRecord): AdoptedReading {
    let found = noEvent;
    let failed = noEvent;
    for (const contract of this.#contracts.get(record.topic) ?? []) {
      const reading = readBy(contract, record);
      if (reading.event === null) {
        if (reading.problem !== null) failed = failed.problem === null ? reading : { ...failed, type: null };
      } else if (found.event === null) {
        found = reading;
      } else {
        return { event: null, problem: takenTwice(record, found.event.type, contract.type), type: null };
      }
    }
    // One that cannot read what another one can has nothing to do with it.
    return found.event === null ? failed : found;
  }

  /** Of one type and stream, two contracts would each take every event of the other's for theirs. */
  problems(): string[] {
    return [...this.#contracts].flatMap(([stream, contracts]) => {
      const types = contracts.map(({ type }) => type);
      const twice = new Set(types.filter((type, index) => types.indexOf(type) !== index));
      return [...twice].map(
        (type) =>
          `its handlers use two contracts that adopt "${type}" from topic "${stream}"; let them share one, for nobody can tell whose records are whose`,
      );
    });
  }
}

function readBy(contract: AdoptedContract, record: LogRecord): AdoptedReading {
  try {
    const event = adoptedEvent(contract, record);
    return event === null ? noEvent : { event, problem: null, type: contract.type };
  } catch (problem) {
    return { event: null, problem, type: contract.type };
  }
}

const takenTwice = (record: LogRecord, one: string, other: string): Error =>
  undecodable(
    record,
    "the record",
    `is taken for "${one}" and for "${other}"; the decode of one of them must answer null for it`,
  );
