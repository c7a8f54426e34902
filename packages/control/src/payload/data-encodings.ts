import type { EncodedData, Encoding, WriterSchema } from "throughline/seams";

/**
 * Reads and writes data of registered schemas. The codecs are the registry's, which the control plane does not import: whoever makes it
 * brings them (`registeredText`, `registeredBytes` and `announcedEncoding` of `@throughline/registry`).
 */
export interface DataEncodings {
  /** Bytes that follow a schema's id as JSON, every digit exact. Throws an error that says what is wrong, and quotes no data. */
  read(payload: Uint8Array, writer: WriterSchema): string;
  /** The other way. `like` was written with the same schema. Throws as `read` does. */
  write(text: string, writer: WriterSchema, like: Uint8Array): EncodedData;
  /** An announced encoding as its service has it; null where it cannot be made of what was announced. */
  announced(
    encoding: Pick<WriterSchema, "schemaType" | "schema">,
    written: { readonly payload: Uint8Array; readonly writer: WriterSchema },
    int64: "number" | "text",
  ): Encoding | null;
}
