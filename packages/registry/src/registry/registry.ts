import {
  type Comparison,
  type CompatibilityLevel,
  type CompatibilityPolicy,
  type Incompatibility,
  incompatibilities,
  type SchemaText,
  type SchemaType,
  versionsAskedFor,
} from "../compatibility/check-compatibility.ts";
import { inOneLine } from "../compatibility/difference.ts";
import { isRaw } from "../compatibility/json-values.ts";
import { RegistryError } from "./registry-error.ts";
import type {
  Mode,
  RegisteredSchema,
  RegistryStore,
  RegistryTransaction,
  SchemaReference,
  Settings,
  StoredSchema,
  StoredVersion,
} from "./registry-store.ts";
import { keptText, parsedText, readSchema, schemaIdentity, schemaTypeOf, serializedProto } from "./schema-kinds.ts";
import { type SubjectName, subjectNamed, written } from "./subject-name.ts";

/** What somebody wants to register, or to look up. */
export interface SchemaRequest {
  readonly schema: string;
  readonly schemaType?: string | undefined;
  readonly references?: readonly SchemaReference[] | undefined;
  readonly metadata?: unknown;
  readonly ruleSet?: unknown;
}

/** A version of a subject with its schema. */
export interface SchemaVersion {
  readonly subject: SubjectName;
  readonly version: number;
  readonly isDeleted: boolean;
  readonly schema: StoredSchema;
}

const defaultLevel: CompatibilityLevel = "BACKWARD";
const defaultPolicy: CompatibilityPolicy = "STRICT";
const defaultMode: Mode = "READWRITE";
/** The version of a reference to the newest one. */
const newest = -1;

/** The rules of a schema registry, as Confluent's (v7) has them, over a store. */
export class Registry {
  readonly #store: RegistryStore;

  constructor(store: RegistryStore) {
    this.#store = store;
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /**
   * The id of a schema under a subject: the one that it has, or a new version.
   * @param given What an import brings along; only in the mode IMPORT.
   */
  register(
    subject: SubjectName,
    request: SchemaRequest,
    {
      normalize,
      given,
    }: { normalize?: boolean | undefined; given?: { readonly id: number; readonly version: number | null } } = {},
  ): Promise<number> {
    return this.#store.write(async (transaction) => {
      await this.#mayWrite(transaction, subject, given === undefined ? "register" : "import");
      const { schema, identity, read } = await this.#asRegistered(transaction, subject, request, normalize);
      const known = await transaction.schemaByIdentity(subject.context, identity);
      const versions = await transaction.versions(subject);
      const same = versions.find((each) => each.schemaId === known?.id && !each.isDeleted);
      if (same !== undefined && (given === undefined || given.id === known?.id)) return same.schemaId;
      const rules = await this.#settingsIn(transaction, subject);
      const candidate = read ?? (await this.#read(transaction, subject, schema, rules.policy));
      if (given === undefined) {
        const found = await this.#against(transaction, rules, candidate, schema.type as SchemaType, versions);
        if (found.length > 0) throw incompatible(found);
      }
      if (given !== undefined && known !== null && known.id !== given.id)
        throw new RegistryError("NOT_PERMITTED", {
          what: `The schema has the id ${known.id} already, and cannot have ${given.id}`,
        });
      const taken = given === undefined ? null : await transaction.schemaById(subject.context, given.id);
      if (taken !== null && known === null)
        throw new RegistryError("NOT_PERMITTED", { what: `Overwrite new schema with id ${given?.id} is not permitted.` });
      const id = known?.id ?? (await transaction.addSchema(subject.context, identity, schema, given?.id ?? null));
      const version = given?.version ?? (versions.at(-1)?.version ?? 0) + 1;
      if (versions.some((each) => each.version === version))
        throw new RegistryError("NOT_PERMITTED", { what: `Version ${version} of the subject is another schema` });
      await transaction.addVersion({ subject, version, schemaId: id });
      return id;
    });
  }

