import type { EventContract } from "../contract/index.ts";
import { crashPoint } from "../crash/index.ts";
import { isThroughlineError } from "../errors/index.ts";
import { CallRunner } from "../handling/calls.ts";
import { Consumer } from "../handling/consumer.ts";
import { Drain } from "../handling/drain.ts";
import type { HandlerState } from "../handling/handler-state.ts";
import { ReceiptReporter } from "../handling/receipt-reporter.ts";
import { waitFor } from "../handling/retry-wait.ts";
import type { ServiceScope } from "../handling/scope.ts";
import { OutboxRelay } from "../outbox/relay.ts";
import { storeBehind } from "../outbox/store-behind.ts";
import { redriveRequests } from "../redrive/redrive-requests.ts";
import { serviceMetrics } from "../metrics/service-metrics.ts";
import { CommandAnswers } from "../operations/command-answers.ts";
import { serviceCommands } from "../operations/service-commands.ts";
import { ServiceControls } from "../operations/service-controls.ts";
import type { ReplayRefusal } from "../replay/replay-commands.ts";
import type { Timer } from "../seams/runtime.ts";
import { commandsTopic, redriveTopic } from "../system-topics/index.ts";
import { Announcer } from "./announcer.ts";
import { Probes, type ProbesOptions } from "./probes.ts";
import { ensureTopic, restoreSystemTopics } from "./service-topics.ts";
import type { Timings } from "./timings.ts";

const refreshEveryMs = 2_000;
const forgetEveryMs = 60_000;
const storeAnswersWithinMs = 1_000;
/** What the deadline ends has so long to roll back. */
const overdueMs = 1_000;
const sweepSize = 2_000;
/** Between two pieces, so that handlers have their turn. */
const sweepPauseMs = 10;
const restoreTopicsEveryMs = 10_000;

export interface Health {
  /** False when a loop of the service stands still. */
  readonly live: boolean;
  /**
   * False until it has joined its group, and while its store cannot be reached or was put back to an older state than the log's
   * (`STORE_BEHIND_LOG`). A handler that lags or is paused is no reason.
   */
  readonly ready: boolean;
  /** What is not as usual, in sentences: what stopped, and what on call paused, limited or holds. */
  readonly problems: readonly string[];
}

interface Parts<Tx> {
  readonly scope: ServiceScope<Tx>;
  readonly handlers: readonly HandlerState<Tx>[];
  readonly internal: { readonly redriveId: number; readonly commandsId: number };
  readonly publishes: readonly EventContract[];
  readonly controllers: { readonly closing: AbortController; readonly deadline: AbortController };
  readonly timings: Timings;
  /** Null: nobody asked for them. */
  readonly probes: ProbesOptions | null;
  /** Closes what start() opened: the store, and the log where it is the service's own. */
  readonly release: () => Promise<void>;
}

/** A started service. */
export interface Running {
  /**
   * Takes no new work, finishes or rolls back what runs, sends what was published, leaves the group and closes what `start`
   * opened. What is not done by the deadline (25 s) is ended and rolled back; nothing is lost. Idempotent.
   */
  close(): Promise<void>;
  /** Asks the store; settles within its own time limits. */
  health(): Promise<Health>;
  /** What `/metrics` answers: Prometheus' text format, for a server of your own. Never rejects. */
  metrics(): Promise<string>;
  /** Where `/livez`, `/readyz` and `/metrics` are answered; null when they are not. */
  readonly probesPort: number | null;
  [Symbol.asyncDispose](): Promise<void>;
}

export class RunningService<Tx> implements Running {
  readonly #parts: Parts<Tx>;
  readonly #consumer: Consumer<Tx>;
  readonly #drain: Drain<Tx>;
  readonly #calls: CallRunner<Tx>[];
  readonly #relay: OutboxRelay;
  readonly #receipts: ReceiptReporter;
  readonly #announcer: Announcer<Tx>;
  readonly #probes = new Probes(this);
  readonly #controls: ServiceControls<Tx>;
  readonly #answers = new CommandAnswers();
  readonly #refusals: ReplayRefusal[] = [];
  readonly #relayEnd = new AbortController();
  #committed: { stop(): void } | null = null;
  #refreshTimer: Timer | null = null;
  #refreshing: Promise<void> = Promise.resolve();
  #forgottenAtMs = 0;
  #restoredTopicsAtMs = 0;
  #sweeping: Promise<void> = Promise.resolve();
  #announced = "";
  #closed: Promise<void> | null = null;
  /** Resolves when nobody waits for the log any more: some time after the deadline of closing. */
  readonly #overdue = Promise.withResolvers<void>();

