import type { Header, LogRecord } from "./event-log.ts";
import type { Surroundings } from "./runtime.ts";

/**
 * The service's own database, where its effects live beside Throughline's tables.
 *
 * `Tx` is what handlers and routes use to write: the client's own transaction object, or the store's small one.
 * Times are milliseconds since 1970 by the wall clock unless said otherwise.
 */
export interface Store<Tx = unknown> {
  readonly features: StoreFeatures;
  /** A transaction older than this is ended by the store with `TX_TOO_LONG`. Milliseconds. */
  readonly transactionLimitMs: number;

  /**
   * Prepares the store for a service: connects, migrates or checks the migration, and claims it.
   * Rejects with `STORE_NOT_MIGRATED`, `STORE_OF_ANOTHER_SERVICE`, `STORE_READ_ONLY`, `STORE_FULL` or `STORE_UNAVAILABLE`.
   * `asFound` takes it as it stands: nothing is made, migrated or claimed, and what is not ready is refused.
   */
  open(options: { service: string; surroundings: Surroundings; asFound?: boolean }): Promise<void>;

  /**
   * Runs `work` in one transaction and commits it when `work` fulfils; rolls back and rejects with the same error when it
   * rejects. Rejects with `COMMIT_UNKNOWN` when the outcome of COMMIT is not known, with a retryable error
   * (`STORE_UNAVAILABLE`, `TX_CONFLICT`) when nothing was written and a later try may succeed.
   * `readOnly` promises that `work` writes nothing, and may see a slightly older state. `isRehearsal` rolls back also when `work`
   * fulfils, so that no row is left of it and nobody is woken; what is put off until COMMIT (a deferred constraint) is then checked
   * at the end of each `isolate`, as far as the database can be asked. A store that hides statements refuses it.
   */
  unitOfWork<T>(work: (unit: UnitOfWork<Tx>) => Promise<T>, options?: UnitOptions): Promise<T>;

  /**
   * Writes outbox rows in a transaction that the caller opened. Rejects with `TX_REQUIRED` when `tx` is no open transaction
   * of this store.
   */
  publishIn(tx: unknown, rows: readonly NewOutboxRow[]): Promise<void>;

  /** Calls `listener` soon after a commit that wrote outbox rows or made parked events due, in any process if it can. */
  onCommitted(listener: (news: CommitNews) => void): { stop(): void };

  /** Waits for running transactions, then closes. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface UnitOptions {
  readonly readOnly?: boolean;
  readonly isRehearsal?: boolean;
}

/** What a commit wrote that others wait for. A store that cannot tell says both. */
export interface CommitNews {
  /** Outbox rows that may be sent. */
  readonly hasPublished: boolean;
  /** Parked events that may be due. */
  readonly hasMadeDue: boolean;
}

export interface StoreFeatures {
  /** `tx` can lock a row so that another transaction waits for it. */
  readonly rowLocks: boolean;
  /** `tx` has settings that live as long as the transaction (`SET LOCAL`, `set_config(…, true)`). */
  readonly transactionSettings: boolean;
  /** Several transactions write at the same time. */
  readonly concurrentWriters: boolean;
  /** Several processes share one store. */
  readonly processes: boolean;
  readonly durable: boolean;
  /**
   * The client sends statements that the store does not see, so that it cannot tell what would outlive its event: each event
   * gets a transaction of its own, unless a handler asks for another mode.
   */
  readonly hidesStatements: boolean;
}

/** How one piece of the user's work is kept apart from the others in its transaction (R4). */
export interface Isolation {
  /** A rejection undoes only what this work wrote. */
  readonly savepoint: boolean;
  /** Nothing else runs in this transaction, so a statement that would outlive its event is allowed. */
  readonly alone: boolean;
  /** Others run at the same time in this transaction; goes with neither of the above. Default: false. */
  readonly overlap?: boolean;
}

/**
 * One open transaction, and the statements of the runtime in it. Refuses everything once it has ended. What is called
 * without waiting for what was called before is carried out in the order of the calls.
 */
export interface UnitOfWork<Tx> {
  /**
   * Runs one handler's work with the user's own client, as it would run in a transaction of its own:
   * the `tx` it is given refuses use once `work` settled; resolves only when the statements it left open have ended; a
   * statement that failed rejects, caught or not, unless it failed inside a nested transaction that was rolled back;
   * `BEGIN`, `COMMIT` and `ROLLBACK` sent through `tx` act on a savepoint.
   * With `savepoint`, a rejection undoes only what `work` wrote, and the unit goes on; without, the unit must be given up.
   * Rejects with `TX_SHARING_ENDED` when a statement would outlive its event (`SET`, an isolation level, PRAGMA): the runtime
   * then rolls back and gives each event of that handler a transaction of its own. With `alone`, such a statement is allowed.
   * With `overlap`, any number of calls are open at once, for work that only writes: each statement is atomic, and no more is
   * promised. Rejects with `TX_OVERLAP_ENDED`, caught or not, when a statement returns rows or locks explicitly, or a nested
   * transaction is begun; after any rejection the unit must be given up.
   * May answer at once where `work` does; never throws.
   */
  isolate<Outcome>(work: (tx: Tx) => Outcome, options: Isolation): Outcome | Promise<Awaited<Outcome>>;

