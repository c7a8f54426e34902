import { hostname } from "node:os";
import { type EventContract, type EventData, isAdopted, isContract, isReader } from "../contract/index.ts";
import { AdoptedStreams } from "../adoption/index.ts";
import { AgreedContracts, whatToDo } from "../contracts-lock/agreed-contracts.ts";
import type { ContractsLockSource } from "../contracts-lock/read-contracts-lock.ts";
import { crashPoint } from "../crash/index.ts";
import { newEventId } from "../envelope/index.ts";
import { EncodedSchemas } from "../encoding/encoded-schemas.ts";
import { coreError, isThroughlineError } from "../errors/index.ts";
import { Deliveries } from "../handling/delivery.ts";
import { HandlerState } from "../handling/handler-state.ts";
import { currentHandler } from "../handling/inside-handler.ts";
import { FrameEntry } from "../correlation/current-frame.ts";
import { RunDeadlines } from "../handling/run-deadlines.ts";
import { RunGate } from "../handling/run-gate.ts";
import { defaultSettings, type HandlingSettings, type ServiceIdentity, type ServiceScope } from "../handling/scope.ts";
import {
  createLogger,
  type Logger,
  type LoggerOptions,
  LogShipper,
  type ShipOptions,
  shippingOf,
  shippingProblems,
} from "../logging/index.ts";
import { LoopWatch } from "../metrics/loop-watch.ts";
import {
  alsoTellServicePlan,
  servicePlan,
  type ServicePlan,
  servicePlanVariable,
  tellAndStart,
  tellServicePlan,
} from "../plan/service-plan.ts";
import type { SchemaRegistry } from "../seams/schema-registry.ts";
import type { EventLog, TopicInfo } from "../seams/event-log.ts";
import type { Surroundings } from "../seams/runtime.ts";
import type { NewOutboxRow, Store } from "../seams/store.ts";
import { systemSurroundings } from "../surroundings/system-surroundings.ts";
import { rehearsalVariable, rehearseForProgram } from "../rehearsal/rehearsal-program.ts";
import { logOfRehearsal, rehearseIn } from "../rehearsal/rehearse-in-store.ts";
import type { RehearsalLetter, RehearsalOptions, ServiceRehearsal } from "../rehearsal/rehearsal.ts";
import { isServiceName } from "../system-topics/index.ts";
import { topicContradictions } from "../topics/stream-topics.ts";
import { withPublishSpan } from "../tracing/index.ts";
import type { BatchHandler, BatchHandlerOptions } from "./batch-handler.ts";
import { type DeclaredHandlers, declareHandlers, streamProblems } from "./declare-handlers.ts";
import { dropParked } from "./drop-removed.ts";
import type { Event, EventOf } from "./event.ts";
import type { CallHandler, HandlerOptions, StartPosition, TransactionHandler } from "./handler.ts";
import { defaultMaxParked, defaultRetryDelaysMs, type HandlerDeclaration, handlerSpec, orderOf } from "./handler-spec.ts";
import { outboxRow, refuseNoContract } from "./outbox-row.ts";
import { type ProbesOptions, probesOptions, probesProblem } from "./probes.ts";
import { startPublishing } from "./start-publishing.ts";
import { attempt, openedLog, usableStore } from "./start-steps.ts";
import { type Running, RunningService } from "./running-service.ts";
import { createServiceTopics } from "./service-topics.ts";
import type { RemovedHandler } from "./undeclared-handlers.ts";
import { timingProblems, type Timings, timingsOf } from "./timings.ts";

