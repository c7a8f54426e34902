import { coreError } from "../errors/index.ts";
import { bundledSchema } from "./bundled-schema.ts";
import { checkedSchema } from "./checked-schema.ts";
import { compiledForPublish } from "./contract-data.ts";
import { problemsOfEncoding, problemsOfNames, problemsOfProperties, problemsOfTopic } from "./contract-problems.ts";
import type { DataOf, EventContract, EventOptions } from "./event-contract.ts";
import type { Problem } from "./problem.ts";
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
export function defineEvent<Type extends string, Source, const Version extends number = number>(
  type: Type,
  options: EventOptions<Source, Version>,
): EventContract<Type, DataOf<Source>> {
  return Object.freeze(contractOf(type, options as EventOptions<Source>));
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
  const { version, subject, tenant = null, upcast = {}, personal = [], topic = {}, schemas = {}, encoding = null } = options;
  const problems: Problem[] = problemsOfNames({ type, version, stream: options.stream, upcast });
  problems.push(...problemsOfTopic(topic), ...problemsOfEncoding(encoding), ...more);
  const source = readSchemaSource(options.data);
  problems.push(...source.problems);
  const schema =
    source.schema === null
      ? null
      : checkedSchema(bundledSchema(source.schema, schemas), problems, {
          also: (document) => problemsOfProperties(document, { subject, tenant, personal }),
          compile: compiledForPublish,
        });
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
    encoding,
    topic: Object.freeze({ ...topic }),
  };
}
