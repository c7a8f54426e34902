import type { SchemaDocuments } from "./bundled-schema.ts";
import type { Encoding } from "../seams/encoding.ts";
import type { JsonSchema } from "./json-schema.ts";
/** @ts-ignore: TypeBox need not be installed; where it is not, no schema has a `~kind`, and these types are never asked. */
import type { Static, TSchema } from "typebox";

/** A typed event definition, made by `defineEvent`. Plain, frozen data: it may come from another copy of this package. */
export interface EventContract<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly version: number;
  /** The topic its events are published to. */
  readonly stream: string;
  /** The property of the data that holds the aggregate's id. */
  readonly subject: string;
  /** The property of the data that holds the tenant's id. */
  readonly tenant: string | null;
  /** What publishers must match. Readers match the same schema without its refusals of unknown properties. */
  readonly schema: JsonSchema;
  /** From version n, what makes data of version n into data of version n + 1. */
  readonly upcast: Upcasters;
  /** Paths of the properties that hold personal data. */
  readonly personal: readonly string[];
  readonly description: string | null;
  /** Whether the stream's topic keeps only the newest event of each subject. */
  readonly compacted: boolean;
  /** How its data is written where that is not JSON; an older copy of this package knows of none. */
  readonly encoding?: Encoding | null;
  /** How the stream's topic is created, and what it is compared with. */
  readonly topic: TopicOptions;
  /** Exists for TypeScript only. */
  readonly "~data"?: Data;
}

/** What a stream's topic is to be like. What is not said is the event log's default. */
export interface TopicOptions {
  /** How many consumers can share the work at most. Raising it later moves subjects to other partitions. */
  readonly partitions?: number;
  /** Copies of each partition, where the log keeps several. */
  readonly replicas?: number;
  /** Milliseconds after which events may be removed. Default: they are kept. */
  readonly retentionMs?: number;
  /** Bytes beyond which a partition may lose its oldest events. Default: they are kept. */
  readonly retentionBytes?: number;
}

/** The type of a contract's data. */
export type EventData<Contract> = Contract extends EventContract<string, infer Data> ? Data : never;

export interface EventOptions<Source, Version extends number = number> {
  /**
   * The schema of the data: Zod 4, ArkType, Valibot (through `toStandardJsonSchema` of `@valibot/to-json-schema`), TypeBox,
   * anything else with a Standard JSON Schema, or a plain JSON Schema (see `jsonSchema`).
   */
  readonly data: Source | JsonSchema;
  /**
   * The documents that `data` refers to by their URIs: `{ "https://example.com/money.json": money }`. Nothing is ever fetched: those
   * that it needs are put into its definitions.
   */
  readonly schemas?: SchemaDocuments;
  /** 1, and one more with each change that old readers do not understand. */
  readonly version: Version;
  /** The property of the data that holds the aggregate's id: required, a string or an integer. */
  readonly subject: PropertyOf<DataOf<Source>, string | number>;
  /** The property of the data that holds the tenant's id: a string or an integer. */
  readonly tenant?: PropertyOf<DataOf<Source>, string | number | null | undefined>;
  /** The topic. Default: the type's first segment. */
  readonly stream?: string;
  /**
   * Lifts data of an older version to the next: `{ 1: (old) => newer }` from version 1 to 2. A version without one reads as the
   * next version does. The old data may be changed in place. Declare what `old` is; what the last one answers must be this version's data.
   */
  readonly upcast?: Upcasters & LastUpcaster<Version, NoInfer<DataOf<Source>>>;
  /**
   * Properties that hold personal data, as paths: `customer.email`. A path goes through every item of an array; one that ends
   * at an object means all of it. Their values never leave the event: not in logs, receipts or errors.
   */
  readonly personal?: readonly string[];
  readonly description?: string;
  /** Only the newest event of each subject need be kept. All contracts of a stream say the same. Default: false. */
  readonly compacted?: boolean;
  /** Another form than JSON for its data: `avro(…)`, `protobuf(…)`. The data is checked against its JSON Schema all the same. */
  readonly encoding?: Encoding;
  /** What the stream's topic is to be like: `{ partitions: 12, retentionMs: 30 * 86_400_000 }`. Contracts of a stream do not contradict each other. */
  readonly topic?: TopicOptions;
}

// Old data has a type that only the upcaster knows, and declares.
// oxlint-disable-next-line typescript/no-explicit-any
export type Upcasters = Readonly<Record<number, (old: any) => unknown>>;

/** The one from the version before, whose answer is the contract's data. Unknown where the version is no literal, or a high one. */
export type LastUpcaster<Version extends number, Data> = Version extends keyof VersionBefore
  ? // As in `Upcasters`.
    // oxlint-disable-next-line typescript/no-explicit-any
    { readonly [From in VersionBefore[Version]]?: (old: any) => Data }
  : unknown;

/** TypeScript cannot count. */
interface VersionBefore {
  2: 1;
  3: 2;
  4: 3;
  5: 4;
  6: 5;
  7: 6;
  8: 7;
  9: 8;
  10: 9;
  11: 10;
  12: 11;
}

/** The names of the properties whose values are of type `Value`. */
export type PropertyOf<Data, Value> = keyof { [Name in keyof Data as Data[Name] extends Value ? Name : never]: unknown } & string;

/**
 * The type of the data that a schema describes, as it stands on the wire: a property with a default may be absent.
 * What is no schema is the data's type itself, given as a type argument.
 */
export type DataOf<Source> = Source extends {
  readonly "~standard": { readonly types?: { readonly input: infer Input } | undefined };
}
  ? Input
  : Source extends { readonly "~kind": string }
    ? // On its own, for where TypeBox is not installed `TSchema` is `any`, which everything extends.
      Source extends TSchema
      ? Static<Source>
      : never
    : Source extends { readonly "~data": infer Data }
      ? Data
      : Source;