export interface ServiceOptions<Tx> {
  /** Names the consumer group, the source of its events, and its topics. */
  readonly name: string;
  /** The deployed version: stands in receipts and dead letters. Default: "0.0.0". */
  readonly version?: string;
  /** The team to ask. */
  readonly owner?: string;
  /**
   * Names this process among the service's instances: one that comes back under its name within the session keeps its partitions.
   * Default: `THROUGHLINE_INSTANCE`. Without either, host name and process id tell it apart, and nobody takes its place.
   */
  readonly instance?: string;
  /** A function is called by `start` and what it opens is closed by `close`; an open log stays its opener's. */
  readonly eventLog: EventLog | (() => EventLog | Promise<EventLog>);
  /** Opened by `start`, or by the first publish before it; closed by `close`. Without one a service can only publish, unnumbered. */
  readonly store?: Store<Tx>;
  /** Where handlers begin that have never run. Without it each says so itself. */
  readonly from?: StartPosition;
  /** The contracts it publishes: their topics are created at start. */
  readonly publishes?: readonly EventContract[];
  /**
   * What was agreed on its contracts, as `throughline contracts push` writes it: the path of `contracts.lock.json`, its URL, or its
   * parsed JSON. Its events then name their schema (`dataschema`), and a contract that is not as agreed is a warning at start.
   * Default: `THROUGHLINE_CONTRACTS_LOCK`, and none without it.
   */
  readonly contractsLock?: ContractsLockSource;
  /**
   * Where the schemas of encoded events (`avro`, `protobuf`) are looked up that the contracts lock does not have: `openSchemaRegistry()`
   * of `@throughline/registry`. What was looked up is kept; a registry that is away is one warning.
   */
  readonly schemaRegistry?: SchemaRegistry;
  /** Whether a contract that is not as agreed stops the start. Default: false. */
  readonly contractsMustMatch?: boolean;
  /** Waits before retries, ± 20 %. Default: 1 s, 10 s, 60 s. */
  readonly retryDelaysMs?: readonly number[];
  /** How many events each handler may hold parked, dead letters too, before it reads no more. Default: 100,000. */
  readonly maxParked?: number;
  /**
   * Where its log lines go, and whether they are shipped to the event log as well (`ship`): then the control plane shows them beside the
   * flow of the event that they are about. Default: standard output, and not shipped.
   */
  readonly log?: Pick<LoggerOptions, "level" | "destination" | "silent"> & { readonly ship?: boolean | ShipOptions };
  /**
   * What becomes of the parked events and dead letters of handlers that the code no longer has, by name; without a word, a
   * service whose removed handler still has some does not start. `drop` counts them as discarded, `keep` leaves them in the store.
   */
  readonly removed?: Readonly<Record<string, RemovedHandler>>;
  /**
   * Answers `/livez`, `/readyz` and `/metrics` over HTTP. Default: `THROUGHLINE_PROBES_PORT` and `THROUGHLINE_PROBES_HOST`, and
   * none without them.
   */
  readonly probes?: ProbesOptions;
  readonly surroundings?: Surroundings;
  readonly settings?: Partial<HandlingSettings>;
  /** Limits that must fit together and with the store's; a set that does not is refused at start. */
  readonly timings?: Partial<Timings>;
}

export interface PublishOptions<Tx> {
  /** The transaction that the event belongs to; `none` gives it one of its own. */
  readonly tx: Tx | "none";
  /** Publishing the same id again does nothing. Default: a new UUIDv7. */
  readonly id?: string;
  readonly correlationId?: string;
}

/** What a test kit or a simulator gives `start` in place of the service's own, until it is closed. */
export type StartOverrides<Tx> = Partial<
  Pick<ServiceOptions<Tx>, "eventLog" | "surroundings" | "store" | "instance" | "schemaRegistry">
>;

/** A service: its handlers, and what it publishes. Made by `createService`. */
export class Service<Tx> {
  readonly name: string;
  /** Lines carry service, version, instance, correlation id and tenant. */
  readonly log: Logger;
  readonly #options: ServiceOptions<Tx>;
  readonly #instanceName: string | undefined;
  readonly #declared: HandlerDeclaration<Tx>[] = [];
  readonly #agreed: AgreedContracts;
  readonly #schemas: EncodedSchemas;
  /** Null: its lines are not shipped. */
  readonly #shipper: LogShipper | null;
  #overrides: StartOverrides<Tx> = {};
  #storeOpened: Promise<void> | null = null;
  #openLog: EventLog | null = null;
  #running: RunningService<Tx> | null = null;
  #isStarting = false;

