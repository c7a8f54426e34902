import { Breaker, type Outage } from "./breaker.ts";
import type { HandlerSpec } from "./handler-state.ts";
import { ReadingBound } from "./reading-bound.ts";
import { ReadingGate } from "./reading-gate.ts";
import type { ServiceScope } from "./scope.ts";

/** Why a handler does less than it could. It mends itself; the sentence says what else to do. */
export interface Impediment {
  readonly state: "failing" | "full";
  readonly why: string;
}

/** What keeps one handler's failures, and what it parks, from growing without end, on this instance (R6). */
export class HandlerGuards {
  readonly breaker: Breaker;
  /** Whether its lanes may take anything now. */
  readonly gate: ReadingGate;
  readonly #parking: ReadingBound;
  readonly #spec: HandlerSpec<never>;

  constructor(
    spec: HandlerSpec<never>,
    handlerId: number,
    { store, surroundings, logger }: Pick<ServiceScope<unknown>, "store" | "surroundings" | "logger">,
  ) {
    const { clock } = surroundings;
    this.#spec = spec;
    this.breaker = new Breaker(clock, (outage) => {
      if (outage === null) logger.info({ handler: spec.name }, "the handler works again: its breaker has closed");
      else logger.error({ handler: spec.name, ...outage }, `the breaker has opened: ${failingSentence(outage)}`);
    });
    this.#parking = new ReadingBound(clock, {
      most: spec.maxParked,
      resumeAt: resumeAt(spec),
      isStrict: true,
      pollMs: 500,
      count: () => store.unitOfWork((unit) => unit.parked.countOf(handlerId), { readOnly: true }),
      onChange: (isFull) => {
        if (isFull) logger.error({ handler: spec.name, maxParked: spec.maxParked }, `the handler pauses: ${fullSentence(spec)}`);
        else logger.info({ handler: spec.name }, "the handler reads again: fewer events are parked");
      },
    });
    const bounds = [this.#parking];
    if (spec.work.kind === "call") {
      const { concurrency } = spec.work;
      const most = Math.min(2 * concurrency, spec.maxParked);
      // A slow provider must not park the whole topic.
      const ready = (): Promise<number> =>
        store.unitOfWork((unit) => unit.parked.countDue(handlerId, clock.now(), most), { readOnly: true });
      bounds.push(
        new ReadingBound(clock, { most, resumeAt: Math.floor(0.75 * most), isStrict: false, pollMs: 20, count: ready }),
      );
    }
    this.gate = new ReadingGate(surroundings, {
      breaker: this.breaker,
      bounds,
      runs: spec.work.kind !== "call",
      isHandled: ({ type }) => type !== null && spec.contracts.has(type),
    });
  }

  get impediment(): Impediment | null {
    if (this.breaker.outage !== null) return { state: "failing", why: failingSentence(this.breaker.outage) };
    return this.#parking.isFull ? { state: "full", why: fullSentence(this.#spec) } : null;
  }
}

const resumeAt = ({ maxParked }: HandlerSpec<never>): number => Math.floor(maxParked * 0.9);

function failingSentence({ events, failed }: Outage): string {
  return `${failed} of ${events} events failed within 30 s, so what it works with seems to be away; it takes one new event a second and spends no attempts until events of two subjects succeed: look at its errors`;
}

function fullSentence(spec: HandlerSpec<never>): string {
  return `it has parked ${spec.maxParked} events, as many as it may (maxParked), and reads no more until there are ${resumeAt(spec)} or fewer; "throughline failed --handler ${spec.name}" lists its dead letters: redrive or discard them, or raise maxParked`;
}