  /** The version under which a subject has a schema. */
  lookUp(
    subject: SubjectName,
    request: SchemaRequest,
    { normalize, deleted = false }: { normalize?: boolean | undefined; deleted?: boolean } = {},
  ): Promise<SchemaVersion> {
    return this.#store.read(async (transaction) => {
      const versions = await transaction.versions(subject);
      if (!versions.some((each) => deleted || !each.isDeleted))
        throw new RegistryError("SUBJECT_NOT_FOUND", { subject: written(subject) });
      const { identity } = await this.#asRegistered(transaction, subject, request, normalize);
      const known = await transaction.schemaByIdentity(subject.context, identity);
      const found = versions.findLast((each) => each.schemaId === known?.id && (deleted || !each.isDeleted));
      if (known === null || found === undefined) throw new RegistryError("SCHEMA_NOT_FOUND");
      return { ...found, schema: known };
    });
  }

  /** @param version A number, or "latest" for the newest that is not deleted. */
  version(subject: SubjectName, version: number | "latest", { deleted = false } = {}): Promise<SchemaVersion> {
    return this.#store.read(async (transaction) => {
      const found = await this.#versionIn(transaction, subject, version, deleted);
      return { ...found, schema: await this.#schemaOf(transaction, found) };
    });
  }

  /** The newest version that has all these properties in its metadata. */
  versionWithMetadata(
    subject: SubjectName,
    wanted: ReadonlyMap<string, string>,
    { deleted = false } = {},
  ): Promise<SchemaVersion> {
    return this.#store.read(async (transaction) => {
      const versions = (await transaction.versions(subject)).filter((each) => deleted || !each.isDeleted);
      if (versions.length === 0) throw new RegistryError("SUBJECT_NOT_FOUND", { subject: written(subject) });
      for (const each of versions.toReversed()) {
        const schema = await this.#schemaOf(transaction, each);
        const { properties } = (schema.metadata ?? {}) as { properties?: unknown };
        const has = new Map(isRaw(properties) ? Object.entries(properties) : []);
        if ([...wanted].every(([key, value]) => has.get(key) === value)) return { ...each, schema };
      }
      throw new RegistryError("VERSION_NOT_FOUND", { version: "with this metadata" });
    });
  }

  versions(subject: SubjectName, { deleted = false, deletedOnly = false } = {}): Promise<number[]> {
    return this.#store.read(async (transaction) => {
      const found = (await transaction.versions(subject)).filter((each) => isShown(each, { deleted, deletedOnly }));
      if (found.length === 0) throw new RegistryError("SUBJECT_NOT_FOUND", { subject: written(subject) });
      return found.map(({ version }) => version);
    });
  }

  /** Names, as the API writes them. With the prefix `:*:` of all contexts. */
  subjects({ prefix = "", deleted = false, deletedOnly = false } = {}): Promise<string[]> {
    return this.#store.read(async (transaction) => {
      const versions = await this.#allVersions(transaction, prefix);
      const bySubject = Map.groupBy(versions, ({ subject }) => written(subject));
      return [...bySubject]
        .filter(([, each]) =>
          deletedOnly ? each.every(({ isDeleted }) => isDeleted) : each.some((version) => deleted || !version.isDeleted),
        )
        .map(([subject]) => subject);
    });
  }

  /** All versions of all subjects, or the newest of each. */
  schemas({ prefix = "", deleted = false, latestOnly = false, offset = 0, limit = -1 } = {}): Promise<SchemaVersion[]> {
    return this.#store.read(async (transaction) => {
      const shown = (await this.#allVersions(transaction, prefix)).filter((each) => deleted || !each.isDeleted);
      const newest = new Map(shown.map((each) => [written(each.subject), each]));
      const wanted = latestOnly ? [...newest.values()] : shown;
      const page = wanted.slice(offset, limit < 0 ? undefined : offset + limit);
      return Promise.all(page.map(async (each) => ({ ...each, schema: await this.#schemaOf(transaction, each) })));
    });
  }

  /**
   * @param subject Says in which context: its own, where it is named with one. Else the one in which a subject of this name has the
   *   schema, and the default: deserializers ask with the subject that they think of, and the schema may be another's.
   */
  schemaById(id: number, subject: SubjectName | null): Promise<{ schema: StoredSchema; lastId: number }> {
    return this.#store.read(async (transaction) => {
      const context = await contextOf(transaction, id, subject);
      const schema = context === null ? null : await transaction.schemaById(context, id);
      if (context === null || schema === null) throw new RegistryError("SCHEMA_NOT_FOUND", { what: `${id} ` });
      return { schema, lastId: await transaction.lastId(context) };
    });
  }

  versionsOfSchema(id: number, subject: SubjectName | null, { deleted = false } = {}): Promise<StoredVersion[]> {
    return this.#store.read(async (transaction) => {
      const versions = await transaction.versionsOfSchema(subject?.context ?? ".", id);
      if (versions.length === 0) throw new RegistryError("SCHEMA_NOT_FOUND", { what: `${id} ` });
      return versions.filter(
        (each) => (deleted || !each.isDeleted) && (subject === null || subject.name === "" || each.subject.name === subject.name),
      );
    });
  }

  /** A schema as clients may ask for it: `serialized` is a descriptor of Protobuf, in base64; other formats are those of the registry. */
  formatted(schema: StoredSchema, format: string): Promise<StoredSchema> {
    if (schema.type !== "PROTOBUF" || format.toLowerCase() !== "serialized") return Promise.resolve(schema);
    return this.#store.read(async (transaction) => {
      const subject = { context: schema.context, name: "" };
      const text = await serializedProto(schema.text, () => this.#resolved(transaction, subject, schema.references));
      return { ...schema, text };
    });
  }

  /** Ids of the schemas that refer to a version. */
  referencedBy(subject: SubjectName, version: number | "latest"): Promise<number[]> {
    return this.#store.read(async (transaction) => {
      const found = await this.#versionIn(transaction, subject, version, true);
      const referrers = await transaction.referrers(subject, found.version);
      return [...new Set(referrers.filter(({ isDeleted }) => !isDeleted).map(({ schemaId }) => schemaId))].toSorted(
        (a, b) => a - b,
      );
    });
  }

  /** @param permanent For good; only what was deleted before. The versions that are gone. */
  deleteSubject(subject: SubjectName, { permanent = false } = {}): Promise<number[]> {
    return this.#store.write(async (transaction) => {
      await this.#mayWrite(transaction, subject, "delete");
      const versions = await transaction.versions(subject);
      const shown = versions.filter(({ isDeleted }) => !isDeleted);
      if (versions.length === 0) throw new RegistryError("SUBJECT_NOT_FOUND", { subject: written(subject) });
      if (permanent && shown.length > 0) throw new RegistryError("SUBJECT_NOT_SOFT_DELETED", { subject: written(subject) });
      if (!permanent && shown.length === 0) throw new RegistryError("SUBJECT_SOFT_DELETED", { subject: written(subject) });
      const gone = permanent ? versions : shown;
      for (const each of gone) await this.#refuseReferred(transaction, each);
      for (const { version } of gone) {
        if (permanent) await transaction.removeVersion(subject, version);
        else await transaction.setDeleted(subject, version, true);
      }
      if (permanent) await transaction.changeSettings(subject, { level: null, policy: null, mode: null, normalize: null });
      return gone.map(({ version }) => version);
    });
  }

  deleteVersion(subject: SubjectName, version: number | "latest", { permanent = false } = {}): Promise<number> {
    return this.#store.write(async (transaction) => {
      await this.#mayWrite(transaction, subject, "delete");
      const found = await this.#versionIn(transaction, subject, version, true);
      const about = { subject: written(subject), version: found.version };
      if (permanent && !found.isDeleted) throw new RegistryError("VERSION_NOT_SOFT_DELETED", about);
      if (!permanent && found.isDeleted) throw new RegistryError("VERSION_SOFT_DELETED", about);
      await this.#refuseReferred(transaction, found);
      if (permanent) await transaction.removeVersion(subject, found.version);
      else await transaction.setDeleted(subject, found.version, true);
      return found.version;
    });
  }

  /** Why a schema may not become the next version; with a version: why it does not go with that one. */
  check(subject: SubjectName, version: number | "latest" | null, request: SchemaRequest): Promise<readonly Incompatibility[]> {
    return this.#store.read(async (transaction) => {
      const { schema, read } = await this.#asRegistered(transaction, subject, request, undefined);
      const rules = await this.#settingsIn(transaction, subject);
      const candidate = read ?? (await this.#read(transaction, subject, schema, rules.policy));
      const type = schema.type as SchemaType;
      if (version === null) return this.#against(transaction, rules, candidate, type, await transaction.versions(subject));
      const found = await this.#versionIn(transaction, subject, version, false);
      return this.#against(transaction, rules, candidate, type, [found]);
    });
  }

  /** What rules for a subject, or a context: its own, the context's, the default. */
  settings(subject: SubjectName): Promise<{ own: Settings; level: CompatibilityLevel; policy: CompatibilityPolicy; mode: Mode }> {
    return this.#store.read((transaction) => this.#settingsIn(transaction, subject));
  }

  changeSettings(subject: SubjectName, change: Partial<Settings>, { force = false } = {}): Promise<void> {
    return this.#store.write(async (transaction) => {
      if (change.mode === "IMPORT" && !force) {
        const own =
          subject.name === "" ? await transaction.allVersions(subject.context, "") : await transaction.versions(subject);
        if (own.some(({ isDeleted }) => !isDeleted))
          throw new RegistryError("NOT_PERMITTED", {
            what: `Cannot import since found existing subjects; delete them, or say force=true`,
          });
      }
      await transaction.changeSettings(subject, change);
    });
  }

  contexts(): Promise<string[]> {
    return this.#store.read(async (transaction) => [...new Set([".", ...(await transaction.contexts())])].toSorted());
  }

  async #settingsIn(transaction: RegistryTransaction, subject: SubjectName) {
    const own = await transaction.settings(subject);
    const ofContext = await transaction.settings({ ...subject, name: "" });
    const global = await transaction.settings({ context: ".", name: "" });
    // A context that is read-only for all, whatever its subjects say.
    const ruling = [ofContext.mode, global.mode].find((mode) => mode === "READONLY_OVERRIDE");
    return {
      own,
      level: own.level ?? ofContext.level ?? global.level ?? defaultLevel,
      policy: own.policy ?? ofContext.policy ?? global.policy ?? defaultPolicy,
      mode: ruling ?? own.mode ?? ofContext.mode ?? global.mode ?? defaultMode,
      normalize: own.normalize ?? ofContext.normalize ?? global.normalize ?? false,
    };
  }

  async #mayWrite(transaction: RegistryTransaction, subject: SubjectName, what: "register" | "import" | "delete"): Promise<void> {
    const { mode } = await this.#settingsIn(transaction, subject);
    if (mode === "READONLY" || mode === "READONLY_OVERRIDE")
      throw new RegistryError("NOT_PERMITTED", {
        what: `Subject ${written(subject)} in context ${subject.context} is in read-only mode`,
      });
    if (what === "import" && mode !== "IMPORT")
      throw new RegistryError("NOT_PERMITTED", { what: `Subject ${written(subject)} is not in import mode` });
    if (what === "register" && mode === "IMPORT")
      throw new RegistryError("NOT_PERMITTED", { what: `Subject ${written(subject)} is in import mode: an id must be given` });
  }

  async #refuseReferred(transaction: RegistryTransaction, { subject, version }: StoredVersion): Promise<void> {
    const referrers = (await transaction.referrers(subject, version)).filter(({ isDeleted }) => !isDeleted);
    if (referrers.length > 0)
      throw new RegistryError("REFERENCE_EXISTS", { what: `{subject=${written(subject)},version=${version}}` });
  }

  async #asRegistered(
    transaction: RegistryTransaction,
    subject: SubjectName,
    { schema: text, schemaType, references = [], metadata, ruleSet }: SchemaRequest,
    normalize: boolean | undefined,
  ): Promise<{ schema: RegisteredSchema; identity: string; read: Comparison | null }> {
    const type = schemaTypeOf(schemaType);
    const isNormalized = normalize ?? (await this.#settingsIn(transaction, subject)).normalize;
    const pinned = await Promise.all(references.map((each) => this.#pinned(transaction, subject, each)));
    const kept = await keptText(type, text, isNormalized, () => this.#resolved(transaction, subject, pinned));
    const ordered = pinned.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const schema = {
      type,
      text: kept.text,
      references: isNormalized ? ordered : pinned,
      metadata: metadata ?? null,
      ruleSet: ruleSet ?? null,
    };
    return { schema, identity: schemaIdentity(schema, kept.says), read: kept.read };
  }

  async #read(transaction: RegistryTransaction, subject: SubjectName, schema: RegisteredSchema, policy: CompatibilityPolicy) {
    const references = await this.#resolved(transaction, subject, schema.references);
    const type = schema.type as SchemaType;
    const text: SchemaText = { schema: parsedText(type, schema.text), references };
    return readSchema(type, text, policy);
  }

  /** Refers to the version that is the newest now, where the newest is asked for: what an id means stays as it is. */
  async #pinned(transaction: RegistryTransaction, subject: SubjectName, reference: SchemaReference): Promise<SchemaReference> {
    if (reference.version !== newest) return reference;
    const target = await this.#referredTo(transaction, subjectNamed(reference.subject, subject.context), newest);
    return target === undefined ? reference : { ...reference, version: target.version };
  }

  async #referredTo(transaction: RegistryTransaction, of: SubjectName, version: number): Promise<StoredVersion | undefined> {
    const all = await transaction.versions(of);
    return version === newest ? all.findLast(({ isDeleted }) => !isDeleted) : all.find((each) => each.version === version);
  }

  /** What is referred to, by name, those first that others refer to. */
  async #resolved(
    transaction: RegistryTransaction,
    subject: SubjectName,
    references: readonly SchemaReference[],
    found = new Map<string, unknown>(),
    open: readonly string[] = [],
    /** By their places: what is referred to by several names, or ways, is read once and is the same object. */
    parsed = new Map<string, unknown>(),
  ): Promise<Map<string, unknown>> {
    for (const { name, subject: from, version } of references) {
      const of = subjectNamed(from, subject.context);
      const place = `${written(of)} version ${version}`;
      if (open.includes(place))
        throw new RegistryError("INVALID_SCHEMA", { what: `its references go in a circle: ${[...open, place].join(" → ")}` });
      const target = await this.#referredTo(transaction, of, version);
      if (target === undefined)
        throw new RegistryError("INVALID_SCHEMA", {
          what: `it refers to ${place} as ${JSON.stringify(name)}, which is not there`,
        });
      const schema = await this.#schemaOf(transaction, target);
      const id = `${schema.context} ${schema.id}`;
      if (!parsed.has(id)) {
        await this.#resolved(transaction, of, schema.references, found, [...open, place], parsed);
        parsed.set(id, parsedText(schema.type as SchemaType, schema.text));
      }
      found.set(name, parsed.get(id));
    }
    return found;
  }

  async #against(
    transaction: RegistryTransaction,
    { level, policy }: { readonly level: CompatibilityLevel; readonly policy: CompatibilityPolicy },
    candidate: ReturnType<typeof readSchema>,
    type: SchemaType,
    versions: readonly StoredVersion[],
  ): Promise<readonly Incompatibility[]> {
    const asked = versionsAskedFor(
      level,
      versions.filter(({ isDeleted }) => !isDeleted),
    );
    const others = await Promise.all(asked.map(async (each) => ({ ...each, schema: await this.#schemaOf(transaction, each) })));
    const changed = others.findLast(({ schema }) => schema.type !== type);
    if (changed !== undefined) return [otherType(changed.version, changed.schema.type, type)];
    const read = others.map(async ({ version, subject: of, schema }) => ({
      version,
      schema: await this.#read(transaction, of, schema, policy),
    }));
    return incompatibilities(candidate, level, await Promise.all(read));
  }

  async #versionIn(
    transaction: RegistryTransaction,
    subject: SubjectName,
    version: number | "latest",
    deleted: boolean,
  ): Promise<StoredVersion> {
    const versions = (await transaction.versions(subject)).filter((each) => deleted || !each.isDeleted);
    if (versions.length === 0) throw new RegistryError("SUBJECT_NOT_FOUND", { subject: written(subject) });
    const found =
      version === "latest" ? versions.findLast(({ isDeleted }) => !isDeleted) : versions.find((each) => each.version === version);
    if (found === undefined) throw new RegistryError("VERSION_NOT_FOUND", { version });
    return found;
  }

  async #schemaOf(transaction: RegistryTransaction, { subject, schemaId }: StoredVersion): Promise<StoredSchema> {
    const schema = await transaction.schemaById(subject.context, schemaId);
    if (schema === null) throw new RegistryError("SCHEMA_NOT_FOUND", { what: `${schemaId} ` });
    return schema;
  }

  #allVersions(transaction: RegistryTransaction, prefix: string): Promise<StoredVersion[]> {
    if (prefix.startsWith(":*:")) return transaction.allVersions(null, prefix.slice(3));
    const { context, name } = prefix === "" ? { context: ".", name: "" } : subjectNamed(prefix);
    return transaction.allVersions(context, name);
  }
}

