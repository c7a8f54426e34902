import type { HandlerContracts, PublishedContract, ReadContract, ServiceContracts } from "throughline/system-topics";
import { Readings } from "./reading.ts";
import { type ConsumerBreak, type HandlerPlace, placeText, type ReadingBreak } from "./reading-break.ts";
import type { RunningVersion } from "./running-services.ts";
import type { BreakReport } from "./who-breaks.ts";

/** A service that is going to be deployed. */
export interface Candidate {
  readonly service: string;
  /** Null where it is not known yet. */
  readonly version: string | null;
  readonly contracts: ServiceContracts;
}

export interface ReadingReport extends BreakReport {
  /** Types that it reads and nobody publishes, as far as anybody tells: their handlers wait. */
  readonly unpublished: readonly { readonly type: string; readonly handler: string }[];
}

/** Who may have written, or writes, an event of a type. */
interface Writer {
  /** As sentences name it. */
  readonly name: string;
  readonly publisher: string | null;
  readonly contract: PublishedContract;
}

/**
 * Why a service that is going to be deployed cannot read what it will meet: what runs publishes now, what it publishes itself, and
 * what may still stand in the log.
 * @param history Versions of contracts that were agreed once. Those that are newer than the service knows are left out: that somebody
 *   agreed on them does not mean that they are published.
 */
export function whatItReads(
  { service, version, contracts }: Candidate,
  running: readonly RunningVersion[],
  history: readonly PublishedContract[],
  readings = new Readings(),
): ReadingReport {
  const breaks: ConsumerBreak[] = [];
  const already: ConsumerBreak[] = [];
  const checked: HandlerPlace[] = [];
  const unpublished: { type: string; handler: string }[] = [];
  const writers = writersOf(service, contracts, running, history);
  const runsNow = running.filter((each) => each.service === service).flatMap((each) => each.contracts?.handlers ?? []);
  for (const { name, order, reads } of contracts.handlers) {
    const place = { service, version, handler: name };
    for (const read of reads.filter(({ adopted }) => !adopted)) {
      checked.push(place);
      const breaksBy = (by: readonly Writer[], as: ReadContract, inOrder = order): ConsumerBreak[] =>
        by.filter((writer) => mayMeet(writer, as)).flatMap((writer) => breaksOf(writer, as, inOrder, place, readings));
      const was = new Set(
        runsNow
          .flatMap((handler) =>
            handler.reads.filter(({ type }) => type === read.type).flatMap((each) => breaksBy(writers.now, each, handler.order)),
          )
          .map(keyOf),
      );
      const found = breaksBy([...writers.now, ...writers.next], read).map((each) => [keyOf(each), each] as const);
      for (const [key, each] of new Map(found)) (was.has(key) ? already : breaks).push(each);
      const silent = running.filter((each) => each.contracts === null && each.publishes.includes(read.type));
      for (const each of silent) breaks.push(cannotTell(each, read, place));
      const isPublished =
        silent.length > 0 ||
        [...writers.now, ...writers.next].some(({ contract, publisher }) => publisher !== null && contract.type === read.type);
      if (!isPublished) unpublished.push({ type: read.type, handler: name });
    }
  }
  return { breaks, already, checked, unpublished };
}

/** Older events of a type that it knows, and whatever is published. */
function mayMeet({ contract, publisher }: Writer, { type, version }: ReadContract): boolean {
  return contract.type === type && (publisher !== null || contract.version <= version);
}

function breaksOf(
  { name, publisher, contract }: Writer,
  read: ReadContract,
  order: HandlerContracts["order"],
  place: HandlerPlace,
  readings: Readings,
): ConsumerBreak[] {
  return (
    readings
      .breaks(contract, read, order, { writer: name, reader: placeText(place) })
      // Where older events stand is no matter of what their contract said.
      .filter(({ kind }) => publisher !== null || !ofTheContract.has(kind))
      .map((each) => ({ ...each, consumer: place, type: read.type, version: contract.version, publisher }))
  );
}

const ofTheContract: ReadonlySet<ReadingBreak["kind"]> = new Set<ReadingBreak["kind"]>([
  "stream_changed",
  "subject_changed",
  "tenant_changed",
  "stream_compacted",
]);

/** Who writes now, with what stands in the log; and the service itself when it is deployed. */
function writersOf(
  service: string,
  contracts: ServiceContracts,
  running: readonly RunningVersion[],
  history: readonly PublishedContract[],
): { readonly now: readonly Writer[]; readonly next: readonly Writer[] } {
  const published = running.flatMap((each) =>
    (each.contracts?.publishes ?? []).map((contract) => ({
      name: each.service === service ? service : placeText({ ...each, handler: null }),
      publisher: each.service,
      contract,
    })),
  );
  const agreed = history.map((contract) => ({
    name: `version ${contract.version} as it was agreed`,
    publisher: null,
    contract,
  }));
  return {
    now: [...published, ...agreed],
    next: contracts.publishes.map((contract) => ({ name: service, publisher: service, contract })),
  };
}

function cannotTell(writer: RunningVersion, { type }: ReadContract, place: HandlerPlace): ConsumerBreak {
  const name = placeText({ ...writer, handler: null });
  return {
    kind: "contracts_unknown",
    path: "",
    pointer: "",
    message: `${name} publishes "${type}", which ${placeText(place)} reads, and does not tell what is in it: ${writer.whyUnknown ?? "nobody knows why"}`,
    isCertain: false,
    consumer: place,
    type,
    version: null,
    publisher: writer.service,
  };
}

const keyOf = ({ kind, path, pointer, message, publisher }: ConsumerBreak): string =>
  JSON.stringify([kind, path, pointer, message, publisher]);
