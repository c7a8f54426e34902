export {
  type AdoptableRecord,
  type AdoptedContent,
  type AdoptedContract,
  type AdoptedDecoder,
  adoptEvent,
  type AdoptOptions,
  isAdopted,
} from "./adopt-event.ts";
export type { SchemaDocuments } from "./bundled-schema.ts";
export { readData, subjectOf, tenantOf, validateForPublish } from "./contract-data.ts";
export { defineEvent } from "./define-event.ts";
export { defineReader, type ReaderOptions } from "./define-reader.ts";
export type { EventContract, EventData, EventOptions, TopicOptions } from "./event-contract.ts";
export { isContract } from "./is-contract.ts";
export { type JsonSchema, jsonSchema, type JsonSchemaOf } from "./json-schema.ts";
export type { Problem } from "./problem.ts";
export { isReader, type Promised, type ReaderContract } from "./reader-contract.ts";
