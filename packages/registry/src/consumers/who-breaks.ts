import type { HandlerContracts, PublishedContract, ReadContract } from "throughline/system-topics";
import { Readings } from "./reading.ts";
import { type AgreementKind, type ConsumerBreak, type HandlerPlace, placeText, type ReadingBreak } from "./reading-break.ts";
import type { RunningVersion } from "./running-services.ts";

/** What a service is going to publish in place of what it publishes now. */
export interface PublisherChange {
  readonly service: string;
  readonly publishes: readonly PublishedContract[];
  /** Types that other services will publish, too: that they are published no more by this one takes them from nobody. */
  readonly publishedElsewhere?: ReadonlySet<string>;
}

export interface BreakReport {
  /** What the change breaks, and what nobody can tell of. */
  readonly breaks: readonly ConsumerBreak[];
  /** What is broken already, by what is published now. */
  readonly already: readonly ConsumerBreak[];
  /** The handlers that read something of what changes. */
  readonly checked: readonly HandlerPlace[];
}

/**
 * Names each running handler that a change of what a service publishes would break, with every reason.
 *
 * A handler breaks when an event may be published that its reader refuses, or that is of a version which it does not know; when the
 * stream, subject or tenant is another than it expects; when nobody publishes any more what it reads. Data that goes through an upcaster
 * is not looked at. A consumer that does not tell what it reads is named, as one of which nobody can tell, unless the
 * change lets out nothing that was not let out before.
 *
 * Instances of the service itself that still run read what the new ones publish: for them only refused data is a break,
 * for all else the new ones take over.
 */
export function whoBreaks(change: PublisherChange, running: readonly RunningVersion[], readings = new Readings()): BreakReport {
  const run = new Check(change, running, readings);
  for (const version of running) {
    if (version.contracts === null) run.unknown(version);
    else for (const handler of version.contracts.handlers) run.handler(version, handler);
  }
  return run;
}

class Check implements BreakReport {
  readonly breaks: ConsumerBreak[] = [];
  readonly already: ConsumerBreak[] = [];
  readonly checked: HandlerPlace[] = [];
  readonly #change: PublisherChange;
  readonly #readings: Readings;
  readonly #before: readonly PublishedContract[];
  readonly #removed: ReadonlySet<string>;

  constructor(change: PublisherChange, running: readonly RunningVersion[], readings: Readings) {
    this.#change = change;
    this.#readings = readings;
    const own = running.filter(({ service }) => service === change.service);
    this.#before = own.flatMap(({ contracts }) => contracts?.publishes ?? []);
    const elsewhere = new Set([
      ...(change.publishedElsewhere ?? []),
      ...running.filter(({ service }) => service !== change.service).flatMap(({ publishes }) => publishes),
      ...change.publishes.map(({ type }) => type),
    ]);
    this.#removed = new Set(own.flatMap(({ publishes }) => publishes).filter((type) => !elsewhere.has(type)));
  }

