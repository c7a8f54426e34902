import type { Encoding, EncodingProblem, WriterSchema } from "throughline/seams";
import { type AvroType, readAvroSchema } from "../../compatibility/avro/read-avro-schema.ts";
import { parseWithBigints } from "../../compatibility/exact-json.ts";
import { SchemaInvalid } from "../../compatibility/schema-invalid.ts";
import type { NumberOptions } from "../encoding-options.ts";
import { oncePerWriter } from "../once-per-writer.ts";
import { ProblemList } from "../problem-list.ts";
import { AvroDecoders } from "./avro-decoder.ts";
import { AvroEncoders } from "./avro-encoder.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";

/** An Avro schema, as its text or parsed. */
export type AvroSchema = string | object;

/**
 * Lets a contract's events be written in Avro, in Confluent's wire format. The data stays what the contract's JSON Schema says, and is
 * checked against it; what JSON does not know stands in it as text:
 *
 * | Avro | data |
 * |---|---|
 * | `long` | a number, or decimal text with `int64: "text"` |
 * | `bytes`, `fixed` | base64 |
 * | `decimal` | decimal text |
 * | `date`, `time-…`, `timestamp-…` | text as RFC 3339 has it |
 * | a union | one of its branches, the first that takes it |
 *
 * A property that is not there is the field's default, or null. A null that the contract does not take reads as not there.
 * Data that Avro cannot hold is refused at publish (`EVENT_INVALID`): nothing is rounded, and nothing is left out.
 *
 * @example
 *   export const OrderCompleted = defineEvent("order.completed", {
 *     version: 1,
 *     subject: "order_id",
 *     data: z.object({ order_id: z.string(), total: z.int() }),
 *     encoding: avro({
 *       type: "record",
 *       name: "OrderCompleted",
 *       fields: [
 *         { name: "order_id", type: "string" },
 *         { name: "total", type: "long" },
 *       ],
 *     }),
 *   });
 */
export function avro(schema: AvroSchema, { int64 = "number" }: NumberOptions = {}): Encoding {
  const text = typeof schema === "string" ? schema : JSON.stringify(schema);
  const { type, problems } = read(text);
  const encode = type === null ? null : new AvroEncoders(int64).of(type);
  const decoders = new AvroDecoders(int64);
  const typeOf = oncePerWriter(writerType);
  return Object.freeze<Encoding>({
    schemaType: "AVRO",
    schema: text,
    contentType: "application/avro",
    problems,
    encode(data) {
      const out = new ByteWriter();
      const list = new ProblemList();
      encode?.(data, out, list);
      return list.found.length === 0 ? { bytes: out.bytes() } : { problems: list.found };
    },
    decode(payload, writer, as) {
      const from = typeOf(writer);
      const input = new ByteReader(payload);
      const data = decoders.of(from, as === "writer" || type === null ? from : type)(input);
      if (input.left > 0) throw new Error(`has ${input.left} bytes more than its schema says`);
      return data;
    },
  });
}

function read(text: string): { readonly type: AvroType | null; readonly problems: readonly EncodingProblem[] } {
  try {
    return { type: readAvroSchema(parsed(text)), problems: [] };
  } catch (error) {
    const pointer = error instanceof SchemaInvalid ? error.pointer : "";
    return { type: null, problems: [{ pointer, message: (error as Error).message }] };
  }
}

/** The type that data was written as. Throws where its text is no Avro schema. */
export function writerType({ schemaType, schema, imports }: WriterSchema): AvroType {
  if (schemaType !== "AVRO") throw new Error(`was written with a schema of ${schemaType}, and the contract's is of Avro`);
  return readAvroSchema(parsed(schema), { references: Object.values(imports).map(parsed) });
}

/** Also the bare name of a type, as registries keep it: `"string"`, or `string` without quotes. */
function parsed(text: string): unknown {
  try {
    return parseWithBigints(text);
  } catch (error) {
    if (/^[a-z]+$/.test(text)) return text;
    throw new Error(`is no JSON: ${(error as Error).message}`, { cause: error });
  }
}
