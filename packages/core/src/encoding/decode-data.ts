import { type EventContract, readData } from "../contract/index.ts";
import type { WriterSchema } from "../seams/encoding.ts";
import { unframed } from "./wire-format.ts";
import { withoutRefusedNulls } from "./without-refused-nulls.ts";

/** Why encoded data cannot be read: `schema`, for nobody knows the one that it was written with, or `bytes`. */
export class EncodedDataUnreadable extends Error {
  readonly what: "schema" | "bytes";
  readonly schemaId: number;

  constructor(what: "schema" | "bytes", schemaId: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.what = what;
    this.schemaId = schemaId;
  }
}

/**
 * The data of a framed value as its contract wants it. What was written by an older contract is lifted as it was written.
 * Throws `EncodedDataUnreadable`, and what `readData` throws.
 */
export function decodedData<Data>(
  contract: EventContract<string, Data>,
  version: number,
  bytes: Uint8Array,
  writerOf: (schemaId: number) => WriterSchema | null,
): Data {
  const { schemaId, payload } = unframed(bytes) ?? {};
  if (schemaId === undefined || payload === undefined)
    throw new EncodedDataUnreadable("bytes", 0, "ends within the id of its schema");
  const writer = writerOf(schemaId);
  if (writer === null)
    throw new EncodedDataUnreadable("schema", schemaId, `was written with schema ${schemaId}, which is not known`);
  let data: unknown;
  try {
    data = contract.encoding?.decode(payload, writer, version === contract.version ? "reader" : "writer");
  } catch (error) {
    throw new EncodedDataUnreadable("bytes", schemaId, `of schema ${schemaId}, ${(error as Error).message}`, error);
  }
  return readData(contract, version, data, (lifted) => withoutRefusedNulls(contract.schema, lifted));
}
