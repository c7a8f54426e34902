import { decodeEvent, defineEvent, type EventContract, type JsonSchema, jsonSchema, type Problem, readData } from "throughline";
import type { LogRecord } from "throughline/seams";
import type { PublishedContract, ReadContract } from "throughline/system-topics";
import type { IndexedContracts } from "../index-store/index-store.ts";

/** A contract that a service announced. */
export interface KnownContract {
  readonly service: string;
  /** Null where the service publishes by it, else who reads by it. */
  readonly handler: string | null;
  readonly contract: PublishedContract | ReadContract;
  readonly firstMs: number;
}

/** What services announced of the events that they publish and read. */
export class KnownContracts {
  readonly #byType = new Map<string, KnownContract[]>();

  constructor(announced: readonly IndexedContracts[]) {
    const add = (known: KnownContract): void => {
      const { type } = known.contract;
      const others = this.#byType.get(type);
      if (others === undefined) this.#byType.set(type, [known]);
      else others.push(known);
    };
    for (const { service, contracts, firstMs } of announced) {
      for (const contract of contracts.publishes) add({ service, handler: null, contract, firstMs });
      for (const { name, reads } of contracts.handlers)
        for (const contract of reads) add({ service, handler: name, contract, firstMs });
    }
  }

  ofType(type: string): readonly KnownContract[] {
    return this.#byType.get(type) ?? [];
  }

  /**
   * Paths of what is personal in an event's data, by any contract of its type; null where nobody tells, and for data that is newer than
   * what is known: its fields are unknown, too.
   */
  personalPaths(type: string, dataVersion: number | null): readonly string[] | null {
    const telling = this.ofType(type).filter(({ contract }) => contract.personal !== undefined);
    const isAdopted = telling.some(({ contract }) => "adopted" in contract && contract.adopted);
    const newest = Math.max(...telling.map(({ contract }) => contract.version));
    if (telling.length === 0 || isAdopted || newest < (dataVersion ?? 1)) return null;
    return [...new Set(telling.flatMap(({ contract }) => contract.personal ?? []))];
  }

  /** The contract that an event is judged by: what the handler reads, else what its publisher promises. */
  judging(type: string, dataVersion: number | null, reader?: { service: string; handler: string }): KnownContract | null {
    const ofVersion = this.ofType(type).filter(({ contract }) => contract.version === (dataVersion ?? 1));
    const reads = ofVersion.findLast(({ service, handler }) => service === reader?.service && handler === reader.handler);
    return reads ?? ofVersion.findLast(({ handler }) => handler === null) ?? ofVersion.at(-1) ?? null;
  }
}

const compiled = new WeakMap<JsonSchema, EventContract | null>();

/** What is wrong with an event's data by a contract, without personal values; null where that cannot be told. */
export function problemsOf({ contract }: KnownContract, record: LogRecord): readonly Problem[] | null {
  const checked = contract.encoding == null ? checkedBy(contract) : null;
  if (checked === null || record.value === null) return null;
  try {
    const data = decodeEvent(record).data();
    if (data instanceof Uint8Array) return null;
    readData(checked, contract.version, data);
    return [];
  } catch (error) {
    const { code, details } = error as { code?: string; details?: { problems?: readonly Problem[] } };
    if (code === "EVENT_UNDECODABLE") return [{ pointer: "", message: "cannot be read as JSON" }];
    return code === "EVENT_INVALID" ? (details?.problems ?? null) : null;
  }
}

function checkedBy(contract: PublishedContract | ReadContract): EventContract | null {
  const known = compiled.get(contract.schema);
  if (known !== undefined) return known;
  const { type, version, subject, personal = [], schema } = contract;
  // A reader need not name the subject, nor what is personal.
  const properties = { [subject]: {}, ...(schema["properties"] as object | undefined) };
  const data = jsonSchema<Record<string, unknown>>({ ...schema, properties });
  const named = personal.filter((path) => Object.hasOwn(properties, path.replace(/^\//, "").split(/[./]/, 1)[0]!));
  let made: EventContract | null;
  try {
    made = defineEvent(type, { version, subject: subject as never, personal: named, data });
  } catch {
    // Somebody announced what is no contract; nothing can be told by it.
    made = null;
  }
  compiled.set(schema, made);
  return made;
}
