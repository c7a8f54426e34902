import * as fc from "fast-check";

/** One record of a subject, as it arrives. */
export interface Arrival {
  readonly id: string;
  readonly number: number;
  readonly epoch: number;
  readonly isHandled: boolean;
}

export interface Scenario {
  readonly policy: "sequential" | "latest" | "any";
  readonly afterDeadLetter: "hold" | "continue";
  readonly batchSize: number;
  readonly arrivals: readonly Arrival[];
  /** After how many arrivals the service is closed and started again. */
  readonly restarts: readonly number[];
  /** How often an event fails before it is applied; more than the retries there are is for good. */
  readonly failures: Readonly<Record<string, number>>;
  /** Numbers were left out that never come. */
  readonly hasGaps: boolean;
}

export const retries = 3;

const idOf = (n: number): string => `e-${n}`;

/** 8 to 14 events of a subject, in any order, with everything that may happen to them. */
export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    policy: fc.constantFrom("sequential", "latest", "any"),
    afterDeadLetter: fc.constantFrom("hold", "continue"),
    batchSize: fc.integer({ min: 1, max: 6 }),
    events: fc.array(
      fc.record({
        isHandled: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
        failures: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 2, 3, retries + 1),
        isMissing: fc.integer({ min: 0, max: 29 }).map((n) => n === 29),
        copies: fc.constantFrom(0, 0, 1, 2),
        /** It is an earlier event that was published again, under a number of its own. */
        isAgain: fc.integer({ min: 0, max: 19 }).map((n) => n === 19),
        place: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { minLength: 8, maxLength: 14 },
    ),
    /** Where a new numbering begins; beyond the events there is none. */
    rebasedAt: fc.integer({ min: 4, max: 40 }),
    restarts: fc.array(fc.integer({ min: 1, max: 14 }), { maxLength: 2 }),
    copyPlaces: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 28, maxLength: 28 }),
  })
  .map(({ events, rebasedAt, copyPlaces, restarts, ...rest }): Scenario => {
    const placed: { place: number; arrival: Arrival }[] = [];
    let copies = 0;
    for (const [index, event] of events.entries()) {
      const isRebased = index >= rebasedAt;
      const arrival: Arrival = {
        id: idOf(event.isAgain && index > 1 ? index - 2 : index),
        number: isRebased ? index - rebasedAt + 1 : index + 1,
        epoch: isRebased ? 1 : 0,
        isHandled: event.isAgain && index > 1 ? (events[index - 2]?.isHandled ?? true) : event.isHandled,
      };
      if (event.isMissing) continue;
      // A new numbering begins when the old one is over: what it published stands before it in the log.
      const placeOf = (place: number): number => (isRebased ? 1 : 0) + place;
      placed.push({ place: placeOf(event.place), arrival });
      for (let copy = 0; copy < event.copies; copy++) placed.push({ place: placeOf(copyPlaces[copies++ % 28] ?? 0), arrival });
    }
    return {
      ...rest,
      arrivals: placed.sort((a, b) => a.place - b.place).map(({ arrival }) => arrival),
      restarts: [...new Set(restarts)].sort((a, b) => a - b),
      failures: Object.fromEntries(events.map(({ failures }, index) => [idOf(index), failures])),
      hasGaps: events.some(({ isMissing }) => isMissing),
    };
  });
