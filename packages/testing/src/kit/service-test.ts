import { type Event, type EventContract, type EventData, type EventOf, newEventId, seededSurroundings } from "throughline";
import type { LogRecord, ParkedReason, Surroundings } from "throughline/seams";
import {
  type DeadLetter,
  deadLetterTopic,
  isSystemTopic,
  readDeadLetter,
  readReceipt,
  receiptsTopic,
  type RedriveRequest,
  redriveRecord,
} from "throughline/system-topics";
import { anyOrderWithDuplicates, type AnyOrderOptions } from "./any-order.ts";
import type { GivenEvent } from "./given-event.ts";
import { type GivenRecord, givenRecord } from "./given-record.ts";
import type { Host } from "./host.ts";
import { kitFailure } from "./kit-failure.ts";
import { type GivenOptions, Publisher } from "./publisher.ts";
import { asEventOf, readEvent } from "./read-event.ts";

/** A dead letter, with the event that it holds; null where its bytes could not be decoded. */
export interface HeldLetter extends DeadLetter {
  readonly event: Event | null;
}

/** An event that a handler holds back. */
export interface ParkedEvent {
  readonly handler: string;
  readonly event: Event | null;
  /** `gap`: it waits for a missing predecessor; `behind`: for one that is held itself; `version`: for newer code. */
  readonly reason: ParkedReason;
  /** How often it was tried. */
  readonly attempts: number;
}

/**
 * One service under test, made by `testService`. Everything is asynchronous and settles first: what follows from earlier calls,
 * and from what routes published meanwhile, is done when a method answers.
 */
export class ServiceTest {
  readonly #host: Host<unknown>;
  readonly #surroundings: Surroundings;
  readonly #publisher: Publisher;

  /** Use `testService`. */
  constructor(host: Host<unknown>) {
    this.#host = host;
    // Of its own, so that the ids of given events do not depend on what the service draws.
    this.#surroundings = { clock: host.surroundings.clock, random: seededSurroundings(host.seed ^ 0x6b_69_74).random };
    this.#publisher = new Publisher(this.#surroundings, host.registry);
  }

  /** The virtual time, in milliseconds since 1970. */
  get nowMs(): number {
    return this.#host.nowMs;
  }

  /**
   * An event happens: appended as its publisher would, and handled. Settles when everything that follows from it in this
   * service is done: retries were run through, and what was published is on the log. Returns the event as handlers saw it.
   * Rejects with `EVENT_INVALID` for data that no publisher could publish.
   * @example
   *   // given an order, when it completes, then there is an invoice
   *   await t.when(OrderCreated, { order_id: "o1", total: 25 });
   *   await t.when(OrderCompleted, { order_id: "o1", total: 25 });
   *   assert.deepEqual(store.get("invoice:o1"), { total: 25 });
   * @example
   *   // the same event twice: the publisher's relay died before it could note that it had sent it
   *   const first = await t.when(OrderCompleted, order);
   *   await t.when(OrderCompleted, order, { id: first.id });
   */
  async when<Contract extends EventContract>(
    contract: Contract,
    data: EventData<Contract>,
    options: GivenOptions = {},
  ): Promise<EventOf<Contract>> {
    this.#refuseUnread(contract.stream, `"${contract.stream}" of ${contract.type}`);
    const { event, record } = this.#publisher.prepare(contract, data, options);
    await this.#host.append([record]);
    await this.#host.settled();
    return event as EventOf<Contract>;
  }

  /**
   * A record is appended to a topic as it is, and handled: one of an existing topic that a contract of the service adopts, or one
   * that is broken. Settles as `when` does.
   * @example
   *   await t.whenRecord("orders-v1", { value: JSON.stringify({ change: "c1", order_id: "o1", state: "open" }) });
   */
  async whenRecord(topic: string, record: GivenRecord): Promise<void> {
    this.#refuseUnread(topic, `"${topic}"`);
    await this.#host.append([givenRecord(topic, record)]);
    await this.#host.settled();
  }

  /**
   * Settles when everything is done that follows from what happened so far: after a route that published, for instance.
   * @example
   *   await app.inject({ method: "POST", url: "/orders/o1/complete" });
   *   await t.settled();
   */
  settled(): Promise<void> {
    return this.#host.settled();
  }

