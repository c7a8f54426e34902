import {
  decodeEvent,
  defineEvent,
  defineReader,
  type EventContract,
  type JsonSchema,
  jsonSchema,
  type Problem,
  readData,
} from "throughline";
import { decodedData, framed, isSameEncoding } from "throughline/contracts";
import type { LogRecord, WriterSchema } from "throughline/seams";
import type { PublishedContract, ReadContract } from "throughline/system-topics";
import type { IndexedContracts } from "../index-store/index-store.ts";
import { pathSegments } from "./mask-json.ts";
import { isRead, type ReadData, type WrittenData, type WrittenDataReader } from "./written-data.ts";

/** A contract that a service announced. */
export interface KnownContract {
  readonly service: string;
  /** Null where the service publishes by it, else who reads by it. */
  readonly handler: string | null;
  readonly contract: PublishedContract | ReadContract;
  readonly firstMs: number;
}

const made = new WeakMap<readonly IndexedContracts[], KnownContracts>();

/** What services announced of the events that they publish and read. */
export class KnownContracts {
  readonly #byType = new Map<string, KnownContract[]>();

  /** Made once of what an index answers, which is the same until something new is announced. */
  static of(announced: readonly IndexedContracts[]): KnownContracts {
    const known = made.get(announced) ?? new KnownContracts(announced);
    made.set(announced, known);
    return known;
  }

  private constructor(announced: readonly IndexedContracts[]) {
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

  /** Whether a contract that tells what is personal writes its data by this very schema: then fields are called the same. */
  announces(type: string, writer: Pick<WriterSchema, "schemaType" | "schema">): boolean {
    return this.ofType(type).some(
      ({ contract: { personal, encoding } }) => personal !== undefined && encoding != null && isSameEncoding(encoding, writer),
    );
  }

  /** The contract that an event is judged by: what the handler reads, else what its publisher promises. */
  judging(type: string, dataVersion: number | null, reader?: { service: string; handler: string }): KnownContract | null {
    const ofVersion = this.ofType(type).filter(({ contract }) => contract.version === (dataVersion ?? 1));
    const reads = ofVersion.findLast(({ service, handler }) => service === reader?.service && handler === reader.handler);
    return reads ?? ofVersion.findLast(({ handler }) => handler === null) ?? ofVersion.at(-1) ?? null;
  }
}

const compiled = new WeakMap<JsonSchema, EventContract | null>();

/**
 * What is wrong with an event's data by a contract, without personal values; null where that cannot be told.
 * @param written Its data where that is in Avro or Protobuf, as it was read.
 */
export function problemsOf(
  { contract }: KnownContract,
  record: LogRecord,
  written: { readonly data: WrittenData; readonly reader: WrittenDataReader } | null = null,
): readonly Problem[] | null {
  if (record.value === null) return null;
  if (contract.encoding != null && written !== null)
    return isRead(written.data) ? problemsOfWritten(contract, contract.encoding, written.data, written.reader) : null;
  const checked = contract.encoding == null ? checkedBy(contract) : null;
  if (checked === null) return null;
  return problemsIn(() => {
    const data = decodeEvent(record).data();
    if (data instanceof Uint8Array) return null;
    readData(checked, contract.version, data);
    return [];
  });
}

function problemsIn(read: () => readonly Problem[] | null): readonly Problem[] | null {
  try {
    return read();
  } catch (error) {
    const { code, details, what, message } = error as {
      code?: string;
      details?: { problems?: readonly Problem[] };
      what?: string;
      message: string;
    };
    if (code === "EVENT_UNDECODABLE") return [{ pointer: "", message: "cannot be read as JSON" }];
    if (what === "bytes") return [{ pointer: "", message }];
    return code === "EVENT_INVALID" ? (details?.problems ?? null) : null;
  }
}

/**
 * By the contract and its encoding, as its service reads. Whether that has numbers of 64 bits as numbers or as text it does not announce:
 * what one of the two reads is valid.
 */
function problemsOfWritten(
  contract: PublishedContract | ReadContract,
  encoding: Pick<WriterSchema, "schemaType" | "schema">,
  data: ReadData,
  reader: WrittenDataReader,
): readonly Problem[] | null {
  const checked = checkedBy(contract);
  if (checked === null) return null;
  const bytes = framed(data.schemaId, data.payload);
  const found = (["number", "text"] as const).map((int64) => {
    const announced = reader.announced(encoding, data, int64);
    if (announced === null) return null;
    return problemsIn(() => {
      decodedData({ ...checked, encoding: announced }, contract.version, bytes, () => data.writer);
      return [];
    });
  });
  if (found.includes(null)) return null;
  return found.toSorted((a, b) => a!.length - b!.length)[0]!;
}

/** A reader of the schema alone: it need not name the subject, nor what is personal, and is judged by what it does name. */
function checkedBy(contract: PublishedContract | ReadContract): EventContract | null {
  const known = compiled.get(contract.schema);
  if (known !== undefined) return known;
  const { type, version, personal = [], schema } = contract;
  let made: EventContract | null;
  try {
    const named = defineEvent(type, { version, subject: anyId as never, personal, data: schemaWith(personal) });
    made = defineReader(named, { data: jsonSchema<Record<string, unknown>>(schema) }) as EventContract;
  } catch {
    // Somebody announced what is no contract; nothing can be told by it.
    made = null;
  }
  compiled.set(schema, made);
  return made;
}

/** No property that somebody may call personal: a subject is none. */
const anyId = "throughline-subject";

/** A schema that has properties at some paths, and a subject: by it problems are told without what is personal. */
function schemaWith(paths: readonly string[]): JsonSchema {
  const schema = { type: "object", properties: {} as Record<string, unknown>, required: [anyId] };
  for (const path of paths) {
    let properties = schema.properties;
    const names = pathSegments(path);
    for (const [depth, name] of names.entries()) {
      const isLast = depth === names.length - 1;
      const found = properties[name] as { properties?: Record<string, unknown> } | undefined;
      const inner = { type: "object", properties: found?.properties ?? {} };
      properties[name] = isLast && found === undefined ? {} : inner;
      properties = inner.properties;
    }
  }
  schema.properties[anyId] = { type: "string" };
  return schema;
}