function isShown({ isDeleted }: StoredVersion, { deleted, deletedOnly }: { deleted: boolean; deletedOnly: boolean }): boolean {
  return deletedOnly ? isDeleted : deleted || !isDeleted;
}

function otherType(version: number, before: string, after: string): Incompatibility {
  const message = `version ${version} is ${before}, and the new schema is ${after}: data of one cannot be read with the other`;
  return { kind: "type_narrowed", path: "", pointer: "", message, direction: "backward", version };
}

function incompatible(found: readonly Incompatibility[]): RegistryError {
  const first = found.slice(0, 5).map(inOneLine);
  const more = found.length > first.length ? `, and ${found.length - first.length} more` : "";
  return new RegistryError("INCOMPATIBLE", { what: `${first.join("; ")}${more}` });
}

const defaultContext = ".";

/** The context in which an id is meant; null where nobody has it any more: it is known for ever, so that it never means another. */
async function contextOf(transaction: RegistryTransaction, id: number, subject: SubjectName | null): Promise<string | null> {
  const { context, name } = subject ?? { context: defaultContext, name: "" };
  const has = async (other: string, named: string): Promise<boolean> =>
    (await transaction.versionsOfSchema(other, id)).some((each) => named === "" || each.subject.name === named);
  if (await has(context, name)) return context;
  if (name === "" || context !== defaultContext) return null;
  for (const other of await transaction.contexts()) if (await has(other, name)) return other;
  return (await has(defaultContext, "")) ? defaultContext : null;
}