  constructor(options: ServiceOptions<Tx>) {
    this.#options = options;
    this.name = options.name;
    this.#agreed = new AgreedContracts(options.contractsLock ?? process.env["THROUGHLINE_CONTRACTS_LOCK"]);
    this.#schemas = new EncodedSchemas({
      agreed: this.#agreed,
      registry: () => this.#overrides.schemaRegistry ?? options.schemaRegistry ?? null,
      clock: () => this.#surroundings.clock,
      logger: () => this.log,
    });
    this.#instanceName = options.instance ?? process.env["THROUGHLINE_INSTANCE"];
    const { version, instance } = this.#identity;
    const { ship, ...log } = options.log ?? {};
    const shipping = shippingOf(ship);
    const now = (): number => this.#surroundings.clock.now();
    this.#shipper = shipping === null ? null : new LogShipper(shipping, now);
    this.log = createLogger({ service: options.name, version, instance, now, taker: this.#shipper, ...log });
  }

  /** The store it was created with. */
  get store(): Store<Tx> | undefined {
    return this.#options.store;
  }

  /** What was declared with `on`, in that order. */
  get handlers(): readonly { readonly name: string; readonly contracts: readonly EventContract[] }[] {
    return this.#declared;
  }

  /** From the moment that its log is open until it is closed. */
  get isRunning(): boolean {
    return this.#openLog !== null;
  }

  get #identity(): ServiceIdentity {
    const { name, version, owner } = this.#options;
    const instanceName = this.#overrides.instance ?? this.#instanceName;
    return {
      service: name,
      instance: instanceName ?? `${hostname()}-${process.pid}`,
      isInstanceNamed: instanceName !== undefined,
      version: version ?? "0.0.0",
      owner: owner ?? null,
      formerNames: [],
    };
  }

  /** What its handlers adopt. */
  get #adopted(): AdoptedStreams {
    return new AdoptedStreams(this.#declared.flatMap(({ contracts }) => contracts));
  }

  get #probes(): ProbesOptions | null {
    return probesOptions(this.#options.probes, process.env);
  }

  get #surroundings(): Surroundings {
    return this.#overrides.surroundings ?? this.#options.surroundings ?? systemSurroundings;
  }

  get #store(): Store<Tx> | undefined {
    return this.#overrides.store ?? this.#options.store;
  }

  /**
   * Declares a handler, before `start`. Its name is its identity: what it has handled is kept under it.
   * @example
   *   billing.on(OrderCompleted, "create-invoice", async ({ data }, ctx) => {
   *     ctx.tx.run("INSERT INTO invoices (order_id, total) VALUES (?, ?)", data.order_id, data.total);
   *     await ctx.publish(InvoiceCreated, { order_id: data.order_id, total: data.total });
   *   });
   */
  on<const Contract extends EventContract | readonly EventContract[]>(
    contract: Contract,
    name: string,
    handler: TransactionHandler<EventOf<Contract>, Tx>,
    options?: HandlerOptions<Tx>,
  ): this;
  on<const Contract extends EventContract | readonly EventContract[], Result>(
    contract: Contract,
    name: string,
    handler: CallHandler<EventOf<Contract>, Tx, Result>,
    options?: HandlerOptions<Tx>,
  ): this;
  on(contract: EventContract | readonly EventContract[], name: string, handler: unknown, options: HandlerOptions<Tx> = {}): this {
    return this.#declare(contract, name, handler as HandlerDeclaration<Tx>["work"], options);
  }

  /**
   * Declares a set-based handler, before `start`: it gets the fresh events of a batch in one call, at most one of each subject
   * unless `manyPerSubject`. A call that fails is repeated with half of them until the culprit stands alone.
   * @example
   *   analytics.onBatch(OrderCompleted, "count-orders", async (events, ctx) => {
   *     ctx.tx.run("UPDATE totals SET orders = orders + ?", events.length);
   *   });
   */
  onBatch<const Contract extends EventContract | readonly EventContract[]>(
    contract: Contract,
    name: string,
    handler: BatchHandler<EventOf<Contract>, Tx>,
    options: BatchHandlerOptions<Tx> = {},
  ): this {
    return this.#declare(contract, name, { batch: handler as unknown as BatchHandler<Event, Tx> }, options);
  }

  #declare(
    contract: EventContract | readonly EventContract[],
    name: string,
    work: HandlerDeclaration<Tx>["work"],
    options: HandlerDeclaration<Tx>["options"],
  ): this {
    if (this.#running !== null || this.#isStarting)
      throw coreError("HANDLER_INVALID", {
        handler: name,
        problems: ["it was declared after start, which would not see it; declare it before"],
      });
    const contracts = (Array.isArray(contract) ? contract : [contract]) as readonly EventContract[];
    this.#declared.push({ name, contracts, work, options });
    return this;
  }

  /**
   * Publishes an event: checked now, sent if and only if the transaction commits. Returns its id.
   * Rejects with `EVENT_INVALID` (every problem in `details.problems`), `LOG_RECORD_TOO_LARGE`, `TX_REQUIRED`, `CONTRACT_READ_ONLY`.
   */
  async publish<Contract extends EventContract>(
    contract: Contract,
    data: EventData<Contract>,
    ...rest: [Tx] extends [never] ? [options?: Omit<PublishOptions<never>, "tx">] : [options: PublishOptions<Tx>]
  ): Promise<string> {
    refuseNoContract(contract);
    const options = (rest[0] ?? {}) as Partial<PublishOptions<Tx>>;
    const handler = currentHandler();
    if (handler !== undefined) throw coreError("PUBLISH_IN_HANDLER", { handler, type: contract.type });
    const id = options.id ?? newEventId(this.#surroundings);
    const store = this.#store;
    await withPublishSpan({ system: "throughline", topic: contract.stream, eventId: id, type: contract.type }, async () => {
      const scope = {
        identity: this.#identity,
        surroundings: this.#surroundings,
        agreed: this.#agreed,
        schemas: this.#schemas,
        log: { maxRecordBytes: this.#openLog?.maxRecordBytes ?? defaultMaxRecordBytes },
      };
      if ((contract.encoding ?? null) !== null) await this.#schemas.findIds([contract]);
      const row = outboxRow(scope, contract, data, {
        id,
        once: options.id !== undefined,
        ...(options.correlationId === undefined ? {} : { correlationId: options.correlationId }),
      });
      if (store === undefined) return this.#publishDirectly(row);
      await this.#openStore(store);
      if (options.tx === "none") await store.unitOfWork((unit) => unit.outbox.add([row]));
      else await store.publishIn(options.tx, [row]);
      this.#running?.wakeRelay();
    });
    return id;
  }

  /**
   * Opens store and log, joins the consumer group and begins to handle and to send.
   * Rejects with `SERVICE_CANNOT_START`, which holds every reason with what to do about it; then everything is closed again.
   */
  async start(overrides: StartOverrides<Tx> = {}): Promise<Running> {
    if (this.#running !== null || this.#isStarting) throw coreError("SERVICE_ALREADY_RUNNING", { service: this.name });
    this.#isStarting = true;
    try {
      const running = await this.#start(overrides);
      if (process.env[servicePlanVariable] === tellAndStart) alsoTellServicePlan(this.#plan());
      return running;
    } finally {
      this.#isStarting = false;
    }
  }

  async #start(overrides: StartOverrides<Tx>): Promise<Running> {
    this.#overrides = overrides;
    const surroundings = this.#surroundings;
    const eventLog = overrides.eventLog ?? this.#options.eventLog;
    const problems = this.#optionProblems();
    if (isOnlyPlanAsked()) return this.#tellPlan(problems);
    if (process.env[rehearsalVariable] !== undefined) return this.#rehearseForProgram();
    const log = await attempt(problems, async () => openedLog(typeof eventLog === "function" ? await eventLog() : eventLog));
    const store = usableStore(this.#store, problems);
    const isStoreOpen = store !== undefined && (await attempt(problems, () => this.#openStore(store).then(() => true))) === true;
    const specs = this.#specs(problems);
    const topics = log === undefined ? [] : ((await attempt(problems, () => log.topics())) ?? []);
    problems.push(...streamProblems(topics, specs));
    this.#compareContracts(problems);
    await this.#schemas.findIds((this.#options.publishes ?? []).filter(isContract));
    const declared = isStoreOpen ? await this.#register(store, specs, problems) : undefined;
    const release = async (): Promise<void> => {
      this.abandon();
      await store?.close();
      if (typeof eventLog === "function") await log?.close();
    };
    try {
      if (log === undefined || problems.length > 0) throw coreError("SERVICE_CANNOT_START", { service: this.name, problems });
      this.#openLog = log;
      if (store === undefined || declared === undefined)
        return await startPublishing(
          {
            identity: this.#identity,
            log,
            logger: this.log,
            shipper: this.#shipper,
            deliveries: new Deliveries(this.#adopted),
            surroundings,
          },
          { publishes: this.#options.publishes ?? [], topics, probes: this.#probes, release },
        );
      crashPoint("start.after-register");
      this.#running = await this.#run({ log, store, topics }, declared, surroundings, release);
      return this.#running;
    } catch (error) {
      await release();
      throw isThroughlineError(error, "SERVICE_CANNOT_START")
        ? error
        : coreError("SERVICE_CANNOT_START", { service: this.name, problems: [(error as Error).message] }, error);
    }
  }

  /**
   * Runs dead letters through this code's handlers, in the store as it stands, and rolls all of it back: says what would come of
   * each if it were redriven to this build now. Each subject's letters run in their order, in one transaction, with what waits
   * between them; what they publish is checked and counted, and no `call` is made. Nothing is registered, joined or sent, and the
   * service may run elsewhere meanwhile. What a handler does outside of its transaction does happen: see `ctx.isRehearsal`.
   * Rejects with `REHEARSAL_IMPOSSIBLE`, with every reason, and with an error of the store that goes away.
   */
  async rehearse(letters: readonly RehearsalLetter[], options: RehearsalOptions = {}): Promise<ServiceRehearsal> {
    if (this.isRunning || this.#isStarting || this.#storeOpened !== null)
      throw coreError("SERVICE_ALREADY_RUNNING", { service: this.name });
    const surroundings = this.#surroundings;
    const problems = this.#optionProblems();
    const specs = this.#specs(problems);
    const { eventLog } = this.#options;
    const log = logOfRehearsal(typeof eventLog === "function" ? defaultMaxRecordBytes : eventLog.maxRecordBytes);
    const rehearsed = await rehearseIn(usableStore(this.#store, problems), {
      service: this.name,
      specs,
      problems,
      surroundings,
      prepare: () => this.#schemas.findIds((this.#options.publishes ?? []).filter(isContract)),
      scopeWith: (more) => this.#scope({ ...more, log, surroundings, wakeRelay: ignore, wakeDrain: ignore }),
    })(letters, options);
    return { service: this.name, version: this.#identity.version, letters: rehearsed };
  }

  /**
   * Forgets the running instance, as the end of its process would: nothing is finished and nothing is closed. For a test kit,
   * which cuts it off from the log, the store and the clock that it gave to `start`.
   */
  abandon(): void {
    this.#shipper?.stop();
    this.#running = null;
    this.#isStarting = false;
    this.#openLog = null;
    this.#storeOpened = null;
    this.#overrides = {};
  }

  async #run(
    { log, store, topics }: { readonly log: EventLog; readonly store: Store<Tx>; readonly topics: readonly TopicInfo[] },
    { declared, internal, formerNames, dropped }: DeclaredHandlers<Tx>,
    surroundings: Surroundings,
    release: () => Promise<void>,
  ): Promise<RunningService<Tx>> {
    const closing = new AbortController();
    const deadline = new AbortController();
    const scope = this.#scope({
      formerNames,
      log,
      store,
      surroundings,
      closing: closing.signal,
      deadline: deadline.signal,
      isRehearsal: false,
      wakeRelay: () => running.wakeRelay(),
      wakeDrain: () => running.wakeDrain(),
    });
    const publishes = this.#options.publishes ?? [];
    await createServiceTopics(scope, publishes, topics);
    crashPoint("start.after-topics");
    for (const handler of dropped) {
      const count = await dropParked(scope, handler);
      this.log.warn({ handler: handler.name, count }, "what was parked of a handler that was removed is dropped");
    }
    const handlers = declared.map(({ spec, row }) => new HandlerState(spec, row, scope));
    const running = new RunningService<Tx>({
      scope,
      handlers,
      internal,
      publishes,
      probes: this.#probes,
      controllers: { closing, deadline },
      timings: timingsOf(this.#options.timings),
      release,
    });
    await running.begin();
    const { probesPort } = running;
    this.log.info(
      { handlers: handlers.map(({ spec }) => spec.name), ...(probesPort === null ? {} : { probesPort }) },
      "the service has started",
    );
    return running;
  }

  #scope({
    formerNames,
    ...given
  }: Pick<ServiceIdentity, "formerNames"> &
    Pick<
      ServiceScope<Tx>,
      "log" | "store" | "surroundings" | "closing" | "deadline" | "isRehearsal" | "wakeRelay" | "wakeDrain"
    >): ServiceScope<Tx> {
    const { clock } = given.surroundings;
    return {
      ...given,
      identity: { ...this.#identity, formerNames },
      deliveries: new Deliveries(this.#adopted),
      agreed: this.#agreed,
      schemas: this.#schemas,
      logger: this.log,
      shipper: given.isRehearsal ? null : this.#shipper,
      frames: new FrameEntry(),
      deadlines: new RunDeadlines(clock, given.deadline),
      settings: { ...defaultSettings, ...this.#options.settings },
      life: newEventId(given.surroundings),
      gate: new RunGate(),
      loops: new LoopWatch(clock),
    };
  }

  async #publishDirectly(row: NewOutboxRow): Promise<void> {
    if (this.#openLog === null) throw coreError("SERVICE_NOT_STARTED", { service: this.name });
    const [result] = await this.#openLog.append([{ topic: row.topic, key: row.key, value: row.value, headers: row.headers }]);
    if (result !== undefined && !result.ok) throw result.error;
  }

  #optionProblems(): string[] {
    const problems: string[] = [];
    if (!isServiceName(this.name))
      problems.push(
        `${JSON.stringify(this.name) ?? "undefined"} is no service name, for it names topics; use letters, digits, ".", "_" and "-"`,
      );
    problems.push(...shippingProblems(shippingOf(this.#options.log?.ship)));
    const probes = this.#probes === null ? null : probesProblem(this.#probes);
    if (probes !== null) problems.push(probes);
    if (!(this.#options.publishes ?? []).every(isContract))
      problems.push("what it publishes was not made by defineEvent; check the import");
    else problems.push(...topicContradictions(this.#options.publishes ?? []));
    for (const { type, stream } of (this.#options.publishes ?? []).filter(isAdopted))
      problems.push(
        `it is to publish "${type}", whose contract adopts the existing topic "${stream}", which is only read; take it out of publishes`,
      );
    for (const { type } of (this.#options.publishes ?? []).filter((contract) => isReader(contract) && !isAdopted(contract)))
      problems.push(`it is to publish "${type}" with what defineReader made of it, which is only read; name the contract itself`);
    return problems;
  }

  /** Says where the code is not what was agreed. */
  #compareContracts(problems: string[]): void {
    const publishes = (this.#options.publishes ?? []).filter(isContract);
    try {
      const found = this.#agreed.differences(publishes);
      if (this.#options.contractsMustMatch === true) problems.push(...found.map((what) => `${what}. ${whatToDo}`));
      else for (const what of found) this.log.warn(`${what}. It is published as the code has it. ${whatToDo}`);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }

  /** In place of a start, where only a rehearsal is asked for. */
  #rehearseForProgram(): Promise<never> {
    this.#isStarting = false;
    return rehearseForProgram(this, this.#identity.version);
  }

  /** In place of a start, where only what the code says is asked for. */
  #tellPlan(problems: string[]): Promise<never> {
    this.#specs(problems);
    if (problems.length > 0) throw coreError("SERVICE_CANNOT_START", { service: this.name, problems });
    return tellServicePlan(this.#plan());
  }

  #plan(): ServicePlan {
    const { version, owner } = this.#identity;
    return servicePlan({
      service: this.name,
      version,
      owner,
      publishes: (this.#options.publishes ?? []).filter(isContract),
      handlers: this.#declared.map(({ name, contracts, options }) => ({ name, contracts, order: orderOf(contracts, options) })),
      hasStore: this.#store !== undefined,
      shipsLogs: this.#shipper !== null,
    });
  }

  #specs(problems: string[]): HandlerState<Tx>["spec"][] {
    const defaults = {
      from: this.#options.from,
      retryDelaysMs: this.#options.retryDelaysMs ?? defaultRetryDelaysMs,
      maxParked: this.#options.maxParked ?? defaultMaxParked,
      transactionLimitMs: this.#store?.transactionLimitMs ?? Number.POSITIVE_INFINITY,
      hidesStatements: this.#store?.features?.hidesStatements ?? false,
      schemas: this.#schemas,
    };
    const specs: HandlerState<Tx>["spec"][] = [];
    if (this.#store !== undefined)
      problems.push(...timingProblems(timingsOf(this.#options.timings), defaults.transactionLimitMs));
    if (this.#declared.length > 0 && this.#store === undefined)
      problems.push("it has handlers and no store; give it one, for what was handled is remembered there");
    problems.push(...this.#adopted.problems());
    const names = new Set(this.#declared.map(({ name }) => name));
    for (const declaration of this.#declared) {
      if (specs.some(({ name }) => name === declaration.name))
        problems.push(`two handlers are named "${declaration.name}"; each needs a name of its own`);
      try {
        const spec = handlerSpec(declaration, defaults);
        if (spec.from === undefined)
          problems.push(
            `handler "${spec.name}" has nowhere to start; give it or the service a "from": "earliest", "latest", "group" or { timeMs }`,
          );
        for (const former of spec.renamedFrom.filter((name) => names.has(name)))
          problems.push(
            `handler "${spec.name}" was renamed from "${former}", and "${former}" is still declared; both would share one cursor`,
          );
        specs.push(spec);
      } catch (error) {
        problems.push((error as Error).message);
      }
    }
    return specs;
  }

  #register(
    store: Store<Tx>,
    specs: readonly HandlerState<Tx>["spec"][],
    problems: string[],
  ): Promise<DeclaredHandlers<Tx> | undefined> {
    return declareHandlers(store, specs, problems, {
      names: this.#declared.map(({ name }) => name),
      removed: this.#options.removed ?? {},
      version: this.#identity.version,
      nowMs: this.#surroundings.clock.now(),
    });
  }

  #openStore(store: Store<Tx>): Promise<void> {
    this.#storeOpened ??= store.open({ service: this.name, surroundings: this.#surroundings }).catch((error: unknown) => {
      this.#storeOpened = null;
      throw error;
    });
    return this.#storeOpened;
  }
}

const ignore = (): void => undefined;

function isOnlyPlanAsked(): boolean {
  const asked = process.env[servicePlanVariable];
  return asked !== undefined && asked !== tellAndStart;
}

/** What is assumed of a log that is not open yet. */
const defaultMaxRecordBytes = 1024 * 1024;