  /** Use `service.start()`. */
  constructor(parts: Parts<Tx>) {
    this.#parts = parts;
    const { scope, handlers, internal } = parts;
    const known = (): readonly HandlerState<Tx>[] => handlers;
    this.#receipts = new ReceiptReporter(scope);
    this.#controls = new ServiceControls(scope, known);
    this.#consumer = new Consumer(scope, {
      handlers: known,
      receipts: this.#receipts,
      timings: parts.timings,
      requests: [
        // What is asked of a name that the service had before is asked of it.
        ...[scope.identity.service, ...scope.identity.formerNames].map((name) => ({
          topic: redriveTopic(name),
          handlerId: internal.redriveId,
          from: "earliest" as const,
          handle: redriveRequests(scope, known),
          onDone: () => {
            crashPoint("redrive.after-commit");
          },
        })),
        {
          topic: commandsTopic,
          handlerId: internal.commandsId,
          from: "latest",
          handle: serviceCommands(scope, {
            handlers: known,
            onRefused: (refusal) => this.#refuse(refusal),
            answers: this.#answers,
          }),
          onDone: () => {
            crashPoint("command.after-commit");
            // What a replay left behind is swept at once.
            this.#forgottenAtMs = 0;
            void this.#refresh().then(() => this.#announcer.announce());
          },
        },
      ],
    });
    const replayOf = this.#consumer.replayOf.bind(this.#consumer);
    this.#drain = new Drain(scope, { handlers: known, replayOf });
    this.#calls = handlers
      .filter(({ spec }) => spec.work.kind === "call")
      .map((handler) => new CallRunner(scope, handler, { replayOf }));
    this.#relay = new OutboxRelay(scope, {
      ensureTopic: (topic) => ensureTopic(scope, topic),
      onStateChange: () => void (this.#closed === null && this.#announcer.announce()),
    });
    this.#announcer = new Announcer(scope, {
      handlers: known,
      consumer: this.#consumer,
      publishes: parts.publishes,
      refusals: this.#refusals,
      controls: this.#controls,
      answers: this.#answers,
      startedAtMs: scope.surroundings.clock.now(),
    });
  }

  /** Starts the loops and joins the group; a failure ends them again. Used by `service.start()`. */
  async begin(): Promise<void> {
    try {
      await this.#begin();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const { scope, probes } = this.#parts;
    if (probes !== null) await this.#probes.open(probes);
    this.#committed = scope.store.onCommitted(({ hasPublished, hasMadeDue }) => {
      if (hasPublished) this.#relay.wake();
      if (hasMadeDue) this.wakeDrain();
    });
    // Before anything is handled: what on call decided rules at start.
    await this.#controls.load();
    scope.shipper?.start(scope);
    this.#relay.start(this.#relayEnd.signal);
    this.#drain.start(scope.closing);
    for (const calls of this.#calls) calls.start(scope.closing);
    await this.#consumer.start();
    crashPoint("start.after-join");
    await this.#announcer.announce();
    this.#scheduleRefresh();
  }

  /** Once for each command, though it is tried again. */
  #refuse(refusal: ReplayRefusal): void {
    if (!this.#refusals.some(({ commandId }) => commandId === refusal.commandId)) this.#refusals.push(refusal);
  }

  wakeRelay(): void {
    this.#relay.wake();
  }

  wakeDrain(): void {
    this.#drain.wake();
    for (const calls of this.#calls) calls.wake();
  }

  async health(): Promise<Health> {
    const problems = this.#parts.handlers.flatMap(({ spec, problem, guards }) =>
      [problem, guards.impediment?.why].filter((why) => why != null).map((why) => `handler "${spec.name}": ${why}`),
    );
    const store = await this.#storeProblem();
    const { live, problems: stuck } = this.liveness();
    return {
      live,
      ready: this.#closed === null && this.#consumer.isAssigned() && store === null,
      problems: [store, this.#consumer.trouble, ...stuck, ...problems, ...this.#controls.sentences()].filter(
        (problem) => problem !== null,
      ),
    };
  }

  liveness(): Pick<Health, "live" | "problems"> {
    const problems = this.#parts.scope.loops.stuck();
    return { live: this.#closed === null && problems.length === 0, problems };
  }

  /** Why the store cannot be reached; null when it answers in time. */
  async #storeProblem(): Promise<string | null> {
    const { store, surroundings } = this.#parts.scope;
    const late = Promise.withResolvers<string>();
    const limit = surroundings.clock.after(storeAnswersWithinMs, () =>
      late.resolve(`the store has not answered within ${storeAnswersWithinMs} ms`),
    );
    const asked = store
      .unitOfWork((unit) => unit.outbox.numbering(), { readOnly: true })
      .then(
        ({ behind }) => (behind === null ? null : storeBehind(this.#parts.scope, behind).message),
        (error: unknown) => (isThroughlineError(error) ? error.message : String(error)),
      );
    return Promise.race([asked, late.promise]).finally(() => limit.cancel());
  }

  metrics(): Promise<string> {
    const { scope, handlers } = this.#parts;
    return serviceMetrics({ scope, handlers, relay: this.#relay });
  }

  get probesPort(): number | null {
    return this.#parts.probes === null ? null : this.#probes.port;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { scope, controllers, timings, release } = this.#parts;
    controllers.closing.abort();
    this.#refreshTimer?.cancel();
    let timer = scope.surroundings.clock.after(timings.closeTimeoutMs, () => {
      scope.logger.warn(
        { closeTimeoutMs: timings.closeTimeoutMs },
        "closing takes too long; what still runs is ended and rolled back",
      );
      controllers.deadline.abort(new Error("the service is closing"));
      timer = scope.surroundings.clock.after(overdueMs, () => this.#overdue.resolve());
    });
    // A refresh may wait for what the consumer ends.
    await this.#step("leaving the consumer group", Promise.all([this.#consumer.close(), this.#refreshing, this.#sweeping]));
    await Promise.all([this.#drain.close(), ...this.#calls.map((calls) => calls.close())]);
    await this.#step("reporting receipts", this.#receipts.close());
    await this.#step("the last announcement", this.#announcer.close());
    this.#committed?.stop();
    this.#relayEnd.abort();
    await this.#step("sending what was published", this.#relay.close());
    await this.#step("shipping log lines", scope.shipper?.close() ?? Promise.resolve());
    await release().catch((error: unknown) => this.#notEnded("closing what start() opened", error));
    await this.#probes.close();
    timer.cancel();
    scope.logger.info("the service has stopped");
  }

  /** What fails on the way out keeps nothing else from ending; nor does a log that does not answer, beyond the deadline. */
  async #step(what: string, step: Promise<unknown>): Promise<void> {
    await Promise.race([step, this.#overdue.promise]).catch((error: unknown) => this.#notEnded(what, error));
  }

  #notEnded(what: string, error: unknown): void {
    this.#parts.scope.logger.warn({ err: error }, `${what} failed; the service stops all the same`);
  }

  #scheduleRefresh(): void {
    if (this.#closed !== null) return;
    this.#refreshTimer = this.#parts.scope.surroundings.clock.after(refreshEveryMs, () => {
      void this.#refresh().then(() => this.#scheduleRefresh());
    });
  }

  /** Sees what other instances and commands changed in the store, and forgets what is old. */
  #refresh(): Promise<void> {
    const { scope } = this.#parts;
    this.#refreshing = this.#refreshing.then(async () => {
      if (this.#closed !== null) return;
      try {
        await this.#controls.load();
        await this.#consumer.refresh();
        const runs = this.#runsOf();
        if (this.#announced !== runs) void this.#announcer.announce();
        this.#announced = runs;
        await this.#forget();
        await this.#restoreTopics();
      } catch (error) {
        scope.logger.debug({ err: error }, "the store could not be read for changes");
      }
    });
    return this.#refreshing;
  }

  /** What an announcement tells that changes rarely: when it differs, the log should know at once. */
  #runsOf(): string {
    const handlers = this.#parts.handlers.map((handler) => {
      const { isCatchingUp, partitions } = this.#consumer.behindOf(handler);
      return [
        handler.row.id,
        handler.row.liveEpoch,
        handler.problem,
        handler.mode,
        handler.guards.impediment?.state,
        isCatchingUp,
        partitions.length > 0,
      ].join();
    });
    const controls = this.#controls.announced().map(({ id }) => id);
    return `${handlers.join(";")}/${this.#refusals.length}/${controls.join()}`;
  }

  async #restoreTopics(): Promise<void> {
    const nowMs = this.#parts.scope.surroundings.clock.now();
    if (nowMs - this.#restoredTopicsAtMs < restoreTopicsEveryMs) return;
    this.#restoredTopicsAtMs = nowMs;
    await restoreSystemTopics(this.#parts.scope);
  }

  async #forget(): Promise<void> {
    const { store, surroundings, settings } = this.#parts.scope;
    const nowMs = surroundings.clock.now();
    if (nowMs - this.#forgottenAtMs < forgetEveryMs) return;
    this.#forgottenAtMs = nowMs;
    const before = nowMs - settings.rememberIdsMs;
    await store.unitOfWork(async (unit) => {
      await unit.inbox.forget(before, 5_000);
      await unit.outbox.forgetIds(before, 5_000);
    });
    this.#sweeping = this.#sweeping.then(() => this.#sweepDropped());
  }

  /** Beside everything else, for what a rebuild left behind may be millions of rows. */
  async #sweepDropped(): Promise<void> {
    const { store, logger, surroundings, closing } = this.#parts.scope;
    try {
      while (this.#closed === null && (await store.unitOfWork((unit) => unit.handlers.sweepDropped(sweepSize))) === sweepSize)
        await waitFor(surroundings, sweepPauseMs, closing);
    } catch (error) {
      logger.debug({ err: error }, "what is left of dropped epochs is deleted later");
    }
  }
}