  /**
   * Waits until no other transaction, of any instance, holds this handler's lock, and holds it to the end of this one. To be
   * called before anything else is locked.
   */
  lockHandler(handlerId: number): Promise<void>;

  readonly handlers: HandlerTable;
  readonly cursors: CursorTable;
  readonly inbox: InboxTable;
  readonly positions: PositionTable;
  readonly parked: ParkedTable;
  readonly outbox: OutboxTable;
  readonly leases: LeaseTable;
  readonly controls: ControlTable;
  readonly service: ServiceTable;
}

/** A handler's run through history: inbox, positions, cursors and parked events are kept by it (R8). */
export interface Run {
  readonly handlerId: number;
  readonly epoch: number;
}

// --- handlers and epochs -------------------------------------------------------------------------------------------

export interface HandlerTable {
  /**
   * Finds each handler by its name, else by one of `renamedFrom`, else creates it with live epoch 1. It is found by all these
   * names from then on, unless one of them is another handler's. Remembers since when each type is handled. Idempotent; safe
   * from many instances at once.
   */
  register(handlers: readonly HandlerRegistration[], nowMs: number): Promise<HandlerRow[]>;
  /** All handlers of the store, known to the running code or not. */
  all(): Promise<HandlerRow[]>;
  /** Remembers, for all instances, that a statement ended overlapping, or sharing (R4). */
  endSharing(handlerId: number, ended: "overlap" | "sharing"): Promise<void>;
  /** Forgets a handler's name and everything kept for it; the many rows among it are left to `sweepDropped`. */
  remove(handlerId: number): Promise<void>;

