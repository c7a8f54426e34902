import type { HandlerContracts, PublishedContract, ReadContract } from "throughline/system-topics";
import { type Comparison, executedComparison } from "../compatibility/check-compatibility.ts";
import type { Difference } from "../compatibility/difference.ts";
import { SchemaInvalid } from "../compatibility/schema-invalid.ts";
import { encodingBreaks, fillsIn } from "./encoding-breaks.ts";
import type { AgreementKind, ReadingBreak } from "./reading-break.ts";

export interface Names {
  /** Whoever publishes, as sentences name it. */
  readonly writer: string;
  readonly reader: string;
}

type Schema = PublishedContract["schema"];

/** Compares what is published with what is read. What was compared once is remembered, for many handlers read the same. */
export class Readings {
  readonly #comparisons = new Map<number, Comparison>();
  readonly #found = new Map<string, readonly Difference[]>();
  /** Pairs without a difference: whatever they are called. */
  readonly #proven = new Set<string>();
  readonly #ids = new WeakMap<Schema, number>();
  readonly #idsByText = new Map<string, number>();

  /** Why a handler cannot read the events of a published contract; empty when it can. */
  breaks(
    published: PublishedContract,
    read: ReadContract,
    order: HandlerContracts["order"],
    names: Names,
  ): readonly ReadingBreak[] {
    const { type } = published;
    if (published.stream !== read.stream)
      return [
        certain(
          "stream_changed",
          `"${type}" is published to "${published.stream}" by ${names.writer}; ${names.reader} reads it from "${read.stream}"`,
        ),
      ];
    if (published.version > read.version)
      return [
        certain(
          "version_newer",
          `${names.writer} publishes version ${published.version} of "${type}"; ${names.reader} knows it up to version ${read.version}: such events are parked, and are dead letters after a day`,
        ),
      ];
    const undecodable = encodingBreaks(published, read, names);
    const unreadable = isLifted(published, read) ? [] : this.#schemaBreaks(published.schema, read.schema, names);
    return [
      ...this.#agreementBreaks(published, read, order, names),
      ...undecodable,
      ...(fillsIn(published, read) ? unreadable.map(unlessFilledIn) : unreadable),
    ];
  }

  /** What one publisher's schema lets out and another's does not; empty when it lets out nothing else. */
  adds(next: Schema, before: Schema, names: Names): readonly ReadingBreak[] {
    return this.#schemaBreaks(next, before, names);
  }

  #agreementBreaks(
    published: PublishedContract,
    read: ReadContract,
    order: HandlerContracts["order"],
    { writer, reader }: Names,
  ): ReadingBreak[] {
    const { type } = published;
    const found: ReadingBreak[] = [];
    if (published.subject !== read.subject)
      found.push(
        certain(
          "subject_changed",
          `the subject of "${type}" is "${published.subject}" for ${writer} and "${read.subject}" for ${reader}: it decides what is in order, and what an event is about`,
        ),
      );
    if (read.tenant !== null && published.tenant !== read.tenant)
      found.push(
        certain(
          "tenant_changed",
          `the tenant of "${type}" is ${published.tenant === null ? "not told" : `"${published.tenant}"`} by ${writer}; ${reader} has it from "${read.tenant}"`,
        ),
      );
    if (published.compacted && order === "sequential")
      found.push(
        certain(
          "stream_compacted",
          `${writer} keeps only the newest event of each subject in "${published.stream}"; ${reader} has the order "sequential", which needs all of them`,
        ),
      );
    return found;
  }

  #schemaBreaks(writer: Schema, reader: Schema, names: Names): readonly ReadingBreak[] {
    return this.#differences(writer, reader, names).map((difference) => ({
      ...difference,
      isCertain: difference.kind !== "too_complex" && difference.kind !== "not_understood",
    }));
  }

  #differences(writer: Schema, reader: Schema, names: Names): readonly Difference[] {
    const pair = `${this.#id(writer)}<${this.#id(reader)}`;
    if (this.#proven.has(pair)) return [];
    const key = `${pair} ${names.writer}\n${names.reader}`;
    let found = this.#found.get(key);
    if (found === undefined) this.#found.set(key, (found = this.#compared(writer, reader, names)));
    if (found.length === 0) this.#proven.add(pair);
    return found;
  }

  #compared(writer: Schema, reader: Schema, names: Names): readonly Difference[] {
    try {
      return this.#comparison(reader).reads(this.#comparison(writer), names);
    } catch (error) {
      if (!(error instanceof SchemaInvalid)) throw error;
      return [{ kind: "too_complex", path: "", pointer: "", message: `a schema of it cannot be read: ${error.message}` }];
    }
  }

  #comparison(schema: Schema): Comparison {
    const id = this.#id(schema);
    let comparison = this.#comparisons.get(id);
    if (comparison === undefined) this.#comparisons.set(id, (comparison = executedComparison(schema)));
    return comparison;
  }

  /** Two that say the same have the same one. */
  #id(schema: Schema): number {
    let id = this.#ids.get(schema);
    if (id !== undefined) return id;
    const text = JSON.stringify(schema);
    id = this.#idsByText.get(text) ?? this.#idsByText.size;
    this.#idsByText.set(text, id);
    this.#ids.set(schema, id);
    return id;
  }
}

/** Where what is absent may be filled in, that something need not be there is no proof that it will be missed. */
function unlessFilledIn(found: ReadingBreak): ReadingBreak {
  return found.kind === "required_added" ? { ...found, isCertain: false } : found;
}

/** Its data goes through an upcaster, which is code: what comes of it cannot be told from schemas. */
function isLifted(published: PublishedContract, { version, lifts }: ReadContract): boolean {
  return lifts.some((from) => from >= published.version && from < version);
}

const certain = (kind: AgreementKind, message: string): ReadingBreak => ({
  kind,
  path: "",
  pointer: "",
  message,
  isCertain: true,
});