  /**
   * The events that the service published so far, in the order in which they reached the log; of one contract, or all. One that
   * is on the log twice, after a crash, is one event.
   * @example
   *   const [invoice] = await t.published(InvoiceCreated);
   *   assert.equal(invoice?.data.total, 25);
   *   assert.equal(invoice?.causationId, completed.id);
   */
  published(): Promise<Event[]>;
  published<Contract extends EventContract>(contract: Contract): Promise<EventOf<Contract>[]>;
  async published(contract?: EventContract): Promise<Event[]> {
    await this.#host.settled();
    const own = deadLetterTopic(this.#host.service.name);
    const events = this.#host.appended
      .filter(({ topic }) => !isSystemTopic(topic) && topic !== own)
      .map((record) => readEvent(record));
    const first = new Map(
      events
        .filter((event) => event !== null)
        .toReversed()
        .map((event) => [`${event.source}\n${event.id}`, event]),
    );
    const published = [...first.values()].toReversed();
    return contract === undefined
      ? published
      : published.filter(({ type }) => type === contract.type).map((event) => asEventOf(contract, event, this.#host.registry));
  }

  /**
   * The dead letters that nobody has answered yet, oldest first.
   * @example
   *   const [letter] = await t.deadLetters();
   *   assert.equal(letter?.handler, "create-invoice");
   *   assert.match(letter?.error.message ?? "", /no such customer/);
   */
  async deadLetters(): Promise<HeldLetter[]> {
    await this.#host.settled();
    const standing: HeldLetter[] = [];
    for (const { letter, original } of this.#letters()) {
      const row = await this.#host.read((unit) => unit.parked.get(letter.failureId));
      // One that died again is another letter of the same failure; the last one tells how it stands.
      if (row?.state === "dead") standing.push({ ...letter, event: this.#read(original) });
    }
    return [...new Map(standing.map((letter) => [letter.failureId, letter])).values()];
  }

  /**
   * Hands a dead letter to its handler again, as `throughline redrive` does, with other data where some is given (or another
   * `value`, for a record that is no CloudEvent); settles when it is handled. Rejects when the service refuses.
   * @example
   *   const [letter] = await t.deadLetters();
   *   isBroken = false;
   *   if (letter) await t.redrive(letter);
   *   assert.deepEqual(await t.deadLetters(), []);
   */
  async redrive(
    failure: Pick<DeadLetter, "failureId">,
    options: { data?: unknown; value?: string | Uint8Array } = {},
  ): Promise<void> {
    const { data, value = data === undefined ? null : JSON.stringify(data) } = options;
    const editedValue = typeof value === "string" ? Buffer.from(value) : value;
    await this.#request(failure, { action: "redrive", editedValue });
  }

  /**
   * Gives a dead letter up: it counts as handled, and later events of its subject go on.
   * @example
   *   const [letter] = await t.deadLetters();
   *   if (letter) await t.discard(letter);
   */
  discard(failure: Pick<DeadLetter, "failureId">): Promise<void> {
    return this.#request(failure, { action: "discard", editedValue: null });
  }

  /**
   * The events that handlers hold back now, oldest first: those behind a dead letter, before a missing predecessor, or of a
   * version that the code does not know. (Retries are none: they have been run through.)
   * @example
   *   await t.when(OrderUpdated, order, { sequence: 2 });
   *   assert.deepEqual((await t.parked()).map(({ reason }) => reason), ["gap"]);
   */
  async parked(): Promise<ParkedEvent[]> {
    await this.#host.settled();
    return this.#host.read(async (unit) => {
      const parked: ParkedEvent[] = [];
      for (const { id, name, liveEpoch } of await unit.handlers.all()) {
        for (const { state, handled, record, reason, attempts } of await unit.parked.ofRun(
          { handlerId: id, epoch: liveEpoch },
          100_000,
        )) {
          // Of a type that the handler does not handle it only notes the number.
          if (state === "waiting" && handled)
            parked.push({ handler: name, event: this.#read(record), reason, attempts: attempts.length });
        }
      }
      return parked;
    });
  }

  /**
   * Lets virtual time pass, and does what falls due in it: an event whose predecessor does not come is a dead letter after a
   * minute. Milliseconds.
   * @example
   *   await t.when(OrderUpdated, order, { sequence: 2 });
   *   await t.advance(60_000);
   *   assert.equal((await t.deadLetters())[0]?.reason, "gap");
   */
  advance(ms: number): Promise<void> {
    return this.#host.advance(ms);
  }

  /**
   * The process dies, as by kill -9, just before the next COMMIT that stores what came of an event: the transaction is rolled
   * back, and nothing that the instance knew survives. Another instance takes over and handles the event again. What a handler
   * did outside of its transaction has then happened twice. (The test's own variables live on: they are the world outside.)
   * The next call that settles rejects when no such transaction came.
   * @example
   *   t.crashBeforeCommit();
   *   await t.when(OrderCompleted, order);
   *   assert.equal((await t.published(InvoiceCreated)).length, 1);
   */
  crashBeforeCommit(): void {
    this.#host.crashAt("before COMMIT");
  }

  /**
   * The process dies just after the next COMMIT that stores what came of an event, before it learns of it. Another instance
   * takes over, and finds the event handled; what was published in that transaction still leaves.
   * The next call that settles rejects when no such transaction came.
   * @example
   *   t.crashAfterCommit();
   *   await t.when(OrderCompleted, order);
   *   assert.equal((await t.published(InvoiceCreated)).length, 1);
   */
  crashAfterCommit(): void {
    this.#host.crashAt("after COMMIT");
  }

  /**
   * Delivers the same events in every order, each of them more than once, and checks that no order makes a dead letter and that
   * all of them end in the state of the order given. Each order runs under subjects of its own: wherever a subject's id stands
   * as a whole value in the data, the run's id stands in its place. Up to five events all orders are tried, else a sample.
   * @example
   *   await t.anyOrderWithDuplicates(
   *     [event(OrderCreated, { order_id: "o1", total: 20 }), event(OrderUpdated, { order_id: "o1", total: 25 })],
   *     { state: (order) => store.get(`order:${order}`) },
   *   );
   */
  async anyOrderWithDuplicates(events: readonly GivenEvent[], options: AnyOrderOptions): Promise<void> {
    const host = this.#host;
    await host.settled();
    await anyOrderWithDuplicates(
      {
        name: host.service.name,
        seed: host.seed,
        prepare: (contract, data) => this.#publisher.prepare(contract, data).record,
        deliver: async (records) => {
          await host.append(records);
          await host.tried();
        },
        settled: () => host.settled(),
        deadLetters: () => this.deadLetters(),
      },
      events,
      options,
    );
  }

  /** Closes the service, its log and its store. Idempotent. */
  close(): Promise<void> {
    return this.#host.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** As the service reads it, by its adopting contracts where it is no CloudEvent. */
  #read(record: LogRecord): Event | null {
    return readEvent(
      record,
      this.#host.service.handlers.flatMap(({ contracts }) => contracts),
    );
  }

  #refuseUnread(stream: string, what: string): void {
    const { service, streams } = this.#host;
    if (streams.includes(stream)) return;
    throw kitFailure(
      `no handler of "${service.name}" reads the stream ${what}; it reads ${streams.length === 0 ? "none" : streams.join(", ")}`,
    );
  }

  #letters(): { letter: DeadLetter; original: LogRecord }[] {
    const topic = deadLetterTopic(this.#host.service.name);
    return this.#host.appended
      .filter((record) => record.topic === topic)
      .map(readDeadLetter)
      .filter((letter) => letter !== null);
  }

  async #request(
    { failureId }: Pick<DeadLetter, "failureId">,
    request: Pick<RedriveRequest, "action" | "editedValue">,
  ): Promise<void> {
    const { service, appended } = this.#host;
    const found = this.#letters().find(({ letter }) => letter.failureId === failureId);
    if (found === undefined)
      throw kitFailure(`"${service.name}" has no dead letter with the failure id ${failureId}; take one from t.deadLetters()`);
    const requestId = newEventId(this.#surroundings);
    const { handler } = found.letter;
    await this.#host.append([
      redriveRecord({
        ...request,
        requestId,
        service: service.name,
        handler,
        failureId,
        by: "test",
        reason: null,
        atMs: this.nowMs,
        original: found.original,
        force: false,
      }),
    ]);
    await this.#host.settled();
    const answers = appended.filter(({ topic }) => topic === receiptsTopic).map(({ value }) => readReceipt(value));
    const refusal = answers.find(
      (receipt) => receipt?.kind === "event" && receipt.requestId === requestId && receipt.outcome === "refused",
    );
    if (refusal?.kind === "event")
      throw kitFailure(
        `"${service.name}" refused to ${request.action} ${failureId}: ${refusal.error?.message ?? "it gave no reason"}`,
      );
  }
}