  epochs(handlerId: number): Promise<EpochRow[]>;
  /** Opens the next epoch. A `rebuild` becomes the live one at once; a `rerun` never does. */
  openEpoch(handlerId: number, epoch: Omit<EpochRow, "handlerId" | "epoch">): Promise<EpochRow>;
  saveEpoch(epoch: EpochRow): Promise<void>;
  /**
   * Ends an epoch: deletes its cursors and parked events, so that nothing of it can run or commit any more; waits for what
   * runs now, and answers with what it deleted: the last that is known of the epoch. What else is kept of it (inbox, positions,
   * lost numbers) matters to nobody, and `sweepDropped` deletes it.
   */
  dropEpoch(run: Run): Promise<DroppedEpoch>;
  /**
   * Deletes at most `limit` rows of inbox, positions and lost numbers that were kept for runs which are over: cancelled reruns,
   * epochs before the live one that were live themselves, handlers that were removed. Returns how many.
   */
  sweepDropped(limit: number): Promise<number>;
}

export interface DroppedEpoch {
  readonly cursors: readonly CursorRow[];
  /** Of waiting and dead ones, in no order. */
  readonly parked: readonly ParkedPlace[];
}

export interface HandlerRegistration {
  readonly name: string;
  readonly renamedFrom: readonly string[];
  readonly types: readonly string[];
}

export interface HandlerRow {
  readonly id: number;
  readonly name: string;
  readonly liveEpoch: number;
  /** Events of this handler each get a transaction of their own (R4), because a statement once ended sharing. */
  readonly ownTransactions: boolean;
  /** Events of this handler run one after the other, though it asked for overlapping, because a statement once ended that. */
  readonly overlapEnded: boolean;
  /** Since when (wall clock) each type is handled. */
  readonly typesSince: Readonly<Record<string, number>>;
}

export interface EpochRow extends Run {
  readonly kind: "live" | "rebuild" | "rerun";
  readonly state: "running" | "paused" | "done" | "cancelled";
  /** The id of the command that opened it. */
  readonly commandId: string | null;
  /** Range, rate and progress: plain JSON of the replay. */
  readonly plan: unknown;
  readonly openedAtMs: number;
}

// --- cursors ---------------------------------------------------------------------------------------------------------

export interface CursorKey extends Run {
  readonly topicId: string;
  readonly partition: number;
}

export interface CursorRow extends CursorKey {
  readonly topic: string;
  /** The next offset this run will handle. */
  readonly offset: number;
  /** Where it began: what lies before was never seen. -1 where that lies in a former topic of the name. */
  readonly originOffset: number;
  /** Where a rerun ends (not included); null goes on for ever. */
  readonly untilOffset: number | null;
  /** Timestamp of the newest record passed; 0 before the first. */
  readonly logTimeMs: number;
  /** Receipts of live events before this offset have reached the log. */
  readonly reportedOffset: number;
}

/**
 * Who runs a cursor's lane, and what became of those who ran it before (R6). It is written when a lane begins, and while events
 * are run one by one under suspicion; never on the way of an ordinary batch.
 */
export interface CursorClaim {
  /** The start of the service that runs the lane; null when it gave the claim back. */
  readonly owner: string | null;
  /** Where the cursor stood when its owner took it. */
  readonly offset: number;
  /** How many owners died, one after the other, with the cursor standing there. */
  readonly deaths: number;
  /** The event that its owner runs alone, noted before it runs; it is over when the cursor has passed it. */
  readonly suspect: SuspectEvent | null;
}

export interface SuspectEvent {
  readonly offset: number;
  /** How many owners died running it, with nothing else running in their process. */
  readonly deaths: number;
  /** True from before it runs until its outcome is known. */
  readonly isRunning: boolean;
}

export interface CursorTable {
  /** All cursors, of one run or of the whole store. */
  list(run?: Run): Promise<CursorRow[]>;
  /** Adds the cursors that do not exist yet. */
  add(cursors: readonly CursorRow[]): Promise<void>;
  /** Locks the cursor until the transaction ends and returns it; waits for another holder. Null when there is none. */
  lock(key: CursorKey): Promise<CursorRow | null>;
  /** Moves it from `from` to `to`; false when it no longer stands at `from`. */
  move(key: CursorKey, from: number, to: number, logTimeMs: number): Promise<boolean>;
  /** Up to here its receipts are in the log. Never moves back: one that comes late changes nothing. */
  markReported(key: CursorKey, offset: number): Promise<void>;
  /** The claim on a cursor; null when nobody ever took it. */
  claim(key: CursorKey): Promise<CursorClaim | null>;
  /** Replaces the claim of a cursor that is locked by this transaction. It goes with its cursor. */
  saveClaim(key: CursorKey, claim: CursorClaim): Promise<void>;
  /** Removes it where it stands at `offset`; false when it does not. */
  remove(key: CursorKey, offset: number): Promise<boolean>;
}

// --- inbox -------------------------------------------------------------------------------------------------------------

export type InboxOutcome = "applied" | "stale" | "discarded";

export interface InboxRow {
  /** The event's identity: see `eventKey`. */
  readonly key: string;
  readonly partition: number;
  readonly offset: number;
  readonly outcome: InboxOutcome;
  readonly handledAtMs: number;
  readonly durationMicros: number;
}

export interface InboxTable {
  /** The rows among `keys` that exist, by key. */
  find(run: Run, keys: readonly string[]): Promise<Map<string, InboxRow>>;
  /** Adds rows; a key that exists already rejects with `INBOX_CONFLICT` (retryable: another transaction was first). */
  add(run: Run, rows: readonly InboxRow[]): Promise<void>;
  /** Deletes at most `limit` rows handled before `olderThanMs`; returns how many. */
  forget(olderThanMs: number, limit: number): Promise<number>;
}

// --- positions ---------------------------------------------------------------------------------------------------------

export interface PositionRow {
  readonly subject: string;
  /** The last sequence applied (or passed, for types that the handler does not handle). */
  readonly sequence: number;
  /** The numbering (`sequenceepoch`) that `sequence` belongs to. */
  readonly sequenceEpoch: number;
  /** The lowest sequence this run has to know: what is below lies before its start. 0 while it is not known. */
  readonly baseline: number;
  /** How many parked rows hold this subject: those waiting, and dead ones unless their handler goes on after a dead letter. */
  readonly parked: number;
}

/** Numbers of one numbering of a subject, both ends included. */
export interface LostRange {
  readonly sequenceEpoch: number;
  readonly from: number;
  readonly to: number;
}

export interface PositionTable {
  /**
   * Locks subjects until the transaction ends, in sorted order, and returns those it got. `wait: false` leaves out the ones
   * that another transaction holds. Until it settles, only other locks and `inbox.find` may be called, which finds what whoever
   * held them before has added.
   */
  lock(run: Run, stream: string, subjects: readonly string[], options: { wait: boolean }): Promise<Set<string>>;
  find(run: Run, stream: string, subjects: readonly string[]): Promise<Map<string, PositionRow>>;
  /** Inserts or replaces. */
  save(run: Run, stream: string, rows: readonly PositionRow[]): Promise<void>;
  /**
   * Sets the baseline of every subject of the stream to 0: what comes next need not follow what was handled last, for what lies
   * between is lost.
   */
  reopen(run: Run, stream: string): Promise<void>;
  /** Numbers declared lost when a gap was released: they are stale if they come after all. */
  addLost(run: Run, stream: string, subject: string, lost: LostRange): Promise<void>;
  isLost(run: Run, stream: string, subject: string, sequenceEpoch: number, sequence: number): Promise<boolean>;
}

// --- parked events -----------------------------------------------------------------------------------------------------

/**
 * An event held in the store. `waiting` with a `dueAtMs` is tried at that time; without one it stands behind another event
 * of its subject, or waits for a missing one until `logDueMs` (log time). `dead` used up its retries, and its letter is out.
 *
 * The invariant that drains rely on: an event that could run next always has a `dueAtMs`, written in the transaction that
 * made it so. Therefore no crash can forget one.
 */
export interface ParkedRow {
  /** UUID; once dead, the failure's id. */
  readonly id: string;
  readonly handlerId: number;
  readonly epoch: number;
  readonly stream: string;
  /** Empty for an event without a subject. */
  readonly subject: string;
  readonly sequence: number | null;
  readonly sequenceEpoch: number;
  readonly eventKey: string;
  readonly state: "waiting" | "dead";
  readonly reason: ParkedReason;
  readonly dueAtMs: number | null;
  readonly logDueMs: number | null;
  /** Attempts begun, with their outcome. */
  readonly attempts: readonly Attempt[];
  /** False for a mere marker: a type that the handler does not handle, out of order. */
  readonly handled: boolean;
  /** The untouched original. */
  readonly record: LogRecord;
  /** What a redrive put in place of the value and data headers. */
  readonly edited: { readonly value: Uint8Array | null; readonly by: string; readonly atMs: number } | null;
  /** Who runs the `call` of this event now, and until when nobody else may. */
  readonly lease: { readonly owner: string; readonly untilMs: number } | null;
  readonly parkedAtMs: number;
}

/** Where the record of a parked event stands. */
export interface ParkedPlace {
  readonly id: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
}

export type ParkedReason =
  /** Why a waiting event waits. */
  | "retry"
  | "behind"
  | "window"
  | "call"
  | "version"
  | "redriven"
  | "held"
  /** Waiting for a missing predecessor; or dead, for it never came. */
  | "gap"
  /** Why a dead letter is dead. */
  | "failed"
  | "permanent"
  | "undecodable"
  | "invalid"
  | "unknown-version"
  | "conflict"
  | "uncertain"
  | "crash";

export interface Attempt {
  readonly startedAtMs: number;
  /** Null for one whose outcome is not known. */
  readonly endedAtMs: number | null;
  /**
   * Stands on an attempt that is under way: the start of the service (not its instance) that makes it. If that one ends without
   * having stored an outcome or taken the attempt back, its process has died in it.
   */
  readonly life?: string;
  /** Nothing else was run in its process meanwhile. */
  readonly alone?: true;
  readonly instance: string;
  readonly version: string;
  readonly error: FailureDetail | null;
}

/** An error as it is stored and sent: values of personal fields are masked. */
export interface FailureDetail {
  readonly name: string;
  readonly code: string | null;
  readonly message: string;
  readonly stack: string | null;
}

export interface ParkedSubject extends Run {
  readonly stream: string;
  readonly subject: string;
}

/** Which of a subject's parked events are looked at: of one state, and with or without dead letters of the reason `conflict`. */
export interface QueueOptions {
  readonly state?: ParkedRow["state"];
  readonly conflicts?: false;
}

export interface ParkedTable {
  add(rows: readonly ParkedRow[]): Promise<void>;
  /**
   * Replaces the rows of these ids; what came with the event (its record, its place in a run and subject) is as it was, and need
   * not be written again. Rejects with `TX_CONFLICT` when one is gone: another transaction answered it, or its epoch
   * was dropped, and what was done with it here must not be kept.
   */
  update(rows: readonly ParkedRow[]): Promise<void>;
  /** Rejects with `TX_CONFLICT` when one is gone, as `update` does. */
  remove(ids: readonly string[]): Promise<void>;
  get(id: string): Promise<ParkedRow | null>;
  /** The rows of these ids that exist, in no order. */
  find(ids: readonly string[]): Promise<ParkedRow[]>;
  findByKey(run: Run, eventKey: string): Promise<ParkedRow | null>;
  /**
   * The events of a subject, of one state or of both, by numbering and sequence, those without one last, then by partition and
   * offset. `conflicts: false` leaves out dead letters of that reason, which hold nothing.
   */
  ofSubject(subject: ParkedSubject, limit: number, options?: QueueOptions): Promise<ParkedRow[]>;
  /** The same of many subjects of one run and stream, at most `limit` of each, by subject; those without any are left out. */
  ofSubjects(
    run: Run,
    stream: string,
    subjects: readonly string[],
    options: QueueOptions & { limit: number },
  ): Promise<Map<string, ParkedRow[]>>;
  /** The events that have one of these numbers, in no order. */
  ofNumbers(
    run: Run,
    stream: string,
    numbers: readonly { readonly subject: string; readonly sequence: number | null; readonly sequenceEpoch: number }[],
  ): Promise<ParkedRow[]>;
  /** All events of a run, oldest first. */
  ofRun(run: Run, limit: number): Promise<ParkedRow[]>;
  /** Where the records of a run's parked events stand, whatever their state; at most `limit`, ordered by place. */
  placesOf(run: Run, limit: number): Promise<ParkedPlace[]>;
  /** Makes events due at `atMs` that wait with the reason `held` and have no time, or a later one; returns how many. */
  makeHeldDue(handlerIds: readonly number[], atMs: number): Promise<number>;
  /** Waiting events due by `nowMs` of these handlers, oldest due first, without those under another's unexpired lease. */
  due(handlerIds: readonly number[], nowMs: number, limit: number): Promise<ParkedRow[]>;
  /** Writes nothing but lease and attempts of these rows. Rejects with `TX_CONFLICT` when one is gone, as `update` does. */
  lease(rows: readonly Pick<ParkedRow, "id" | "lease" | "attempts">[]): Promise<void>;
  /** Moves the end of the leases among these that `owner` still holds; others stay as they are. */
  renewLeases(ids: readonly string[], owner: string, untilMs: number): Promise<void>;
  /** How many events of a handler are due by `nowMs` or under a lease, counted up to `atMost`. */
  countDue(handlerId: number, nowMs: number, atMost: number): Promise<number>;
  /** How many rows a handler has, of all epochs, waiting or dead. */
  countOf(handlerId: number): Promise<number>;
  /** The next `dueAtMs` of these handlers after `nowMs`; null when there is none. */
  nextDueMs(handlerIds: readonly number[], nowMs: number): Promise<number | null>;
  /** Waiting events with a `logDueMs`, lowest first. */
  withDeadline(handlerIds: readonly number[], limit: number): Promise<ParkedRow[]>;
  counts(): Promise<{ handlerId: number; epoch: number; state: ParkedRow["state"]; reason: ParkedReason; count: number }[]>;
}

// --- outbox ------------------------------------------------------------------------------------------------------------

export interface NewOutboxRow {
  readonly eventId: string;
  readonly topic: string;
  /** With a subject, the relay numbers the event within (topic, subject), sets the sequence headers, and keeps their order. */
  readonly subject: string | null;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly Header[];
  readonly createdAtMs: number;
  /** The id came from the caller: publishing it again does nothing, as long as it is remembered. */
  readonly once: boolean;
}

export interface OutboxRow extends NewOutboxRow {
  /** Commit order. */
  readonly ticket: number;
  readonly sequence: number | null;
  readonly sequenceEpoch: number;
}

export interface OutboxTable {
  add(rows: readonly NewOutboxRow[]): Promise<void>;
  /**
   * The oldest unsent rows in ticket order, at most `limit`, and fewer where they are so large that memory would suffer, without
   * those of stopped subjects; gives each sequenced row that has no number yet its subject's next one, durably with this
   * transaction. None only where none waits, or where the store wakes its listeners to be asked again.
   */
  number(limit: number): Promise<OutboxRow[]>;
  /** Removes what the log has taken. */
  sent(tickets: readonly number[]): Promise<void>;
  /** The log refused this row for good: its subject stops (without a subject, the row alone) until it is repaired. */
  stop(ticket: number, error: FailureDetail, nowMs: number): Promise<void>;
  stopped(): Promise<{ row: OutboxRow; error: FailureDetail; sinceMs: number }[]>;
  /** Lets a stopped subject go on: with the same bytes, or without that row's event (its number stays used). */
  repair(ticket: number, how: "retry" | "skip"): Promise<void>;
  backlog(): Promise<{ count: number; oldestMs: number | null }>;
  /** Which of these events wait here, stopped ones included. Goes through all that waits: for tools. */
  waiting(eventIds: readonly string[]): Promise<Set<string>>;

