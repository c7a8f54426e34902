import { type EventContract, readData } from "../contract/index.ts";
import { disclose } from "../contract/personal-paths.ts";
import { pointerSegments } from "../contract/schema-structure.ts";
import { coreError } from "../errors/index.ts";
import type { Encoding, EncodingProblem, WriterSchema } from "../seams/encoding.ts";
import { framed } from "./wire-format.ts";
import { withoutRefusedNulls } from "./without-refused-nulls.ts";

/** What stands in a record in place of JSON. */
export interface EncodedValue {
  readonly value: Uint8Array;
  readonly contentType: string;
}

const own = new WeakMap<Encoding, WriterSchema>();

/**
 * Data in the form that its contract asks for. Throws `EVENT_INVALID` for data that this form cannot hold, or would give back as
 * something that the contract refuses: what is left out may read as a default or null.
 */
export function encodedValue(contract: EventContract, encoding: Encoding, data: unknown, schemaId: number): EncodedValue {
  const encoded = whole(contract, () => encoding.encode(data));
  if ("problems" in encoded) throw invalid(contract, encoded.problems);
  const { bytes } = encoded;
  readData(contract, contract.version, decoded(contract, encoding, bytes), (back) => withoutRefusedNulls(contract.schema, back));
  return { value: framed(schemaId, bytes), contentType: encoding.contentType };
}

function decoded(contract: EventContract, encoding: Encoding, bytes: Uint8Array): unknown {
  let writer = own.get(encoding);
  if (writer === undefined) {
    const { schemaType, schema } = encoding;
    own.set(encoding, (writer = { schemaType, schema, imports: {} }));
  }
  try {
    return encoding.decode(bytes, writer, "reader");
  } catch (error) {
    throw invalid(contract, [{ pointer: "", message: `could not be read again: it ${(error as Error).message}` }]);
  }
}

/** Data may be nested deeper than a codec can follow. */
function whole<T>(contract: EventContract, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw invalid(contract, [{ pointer: "", message: "must not be nested that deeply" }]);
    throw error;
  }
}

function invalid({ type, version, personal }: EventContract, found: readonly EncodingProblem[]): Error {
  const problems = found.map(({ pointer, message }) => ({
    pointer: disclose(pointerSegments(pointer), personal).pointer,
    message,
  }));
  return coreError("EVENT_INVALID", { type, version, problems });
}
