import type { PublishedContract, ReadContract } from "throughline/system-topics";
import { comparisonOf } from "../compatibility/check-compatibility.ts";
import { parseWithBigints } from "../compatibility/exact-json.ts";
import type { Names } from "./reading.ts";
import type { ReadingBreak } from "./reading-break.ts";

type Facts = Pick<PublishedContract, "type" | "version" | "encoding">;

/**
 * Why a handler cannot read the bytes of a contract's events. One with an encoding reads JSON, too, and what was written by an older
 * contract as it was written; one without reads nothing else than JSON.
 */
export function encodingBreaks(
  published: Facts,
  read: Pick<ReadContract, "version" | "encoding">,
  names: Names,
): readonly ReadingBreak[] {
  const { type, encoding: written = null } = published;
  const { encoding: known = null } = read;
  if (written === null) return [];
  if (known?.schemaType !== written.schemaType) {
    const message = `"${type}" is written as ${written.schemaType} by ${names.writer}; ${names.reader} reads ${known === null ? "JSON" : known.schemaType}`;
    return [{ kind: "encoding_changed", path: "", pointer: "", message, isCertain: true }];
  }
  if (published.version !== read.version || written.schema === known.schema) return [];
  try {
    const [writer, reader] = [written, known].map(({ schemaType, schema }) =>
      comparisonOf(schemaType, { schema: schemaType === "AVRO" ? parseWithBigints(schema) : schema }),
    ) as [ReturnType<typeof comparisonOf>, ReturnType<typeof comparisonOf>];
    return reader.reads(writer, names).map((difference) => ({ ...difference, isCertain: difference.kind !== "too_complex" }));
  } catch (error) {
    const message = `the ${written.schemaType} schemas of "${type}" cannot be compared: ${(error as Error).message}`;
    return [{ kind: "too_complex", path: "", pointer: "", message, isCertain: false }];
  }
}

/** Whether what is absent in data may be there when it was decoded: the reader's encoding fills in defaults. */
export function fillsIn(
  { encoding: written = null }: Facts,
  { encoding: known = null }: Pick<ReadContract, "encoding">,
): boolean {
  return written !== null && known !== null;
}