  numbering(): Promise<Numbering>;
  /** Notes that a relay begins a round: until another one begins, or the store is put back, `numbering` tells it. */
  beginRound(round: RelayRound): Promise<void>;
  /** The last number that each subject was given in the store's numbering; 0 where it was given none. */
  lastNumbers(subjects: readonly { readonly topic: string; readonly subject: string }[]): Promise<number[]>;
  /** Notes that the log holds what this store does not know of: its relays stop until a numbering is opened. */
  stopBehind(behind: StoreBehind): Promise<void>;
  /**
   * Opens the numbering `sequenceEpoch`, higher than the store's: in it each subject begins at 1. What was not sent yet, stopped
   * rows included, loses its numbers and is numbered anew, in the same order. Ends `behind`, and the round.
   */
  openNumbering(sequenceEpoch: number): Promise<void>;
  /** Forgets caller-given ids older than this; at most `limit`. */
  forgetIds(olderThanMs: number, limit: number): Promise<number>;
}

/** What a store knows of the numbers that it gave (R2). */
export interface Numbering {
  /** Drawn when the store was made; a backup has the same. */
  readonly storeId: string;
  /** The numbering (`sequenceepoch`) in which rows are numbered now. */
  readonly sequenceEpoch: number;
  /** How many numbers it has given, in all numberings. Only a store that was put back has given fewer than before. */
  readonly given: number;
  /** Null before the first, and after a numbering was opened. */
  readonly round: RelayRound | null;
  readonly behind: StoreBehind | null;
}

export interface RelayRound {
  readonly id: string;
  readonly atMs: number;
}

export interface StoreBehind {
  readonly sinceMs: number;
  /** What shows it, with values: the middle of a sentence. */
  readonly why: string;
}

// --- leases ------------------------------------------------------------------------------------------------------------

export interface LeaseTable {
  /** True when `owner` holds the lease until `untilMs`: it was free, expired, its own, or its holder's process is dead. */
  acquire(name: string, owner: string, nowMs: number, untilMs: number): Promise<boolean>;
  release(name: string, owner: string): Promise<void>;
  /** Leases whose name begins so and that were not released. `isOver`: it ran out, or its holder's process is dead. */
  list(prefix: string, nowMs: number): Promise<{ name: string; owner: string; isOver: boolean }[]>;
}

// --- controls ----------------------------------------------------------------------------------------------------------

/** What on call decided (R16). It stands until somebody takes it back, or until its time is over. */
export interface ControlRow {
  /** The command that asked for it. */
  readonly id: string;
  readonly kind: "pause" | "limit" | "hold";
  /** The handler that it concerns; null for all of the service. */
  readonly handlerId: number | null;
  /** What a hold keeps back: the events of one subject, or of one tenant. */
  readonly subject: string | null;
  readonly tenant: string | null;
  /** A limit's events a second, all instances together. */
  readonly perSecond: number | null;
  readonly reason: string | null;
  readonly by: string;
  readonly atMs: number;
  /** When it ends by itself; null when only somebody ends it. */
  readonly untilMs: number | null;
}

export interface ControlTable {
  all(): Promise<ControlRow[]>;
  /** Adds it, or replaces the one of the same id. */
  save(control: ControlRow): Promise<void>;
  /** False when there is none: another transaction was first. */
  remove(id: string): Promise<boolean>;
  /**
   * Books `costMs` of a limit's time, after what was booked before or from `nowMs` on, and answers when it will have passed.
   * Answers `nowMs` when there is no such limit any more.
   */
  spend(id: string, costMs: number, nowMs: number): Promise<number>;
}

// --- the service -------------------------------------------------------------------------------------------------------

/** What a store knows of the service that it belongs to. */
export interface ServiceTable {
  /** The names that it had before the one that it has now, oldest first. */
  formerNames(): Promise<string[]>;
  /**
   * Lets the store be opened under another name, too; the first `open` under it makes it the service's own, and from then on
   * the one before is refused. A later call replaces the name.
   */
  rename(to: string): Promise<void>;
  /** Since when (wall clock) this code has run on the store; null when it never has. */
  codeSince(code: string): Promise<number | null>;
  /** Remembers that it runs, unless it is known. */
  rememberCode(code: string, nowMs: number): Promise<void>;
}
