import type { EventContract } from "../contract/index.ts";
import { disclose } from "../contract/personal-paths.ts";
import { pointerSegments } from "../contract/schema-structure.ts";
import { coreError } from "../errors/index.ts";
import type { Encoding } from "../seams/encoding.ts";
import { framed } from "./wire-format.ts";

/** What stands in a record in place of JSON. */
export interface EncodedValue {
  readonly value: Uint8Array;
  readonly contentType: string;
}

/** Data in the form that its contract asks for. Throws `EVENT_INVALID` for data that this form cannot hold. */
export function encodedValue(contract: EventContract, encoding: Encoding, data: unknown, schemaId: number): EncodedValue {
  const encoded = encoding.encode(data);
  if ("bytes" in encoded) return { value: framed(schemaId, encoded.bytes), contentType: encoding.contentType };
  const { type, version, personal } = contract;
  const problems = encoded.problems.map(({ pointer, message }) => ({
    pointer: disclose(pointerSegments(pointer), personal).pointer,
    message,
  }));
  throw coreError("EVENT_INVALID", { type, version, problems });
}
