import type { CompatibilityLevel, CompatibilityPolicy } from "../compatibility/check-compatibility.ts";
import type { SubjectName } from "./subject-name.ts";

export interface SchemaReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** What was registered, in the words of the API. */
export interface RegisteredSchema {
  readonly type: string;
  /** As it was first registered. */
  readonly text: string;
  readonly references: readonly SchemaReference[];
  /** Kept and given back as they are. */
  readonly metadata: unknown;
  readonly ruleSet: unknown;
}

export interface StoredSchema extends RegisteredSchema {
  readonly context: string;
  readonly id: number;
}

export interface StoredVersion {
  readonly subject: SubjectName;
  readonly version: number;
  readonly schemaId: number;
  readonly isDeleted: boolean;
}

export const modes = ["READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT"] as const;
export type Mode = (typeof modes)[number];

/** What is set for a subject; with an empty name for a context. */
export interface Settings {
  readonly level: CompatibilityLevel | null;
  readonly policy: CompatibilityPolicy | null;
  readonly mode: Mode | null;
  /** Whether schemas are normalised without being asked. */
  readonly normalize: boolean | null;
}

/** One transaction. What it reads does not change until it ends. */
export interface RegistryTransaction {
  schemaById(context: string, id: number): Promise<StoredSchema | null>;
  /** @param identity The same for equal schemas: see `schemaIdentity`. */
  schemaByIdentity(context: string, identity: string): Promise<StoredSchema | null>;
  /** Under an id that was never used in its context, or the one that is given. */
  addSchema(context: string, identity: string, schema: RegisteredSchema, id: number | null): Promise<number>;
  /** The highest id that was given out in a context; 0 before the first. */
  lastId(context: string): Promise<number>;
  /** Of one subject, deleted ones included, in order. */
  versions(subject: SubjectName): Promise<StoredVersion[]>;
  versionsOfSchema(context: string, id: number): Promise<StoredVersion[]>;
  /** Of all subjects of a context (of all contexts: null) whose name begins so, deleted ones included, by name and version. */
  allVersions(context: string | null, prefix: string): Promise<StoredVersion[]>;
  addVersion(version: Omit<StoredVersion, "isDeleted">): Promise<void>;
  setDeleted(subject: SubjectName, version: number, isDeleted: boolean): Promise<void>;
  /** For good: its number may be given again, its schema's id never to another schema. */
  removeVersion(subject: SubjectName, version: number): Promise<void>;
  /** Versions, deleted ones included, whose schemas refer to this one. */
  referrers(subject: SubjectName, version: number): Promise<StoredVersion[]>;
  settings(subject: SubjectName): Promise<Settings>;
  changeSettings(subject: SubjectName, change: Partial<Settings>): Promise<void>;
  contexts(): Promise<string[]>;
}

/** Where a registry keeps what it knows. Many processes may share one. */
export interface RegistryStore {
  read<T>(work: (transaction: RegistryTransaction) => Promise<T>): Promise<T>;
  /** All or nothing, one after the other, also among processes. */
  write<T>(work: (transaction: RegistryTransaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
