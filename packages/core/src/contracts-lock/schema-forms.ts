import { closedSchema } from "../contract/closed-schema.ts";
import type { JsonSchema } from "../contract/json-schema.ts";
import { openSchema } from "../contract/open-schema.ts";
import { schemaDocument } from "../contract/schema-document.ts";

/** The schema that publishers are held to: objects whose properties are named take no others. Made of either form. */
export function publisherSchema(schema: JsonSchema): JsonSchema {
  return closedSchema(schemaDocument(schema));
}

/** The schema that readers match: properties that it does not name are ignored. Made of either form. */
export function readerSchema(schema: JsonSchema): JsonSchema {
  return openSchema(schemaDocument(schema));
}
