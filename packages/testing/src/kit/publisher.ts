import {
  encodedValue,
  encodeEvent,
  type Event,
  type EventContract,
  isAdopted,
  newEventId,
  subjectOf,
  tenantOf,
  validateForPublish,
  withSequence,
} from "throughline";
import type { NewRecord, Surroundings } from "throughline/seams";
import type { KitRegistry } from "./kit-registry.ts";
import { kitFailure } from "./kit-failure.ts";

export interface GivenOptions {
  /** Default: a new one. The same id again is the same event again, with the number it had. */
  readonly id?: string;
  /** Default: the id, as for the first event of a story. */
  readonly correlationId?: string;
  /** Default: null, as for an event that a request caused. */
  readonly causationId?: string;
  /** Its place in its subject's history: 1, 2, 3 …; null for an event of somebody who numbers nothing. Default: the next. */
  readonly sequence?: number | null;
  /** The service that publishes it. Default: the name of the contract's stream. */
  readonly source?: string;
  /** Default: the contract's tenant field, if it names one. */
  readonly tenant?: string;
}

/** An event as it is going to be appended. */
export interface PreparedEvent {
  readonly event: Event;
  readonly record: NewRecord;
}

/** Makes events as the services that publish them would: checked, encoded, and numbered by subject. */
export class Publisher {
  readonly #surroundings: Surroundings;
  readonly #registry: KitRegistry;
  readonly #last = new Map<string, number>();
  readonly #numbers = new Map<string, number | null>();

  constructor(surroundings: Surroundings, registry: KitRegistry) {
    this.#surroundings = surroundings;
    this.#registry = registry;
  }

  /** Rejects with `EVENT_INVALID`, as `publish` does. */
  prepare(contract: EventContract, data: unknown, options: GivenOptions = {}): PreparedEvent {
    if (isAdopted(contract))
      throw kitFailure(
        `${contract.type} is adopted from the topic "${contract.stream}", and only its contract knows what its records look like; give one: await t.whenRecord(${JSON.stringify(contract.stream)}, { value })`,
      );
    validateForPublish(contract, data);
    const { id = newEventId(this.#surroundings), source = contract.stream, causationId = null } = options;
    const subject = subjectOf(contract, data);
    const sequence = this.#number(id, `${contract.stream}\n${subject}`, options.sequence);
    const timeMs = this.#surroundings.clock.now();
    const tenantId = options.tenant ?? tenantOf(contract, data);
    const correlationId = options.correlationId ?? id;
    const common = {
      id,
      source,
      type: contract.type,
      subject,
      correlationId,
      causationId,
      tenantId,
      dataVersion: contract.version,
      data,
    };
    const { encoding = null } = contract;
    const schemaId = this.#registry.idOf(contract);
    const encoded = encoding === null || schemaId === null ? null : encodedValue(contract, encoding, data, schemaId);
    const { key, value, headers } = encodeEvent({ ...common, encoded, timeMs });
    return {
      event: { ...common, time: new Date(timeMs).toISOString(), sequence },
      record: { topic: contract.stream, key, value, headers: sequence === null ? headers : withSequence(headers, sequence, 0) },
    };
  }

  #number(id: string, subject: string, given: number | null | undefined): number | null {
    const last = this.#last.get(subject) ?? 0;
    const before = this.#numbers.get(`${subject}\n${id}`);
    const sequence = given !== undefined ? given : before !== undefined ? before : last + 1;
    this.#numbers.set(`${subject}\n${id}`, sequence);
    this.#last.set(subject, Math.max(last, sequence ?? 0));
    return sequence;
  }
}
