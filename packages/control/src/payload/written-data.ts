import { decodeEvent } from "throughline";
import { unframed } from "throughline/contracts";
import type { Encoding, LogRecord, SchemaRegistry, WriterSchema } from "throughline/seams";
import { readOrSkip } from "../reading/read-or-skip.ts";
import type { DataEncodings } from "./data-encodings.ts";
import { WriterSchemas } from "./writer-schemas.ts";

/** Data in the wire format of a schema registry, read by the schema that it was written with. */
export interface ReadData {
  readonly schemaId: number;
  readonly schemaType: WriterSchema["schemaType"];
  readonly writer: WriterSchema;
  /** What follows the id. */
  readonly payload: Uint8Array;
  /** As JSON, every digit exact. */
  readonly text: string;
}

/** Why such data stays bytes, in a sentence; it quotes nothing of it. */
export interface UnreadData {
  readonly schemaId: number | null;
  readonly why: string;
}

export type WrittenData = ReadData | UnreadData;

export const isRead = (written: WrittenData | null): written is ReadData => written !== null && "text" in written;

/** Reads Avro and Protobuf with the schemas of a registry. One that is away makes bytes of the data, and holds up nobody for long. */
export class WrittenDataReader {
  readonly #encodings: DataEncodings | null;
  readonly #schemas: WriterSchemas | null;

  constructor(registry: SchemaRegistry | null, encodings: DataEncodings | null, now: () => number) {
    this.#encodings = encodings;
    this.#schemas = registry === null ? null : new WriterSchemas(registry, now);
  }

  /** Null for a record whose data is in no such format. Never rejects. */
  async read(record: LogRecord): Promise<WrittenData | null> {
    const bytes = framedBytes(record);
    return bytes === null ? null : this.#read(bytes);
  }

  /** The bytes of an edit of such data, with the same schema and id; or what is wrong with it. Throws as `DataEncodings.write` does. */
  write(text: string, { writer, payload }: ReadData): ReturnType<DataEncodings["write"]> {
    return this.#encodings!.write(text, writer, payload);
  }

  /** An encoding as a service announces it, for data that was read. */
  announced(encoding: Pick<WriterSchema, "schemaType" | "schema">, data: ReadData, int64: "number" | "text"): Encoding | null {
    return readOrSkip(() => this.#encodings!.announced(encoding, data, int64));
  }

  async #read(bytes: Uint8Array): Promise<WrittenData> {
    const { schemaId = null, payload } = unframed(bytes) ?? {};
    if (schemaId === null || payload === undefined) return { schemaId: null, why: "it ends within the id of its schema" };
    if (this.#schemas === null || this.#encodings === null)
      return { schemaId, why: `it was written with schema ${schemaId} of a registry, and this control plane has none` };
    const writer = await this.#schemas.of(schemaId);
    if ("why" in writer) return { schemaId, why: `it was written with schema ${schemaId}, and ${writer.why}` };
    try {
      const text = this.#encodings.read(payload, writer);
      return { schemaId, schemaType: writer.schemaType, writer, payload, text };
    } catch (error) {
      return { schemaId, why: `it cannot be read by schema ${schemaId}: it ${(error as Error).message}` };
    }
  }
}

/** Of an event, the data; of another record, its value. */
function framedBytes(record: LogRecord): Uint8Array | null {
  const event = readOrSkip(() => decodeEvent(record));
  if (event !== null) return event.encoded();
  return record.value !== null && record.value[0] === 0 ? record.value : null;
}
