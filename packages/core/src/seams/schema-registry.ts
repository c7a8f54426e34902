/** What a registry can keep. Of another registry it may be one that is not known here. */
export type RegistrySchemaType = "JSON" | "AVRO" | "PROTOBUF";

/** A schema that another one refers to, by the name that its text uses. */
export interface RegistrySchemaReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** A schema as a registry keeps it. */
export interface RegistrySchema {
  readonly schemaType: RegistrySchemaType;
  readonly schema: string;
  readonly references?: readonly RegistrySchemaReference[];
}

/** A schema at its place: the version of a registry subject, and the id that stands for it on the wire. */
export interface RegistryVersion extends RegistrySchema {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
}

/** Why a schema may not become the next version. A registry of another kind gives the message alone. */
export interface RegistryReason {
  readonly message: string;
  /** `required_added`, `type_narrowed`, … */
  readonly kind?: string;
  /** Where in the data: `/lines/[]/price`. */
  readonly path?: string;
  /** JSON pointer of what refuses, in the reader's schema. */
  readonly pointer?: string;
  /** `backward`: the new schema does not read the old data. `forward`: the old one does not read the new data. */
  readonly direction?: "backward" | "forward";
  /** The version that it does not go with. */
  readonly version?: number;
}

export interface RegistryVerdict {
  readonly isCompatible: boolean;
  readonly reasons: readonly RegistryReason[];
}

export type RegistryLevel =
  | "NONE"
  | "BACKWARD"
  | "BACKWARD_TRANSITIVE"
  | "FORWARD"
  | "FORWARD_TRANSITIVE"
  | "FULL"
  | "FULL_TRANSITIVE";

export interface RegistryCompatibility {
  readonly level: RegistryLevel;
  /** `LENIENT`: of JSON Schemas, whether properties that nobody names are taken does not count. Null where the registry has no such rule. */
  readonly policy: "STRICT" | "LENIENT" | null;
}

/**
 * Keeps schemas under registry subjects, and gives each an id for ever. Nothing that publishes or handles waits for one: what is
 * agreed stands in `contracts.lock.json`.
 *
 * Every call may be repeated: the same schema under the same subject keeps its version and its id. Each rejects with an error
 * whose `retryable` says whether the registry was away, or with a reason why it refuses.
 */
export interface SchemaRegistry {
  /** Where it is, without credentials. */
  readonly url: string;
  /**
   * The version and the id of a schema under a subject: those that it has, or new ones.
   * Rejects with `REGISTRY_SCHEMA_REFUSED` (every reason in `details.reasons`) or `REGISTRY_SCHEMA_INVALID`.
   */
  register(subject: string, schema: RegistrySchema): Promise<RegistryVersion>;
  /** Null for an id that it does not have. */
  byId(id: number): Promise<RegistrySchema | null>;
  /** Null where there is no such subject or version. */
  bySubject(subject: string, version: number | "latest"): Promise<RegistryVersion | null>;
  /** Names of subjects that begin so. */
  subjects(prefix: string): Promise<readonly string[]>;
  /** The numbers of a subject's versions, the oldest first; none where there is no such subject. */
  versions(subject: string): Promise<readonly number[]>;
  /** Where a subject has this very schema; null where it does not. */
  lookUp(subject: string, schema: RegistrySchema): Promise<RegistryVersion | null>;
  /** Whether a schema may become the subject's next version, by the level that rules there. Registers nothing. */
  check(subject: string, schema: RegistrySchema): Promise<RegistryVerdict>;
  /** Sets what rules for a subject, and answers what rules now: a registry may have no `policy`. */
  setCompatibility(subject: string, wanted: RegistryCompatibility): Promise<RegistryCompatibility>;
}
