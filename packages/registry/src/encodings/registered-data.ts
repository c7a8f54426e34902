import { toBinary } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import type { EncodedData, Encoding, WriterSchema } from "throughline/seams";
import { bigintsInText, parseWithBigints } from "../compatibility/exact-json.ts";
import { AvroDecoders } from "./avro/avro-decoder.ts";
import { AvroEncoders } from "./avro/avro-encoder.ts";
import { avro, writerType } from "./avro/avro.ts";
import { ByteReader } from "./avro/byte-reader.ts";
import { ByteWriter } from "./avro/byte-writer.ts";
import { oncePerWriter } from "./once-per-writer.ts";
import { ProblemList } from "./problem-list.ts";
import { dataOfMessage } from "./protobuf/data-of-message.ts";
import { indexBytes, splitIndexes } from "./protobuf/message-index.ts";
import { MessagesOfData } from "./protobuf/message-of-data.ts";
import { messageOfBytes, protobuf, writerMessages } from "./protobuf/protobuf.ts";

/** An encoding as a service announces it: what it writes, or reads, its data by. */
export type AnnouncedEncoding = Pick<WriterSchema, "schemaType" | "schema">;

const avroType = oncePerWriter(writerType);
const messages = oncePerWriter(writerMessages);
const decoders = new AvroDecoders("exact");
const encoders = new AvroEncoders("exact");

/**
 * Data as JSON, by the schema that it was written with alone: for who has no contract. Whole numbers of 64 bits keep every digit.
 * @param payload The bytes that follow the schema's id.
 * @throws Error that says in a sentence what is wrong with the bytes or the schema, and quotes no data.
 */
export function registeredText(payload: Uint8Array, writer: WriterSchema): string {
  if (writer.schemaType === "PROTOBUF") {
    const { indexes, message: bytes } = splitIndexes(payload);
    const desc = messages(writer)(indexes);
    return bigintsInText(dataOfMessage(reflect(desc, messageOfBytes(desc, bytes)), "exact"));
  }
  if (writer.schemaType === "JSON") return jsonText(payload);
  const type = avroType(writer);
  const input = new ByteReader(payload);
  const data = decoders.of(type, type)(input);
  if (input.left > 0) throw new Error(`has ${input.left} bytes more than its schema says`);
  return bigintsInText(data);
}

/**
 * The other way: the bytes that follow the schema's id, or every reason why there are none. Nothing is rounded, and nothing left out.
 * @param text JSON. @param like What was written before with this schema: of Protobuf it says which message.
 * @throws as `registeredText` does, and a SyntaxError for what is no JSON.
 */
export function registeredBytes(text: string, writer: WriterSchema, like: Uint8Array): EncodedData {
  if (writer.schemaType === "JSON") return { bytes: Buffer.from(jsonText(Buffer.from(text))) };
  const data = parseWithBigints(text);
  const list = new ProblemList();
  if (writer.schemaType === "PROTOBUF") {
    const { indexes } = splitIndexes(like);
    const made = new MessagesOfData("exact", list).of(messages(writer)(indexes), data);
    if (made === undefined || list.found.length > 0) return { problems: list.found };
    return { bytes: Buffer.concat([indexBytes(indexes), toBinary(made.desc, made.message)]) };
  }
  const out = new ByteWriter();
  encoders.of(avroType(writer))(data, out, list);
  return list.found.length === 0 ? { bytes: out.bytes() } : { problems: list.found };
}

/**
 * An announced encoding as its service has it, for reading what was written with `writer`. An announcement does not name the message of a
 * file, so it is the one of the data's own name; null where the file has none.
 * @throws as `registeredText` does.
 */
export function announcedEncoding(
  { schemaType, schema }: AnnouncedEncoding,
  { payload, writer }: { readonly payload: Uint8Array; readonly writer: WriterSchema },
  int64: "number" | "text",
): Encoding | null {
  if (schemaType === "AVRO") return avro(schema, { int64 });
  const message = messages(writer)(splitIndexes(payload).indexes).typeName;
  const found = protobuf(schema, { message, int64 });
  return found.problems.length === 0 ? found : null;
}

/** Serializers of other languages frame JSON, too. */
function jsonText(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  JSON.parse(text);
  return text;
}
