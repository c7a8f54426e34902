import { type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import type { Encoding, EncodingProblem, WriterSchema } from "throughline/seams";
import { readProtoSchema } from "../../compatibility/protobuf/read-proto-schema.ts";
import { SchemaInvalid } from "../../compatibility/schema-invalid.ts";
import type { NumberOptions } from "../encoding-options.ts";
import { oncePerWriter } from "../once-per-writer.ts";
import { NestedTooDeeply, ProblemList } from "../problem-list.ts";
import { dataOfMessage } from "./data-of-message.ts";
import { indexBytes, indexesOf, messageAt, splitIndexes } from "./message-index.ts";
import { MessagesOfData } from "./message-of-data.ts";
import { deepestMessages, isOfDepth, mostMessages } from "./well-known-messages.ts";

export interface ProtobufOptions extends NumberOptions {
  /** The message that holds the data, by its name. Default: the first one of the file. */
  readonly message?: string;
}

/**
 * Lets a contract's events be written in Protobuf, in Confluent's wire format. The data stays what the contract's JSON Schema says, and
 * is checked against it; its properties are named as the fields are in the file:
 *
 * | Protobuf | data |
 * |---|---|
 * | numbers of 64 bits | a number, or decimal text with `int64: "text"` |
 * | `bytes` | base64 |
 * | an enum | the name of its value |
 * | `google.protobuf.Timestamp`, `Duration`, `Struct`, wrappers … | as JSON has them |
 *
 * What is left out reads as left out, where the field says `optional`, is a message, or belongs to a `oneof`. A list or a map that is not
 * there is an empty one. Data that Protobuf cannot hold (null, a plain field that is not there) is refused at publish with
 * `EVENT_INVALID`: nothing is rounded, and nothing is left out.
 *
 * @param file The text of a `.proto` file; it may import Google's well-known types.
 * @example
 *   export const OrderCompleted = defineEvent("order.completed", {
 *     version: 1,
 *     subject: "order_id",
 *     data: z.object({ order_id: z.string(), total: z.int() }),
 *     encoding: protobuf(`
 *       syntax = "proto3";
 *       message OrderCompleted { string order_id = 1; int64 total = 2; }
 *     `),
 *   });
 */
export function protobuf(file: string, { message: name, int64 = "number" }: ProtobufOptions = {}): Encoding {
  const { message, problems } = read(file, name);
  const head = message === null ? null : indexBytes(indexesOf(message));
  const writtenBy = oncePerWriter(writerMessages);
  return Object.freeze<Encoding>({
    schemaType: "PROTOBUF",
    schema: file,
    contentType: "application/protobuf",
    problems,
    encode(data) {
      const list = new ProblemList();
      const made = message === null ? undefined : new MessagesOfData(int64, list).of(message, data);
      if (made === undefined || head === null || list.found.length > 0) return { problems: list.found };
      return { bytes: Buffer.concat([head, toBinary(made.desc, made.message)]) };
    },
    decode(payload, writer, as) {
      const { indexes, message: bytes } = splitIndexes(payload);
      const from = writtenBy(writer)(indexes);
      const to = as === "writer" || message === null ? from : message;
      if (from.typeName !== to.typeName)
        throw new Error(`was written as the message ${from.typeName}, and ${to.typeName} is read`);
      return dataOfMessage(reflect(to, messageOfBytes(to, bytes)), int64);
    },
  });
}

/** Throws for bytes that are no such message. */
export function messageOfBytes(desc: DescMessage, bytes: Uint8Array): ReturnType<typeof fromBinary> {
  try {
    return fromBinary(desc, bytes, { recursionLimit: mostMessages });
  } catch (error) {
    if (isOfDepth(error)) throw new NestedTooDeeply(deepestMessages);
    throw new Error(`is no message ${desc.typeName}: ${(error as Error).message}`, { cause: error });
  }
}

function read(
  file: string,
  name: string | undefined,
): { readonly message: DescMessage | null; readonly problems: readonly EncodingProblem[] } {
  try {
    const { descriptor, registry } = readProtoSchema(file);
    const inPackage = descriptor.proto.package === "" ? name : `${descriptor.proto.package}.${name}`;
    const message =
      name === undefined ? descriptor.messages[0] : (registry.getMessage(name) ?? registry.getMessage(inPackage ?? ""));
    if (message === undefined || message.file !== descriptor)
      return {
        message: null,
        problems: [{ pointer: "", message: `has no message${name === undefined ? "" : ` ${JSON.stringify(name)}`}` }],
      };
    return { message, problems: [] };
  } catch (error) {
    const pointer = error instanceof SchemaInvalid ? error.pointer : "";
    return { message: null, problems: [{ pointer, message: (error as Error).message }] };
  }
}

/** The messages that data was written as, by their places in the file. Throws where its text is no `.proto` file. */
export function writerMessages({ schemaType, schema, imports }: WriterSchema): (indexes: readonly number[]) => DescMessage {
  if (schemaType !== "PROTOBUF") throw new Error(`was written with a schema of ${schemaType}, and the contract's is of Protobuf`);
  const { descriptor } = readProtoSchema(schema, { references: new Map(Object.entries(imports)) });
  return (indexes) => {
    const message = messageAt(descriptor, indexes);
    if (message === null) throw new Error(`names message ${indexes.join(".")} of its schema, which does not have it`);
    return message;
  };
}
