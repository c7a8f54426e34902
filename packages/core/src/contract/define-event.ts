import { coreError } from "../errors/index.ts";
import { bundledSchema } from "./bundled-schema.ts";
import { closedSchema } from "./closed-schema.ts";
import { publisherValidator } from "./contract-data.ts";
import { problemsOfNames, problemsOfProperties, problemsOfTopic } from "./contract-problems.ts";
import type { DataOf, EventContract, EventOptions } from "./event-contract.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { Problem } from "./problem.ts";
import { schemaDocument } from "./schema-document.ts";
import { problemsOfSchema } from "./schema-problems.ts";
import { readSchemaSource } from "./schema-source.ts";

/**
 * Defines an event: its type, its version, and what its data is.
 *
 * Publishers refuse properties that the schema does not name, and readers ignore them, whatever the schema says: only an object
 * that says which other properties it takes (`z.looseObject`, `additionalProperties: true`) takes them. Every `date-time`
 * may be written with `Z` or with an offset.
 * Throws `CONTRACT_INVALID` with every problem of the definition.
 *
 * @param type Dot-separated words, in the past tense; by default the first one names the stream.
 * @example
 *   export const OrderCompleted = defineEvent("order.completed", {
 *     version: 1,
 *     subject: "order_id",
 *     data: z.object({ order_id: z.string(), total: z.int() }),
 *   });
 * @example
 *   // A plain JSON Schema comes with the data's type.
 *   export const OrderPaid = defineEvent<"order.paid", { order_id: string }>("order.paid", {
 *     version: 1,
 *     subject: "order_id",
 *     data: { type: "object", properties: { order_id: { type: "string" } }, required: ["order_id"] },
 *   });
 */
export function defineEvent<Type extends string, Source>(
  type: Type,
  options: EventOptions<Source>,
): EventContract<Type, DataOf<Source>> {
  return Object.freeze(contractOf(type, options));
}

/**
 * What a definition says, checked. Throws `CONTRACT_INVALID`.
 * @param more What a kind of contract finds wrong with its own options, told with all other problems.
 */
export function contractOf<Type extends string, Source>(
  type: Type,
  options: EventOptions<Source>,
  more: readonly Problem[] = [],
): EventContract<Type, DataOf<Source>> {
  const { version, subject, tenant = null, upcast = {}, personal = [], topic = {}, schemas = {} } = options;
  const problems: Problem[] = problemsOfNames({ type, version, stream: options.stream, upcast });
  problems.push(...problemsOfTopic(topic), ...more);
  const source = readSchemaSource(options.data);
  problems.push(...source.problems);
  const names = { subject, tenant, personal };
  const schema = source.schema === null ? null : checkedSchema(bundledSchema(source.schema, schemas), names, problems);
  if (schema === null || problems.length > 0) throw coreError("CONTRACT_INVALID", { type, problems });
  return {
    type,
    version,
    // A type begins with a word, which is always fit to name a topic.
    stream: options.stream ?? (type.split(".", 1)[0] as string),
    subject,
    tenant,
    schema,
    upcast: Object.freeze({ ...upcast }),
    personal: Object.freeze([...personal]),
    description: options.description ?? null,
    compacted: options.compacted ?? false,
    topic: Object.freeze({ ...topic }),
  };
}

/** The schema for publishers, compiled; null when there is something wrong with it. */
function checkedSchema(
  schema: JsonSchema,
  names: Parameters<typeof problemsOfProperties>[1],
  problems: Problem[],
): JsonSchema | null {
  const document = schemaDocument(schema);
  const found = problemsOfSchema(document);
  problems.push(...found, ...problemsOfProperties(document, names));
  if (found.length > 0) return null;
  try {
    const closed = closedSchema(document);
    publisherValidator(closed);
    return closed;
  } catch (error) {
    problems.push({ pointer: "/data", message: `cannot be compiled: ${(error as Error).message}` });
    return null;
  }
}