  handler({ service, version }: RunningVersion, { name, order, reads }: HandlerContracts): void {
    const place = { service, version, handler: name };
    for (const read of reads.filter(({ adopted }) => !adopted)) {
      const published = this.#change.publishes.filter(({ type }) => type === read.type);
      if (published.length > 0 || this.#removed.has(read.type)) this.checked.push(place);
      for (const each of published) this.#add(place, each, this.#compared(place, each, read, order));
      if (this.#removed.has(read.type)) this.#removedFor(place, read.type);
    }
  }

  #compared(
    place: HandlerPlace,
    published: PublishedContract,
    read: ReadContract,
    order: HandlerContracts["order"],
  ): { now: readonly ReadingBreak[]; before: readonly ReadingBreak[] } {
    const names = { writer: this.#change.service, reader: placeText(place) };
    const of = (each: PublishedContract): readonly ReadingBreak[] => this.#readings.breaks(each, read, order, names);
    return { now: of(published), before: this.#before.filter(({ type }) => type === published.type).flatMap(of) };
  }

  /** Of a consumer that does not tell its schemas. */
  unknown({ service, version, handles, whyUnknown }: RunningVersion): void {
    for (const { handler, types, streams } of handles) {
      const place = { service, version, handler };
      const cannotTell = (what: string): ReadingBreak =>
        madeBreak(
          "contracts_unknown",
          `${what}, and ${placeText(place)} does not tell what it reads: ${whyUnknown ?? "nobody knows why"}`,
          false,
        );
      for (const published of this.#change.publishes) {
        const known = types?.find(({ type }) => type === published.type);
        const from = [published, ...this.#before.filter(({ type }) => type === published.type)].map(({ stream }) => stream);
        if (types === null ? !from.some((stream) => streams.includes(stream)) : known === undefined) continue;
        this.checked.push(place);
        const of = (each: PublishedContract): ReadingBreak[] => [
          ...(known !== undefined && each.version > known.version
            ? [newer(this.#change.service, each, place, known.version)]
            : []),
          ...(known !== undefined && !streams.includes(each.stream) ? [moved(this.#change.service, each, place, streams)] : []),
        ];
        const now = of(published);
        const before = this.#before.filter(({ type }) => type === published.type);
        const change = now.length > 0 ? null : this.#changeOf(published, before);
        this.#add(place, published, {
          now: change === null ? now : [cannotTell(change)],
          before: before.flatMap(of),
        });
      }
      for (const type of this.#removed) {
        const stream = this.#before.find((each) => each.type === type)?.stream;
        const isRead =
          types === null ? stream !== undefined && streams.includes(stream) : types.some((each) => each.type === type);
        if (!isRead) continue;
        this.checked.push(place);
        if (types === null) this.#put(place, type, null, [cannotTell(`"${type}" is not published any more`)], []);
        else this.#removedFor(place, type);
      }
    }
  }

  /** What is let out that was not before, as the beginning of a sentence; null when nothing is. */
  #changeOf(published: PublishedContract, before: readonly PublishedContract[]): string | null {
    const { type, version } = published;
    const names = { writer: "the new contract", reader: "the contract that runs" };
    const same = before.filter((each) => each.version === version);
    if (same.length === 0) return `version ${version} of "${type}" was not published before`;
    const facts = ["stream", "subject", "tenant", "compacted"] as const;
    const reasons = same.map((each) => [
      ...facts.filter((fact) => each[fact] !== published[fact]).map((fact) => `its ${fact} changes`),
      ...(JSON.stringify(each.encoding ?? null) === JSON.stringify(published.encoding ?? null) ? [] : ["its encoding changes"]),
      ...this.#readings.adds(published.schema, each.schema, names).map(({ message }) => message),
    ]);
    const [first] = reasons;
    return reasons.some((each) => each.length === 0) ? null : `"${type}" changes (${first?.[0] ?? "in some way"})`;
  }

  #removedFor(place: HandlerPlace, type: string): void {
    const message = `"${type}" is not published any more by ${this.#change.service} or anybody else; ${placeText(place)} reads it`;
    this.#put(place, type, null, [madeBreak("contract_removed", message)], []);
  }

  #add(
    place: HandlerPlace,
    { type, version }: PublishedContract,
    { now, before }: { now: readonly ReadingBreak[]; before: readonly ReadingBreak[] },
  ): void {
    this.#put(place, type, version, now, before);
  }

  #put(
    place: HandlerPlace,
    type: string,
    version: number | null,
    now: readonly ReadingBreak[],
    before: readonly ReadingBreak[],
  ): void {
    const was = new Set(before.map(keyOf));
    for (const each of now) {
      if (place.service === this.#change.service && endsWithTheDeploy.has(each.kind)) continue;
      const list = was.has(keyOf(each)) ? this.already : this.breaks;
      list.push({ ...each, consumer: place, type, version, publisher: this.#change.service });
    }
  }
}

/** Of instances that are about to be replaced, which new ones take over from. */
const endsWithTheDeploy: ReadonlySet<ReadingBreak["kind"]> = new Set<AgreementKind>([
  "contract_removed",
  "version_newer",
  "stream_changed",
  "subject_changed",
  "tenant_changed",
  "stream_compacted",
]);

const keyOf = ({ kind, path, pointer, message }: ReadingBreak): string => JSON.stringify([kind, path, pointer, message]);

const madeBreak = (kind: AgreementKind, message: string, isCertain = true): ReadingBreak => ({
  kind,
  path: "",
  pointer: "",
  message,
  isCertain,
});

function newer(service: string, { type, version }: PublishedContract, place: HandlerPlace, known: number): ReadingBreak {
  const message = `${service} publishes version ${version} of "${type}"; ${placeText(place)} knows it up to version ${known}: such events are parked, and are dead letters after a day`;
  return madeBreak("version_newer", message);
}

function moved(
  service: string,
  { type, stream }: PublishedContract,
  place: HandlerPlace,
  streams: readonly string[],
): ReadingBreak {
  const message = `"${type}" is published to "${stream}" by ${service}; ${placeText(place)} reads only ${streams.map((each) => `"${each}"`).join(", ")}`;
  return madeBreak("stream_changed", message);
}
