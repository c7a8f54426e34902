import type { RegistrySchema } from "./schema-registry.ts";

/** One thing about a schema or about data that an encoding cannot take. */
export interface EncodingProblem {
  /** Where, as a JSON pointer. */
  readonly pointer: string;
  /** A sentence that goes on from there. */
  readonly message: string;
}

/** A schema that data was written with, and the texts of those that it refers to, by the names that it uses. */
export interface WriterSchema extends Pick<RegistrySchema, "schemaType" | "schema"> {
  readonly imports: Readonly<Record<string, string>>;
}

/**
 * Another form than JSON for the data of a contract's events: made by `avro` of `@throughline/registry/avro` or `protobuf` of
 * `@throughline/registry/protobuf`. Encoding and decoding answer at once, and touch nothing outside.
 */
export interface Encoding {
  readonly schemaType: Exclude<RegistrySchema["schemaType"], "JSON">;
  /** As it is registered, and written by. */
  readonly schema: string;
  readonly contentType: string;
  /** What is wrong with the schema: a contract with such an encoding is refused. */
  readonly problems: readonly EncodingProblem[];
  /** The bytes that follow the schema's id, or every reason why there are none: nothing is rounded and nothing left out. */
  encode(data: unknown): EncodedData;
  /**
   * Data as JSON has it, of the bytes that follow an id.
   * @param as `reader`: in the form of this schema; `writer`: as it was written, for an upcaster.
   * @throws Error that says in a sentence what is wrong with the bytes or the writer's schema, and quotes no data.
   */
  decode(payload: Uint8Array, writer: WriterSchema, as: "reader" | "writer"): unknown;
}

export type EncodedData = { readonly bytes: Uint8Array } | { readonly problems: readonly EncodingProblem[] };
