import { inspect, isDeepStrictEqual } from "node:util";
import { seededSurroundings } from "throughline";
import type { NewRecord } from "throughline/seams";
import type { GivenEvent } from "./given-event.ts";
import { kitFailure } from "./kit-failure.ts";
import { arrivalOrders, withCopies } from "./permutations.ts";
import { type SubjectNames, subjectNames } from "./subject-names.ts";

export interface AnyOrderOptions {
  /**
   * What the handlers made of one subject, read when everything has settled: plain data without what differs by nature, such as
   * row numbers and times. It is called with the subject that stands for the first event's in that run.
   */
  readonly state: (subject: string) => unknown;
  /** Default: 119, all there are of five events besides the order given. */
  readonly maxPermutations?: number;
  /** How many more times each event is delivered. Default: 1. */
  readonly duplicates?: number;
}

/** What the service under test does for the runs. */
export interface AnyOrderService {
  readonly name: string;
  readonly seed: number;
  /** Makes the record of an event as its publisher would; called in the order given. */
  prepare(contract: GivenEvent["contract"], data: unknown): NewRecord;
  /** Delivers records, and settles when each has been tried. */
  deliver(records: readonly NewRecord[]): Promise<void>;
  settled(): Promise<void>;
  deadLetters(): Promise<
    {
      readonly handler: string;
      readonly error: { readonly message: string };
      readonly event: { readonly type: string; readonly subject: string | null } | null;
    }[]
  >;
}

interface Run {
  readonly names: SubjectNames;
  /** Indices of the events given, as they arrive. */
  readonly arrivals: readonly number[];
  /** By index. */
  readonly records: readonly NewRecord[];
}

/** @see ServiceTest.anyOrderWithDuplicates */
export async function anyOrderWithDuplicates(
  service: AnyOrderService,
  events: readonly GivenEvent[],
  options: AnyOrderOptions,
): Promise<void> {
  if (events.length < 2) throw kitFailure(`anyOrderWithDuplicates needs at least two events, and got ${events.length}`);
  const runs = planRuns(service, events, options);
  await deliverAll(service, runs);
  const describe = (run: number): string => describeRun(run, runs, events);
  await refuseDeadLetters(service, runs, describe);
  await compareStates(service, runs, options, describe);
}

/** The first run is the order given, without duplicates: the others are compared with it. */
function planRuns(
  service: AnyOrderService,
  events: readonly GivenEvent[],
  { maxPermutations = 119, duplicates = 1 }: AnyOrderOptions,
): Run[] {
  const { random } = seededSurroundings(service.seed);
  const given = events.map((_, index) => index);
  const orders = [given, ...arrivalOrders(events.length, maxPermutations, random)].map((order) =>
    withCopies(order, duplicates, random),
  );
  return [given, ...orders].map((arrivals, run) => {
    const names = subjectNames(events, run, random);
    return { names, arrivals, records: events.map(({ contract, data }) => service.prepare(contract, names.rename(data))) };
  });
}

/** All runs side by side, one arrival of each at a time: so they are in order across streams and partitions too. */
async function deliverAll(service: AnyOrderService, runs: readonly Run[]): Promise<void> {
  const longest = Math.max(...runs.map(({ arrivals }) => arrivals.length));
  for (let place = 0; place < longest; place++) {
    const next = runs.map(({ arrivals, records }) => records[arrivals[place] ?? -1]);
    await service.deliver(next.filter((record) => record !== undefined));
  }
  await service.settled();
}

async function refuseDeadLetters(
  service: AnyOrderService,
  runs: readonly Run[],
  describe: (run: number) => string,
): Promise<void> {
  const letters = await service.deadLetters();
  for (const [index, { names }] of runs.entries()) {
    const letter = letters.find(({ event }) => event !== null && names.has(event.subject));
    if (letter === undefined) continue;
    throw kitFailure(
      `A handler of "${service.name}" does not take these events in every order.\n` +
        `  ${describe(index)}\n` +
        `    "${letter.handler}" made ${letter.event?.type} a dead letter: ${letter.error.message}\n` +
        again(service),
    );
  }
}

async function compareStates(
  service: AnyOrderService,
  runs: readonly Run[],
  { state }: AnyOrderOptions,
  describe: (run: number) => string,
): Promise<void> {
  const [given] = runs;
  const stateOf = async ({ names }: Run): Promise<unknown> => names.restore(await state(names.first));
  const expected = given === undefined ? undefined : await stateOf(given);
  for (const [index, run] of runs.entries()) {
    const actual = await stateOf(run);
    if (isDeepStrictEqual(actual, expected)) continue;
    throw kitFailure(
      `The handlers of "${service.name}" end in another state when the same events arrive in another order.\n` +
        `  ${describe(0)}\n    ${show(expected)}\n  ${describe(index)}\n    ${show(actual)}\n` +
        again(service),
      { actual, expected },
    );
  }
}

function describeRun(run: number, runs: readonly Run[], events: readonly GivenEvent[]): string {
  const seen = new Set<number>();
  const types = (runs[run]?.arrivals ?? []).map((event) => {
    const type = `${event + 1}:${events[event]?.contract.type}`;
    const isAgain = seen.has(event);
    seen.add(event);
    return isAgain ? `${type} again` : type;
  });
  const name = run === 0 ? "the order given" : `order ${run} of ${runs.length - 1}`;
  return `${name}: ${types.join(", ")}`;
}

function again({ seed }: AnyOrderService): string {
  return `  Seed ${seed} gives the same orders again.`;
}

function show(state: unknown): string {
  return inspect(state, { depth: 6, breakLength: 120 }).replaceAll("\n", "\n    ");
}
