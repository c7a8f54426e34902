import type { EventContract } from "throughline";
import type { RegistrySchema, RegistryVersion, SchemaRegistry, WriterSchema } from "throughline/seams";
import { registrySubjectOf } from "throughline/contracts";

/** The schemas of one test's world: it knows every one that it is asked for. */
export class KitRegistry implements SchemaRegistry {
  readonly url = "memory:";
  readonly #versions: RegistryVersion[] = [];

  /** The id of what a contract's events are written with; null where that is JSON. */
  idOf({ type, version, encoding = null }: EventContract): number | null {
    return encoding === null ? null : this.#add(registrySubjectOf(type, version), encoding).id;
  }

  writerOf(id: number): WriterSchema | null {
    const found = this.#versions.find((each) => each.id === id);
    return found === undefined ? null : { schemaType: found.schemaType, schema: found.schema, imports: {} };
  }

  register(subject: string, schema: RegistrySchema): Promise<RegistryVersion> {
    return Promise.resolve(this.#add(subject, schema));
  }

  lookUp(subject: string, schema: RegistrySchema): Promise<RegistryVersion> {
    return this.register(subject, schema);
  }

  byId(id: number): Promise<RegistrySchema | null> {
    return Promise.resolve(this.#versions.find((each) => each.id === id) ?? null);
  }

  bySubject(subject: string, version: number | "latest"): Promise<RegistryVersion | null> {
    const found = this.#versions.filter((each) => each.subject === subject);
    return Promise.resolve((version === "latest" ? found.at(-1) : found.find((each) => each.version === version)) ?? null);
  }

  versions(subject: string): Promise<number[]> {
    return Promise.resolve(this.#versions.filter((each) => each.subject === subject).map(({ version }) => version));
  }

  subjects(): Promise<string[]> {
    return Promise.resolve([...new Set(this.#versions.map(({ subject }) => subject))]);
  }

  check(): Promise<{ isCompatible: true; reasons: [] }> {
    return Promise.resolve({ isCompatible: true, reasons: [] });
  }

  setCompatibility: SchemaRegistry["setCompatibility"] = (_, wanted) => Promise.resolve(wanted);

  #add(subject: string, { schemaType, schema }: RegistrySchema): RegistryVersion {
    const ofSubject = this.#versions.filter((each) => each.subject === subject);
    const known = ofSubject.find((each) => each.schemaType === schemaType && each.schema === schema);
    if (known !== undefined) return known;
    const added = { subject, version: ofSubject.length + 1, id: this.#versions.length + 1, schemaType, schema };
    this.#versions.push(added);
    return added;
  }
}
