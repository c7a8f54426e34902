import { randomUUID } from "node:crypto";
import type { EventLog, Surroundings, Timer } from "throughline/seams";
import type { AlertChannel } from "../alerts/alert.ts";
import { newIdFrom } from "../new-id.ts";
import { AlertSender } from "../alerts/send-alerts.ts";
import type { ReadFailures } from "../failures/failing-causes.ts";
import { FailureWatch } from "../failures/failure-watch.ts";
import { dueAlerts, isSilenced, recoveryAlerts } from "./due-alerts.ts";
import type { GroupRecord } from "./group-record.ts";
import { type Incident, nextTrack } from "./incident.ts";
import { alertOf } from "./incident-alert.ts";
import { LagHistory } from "./lag-history.ts";
import { type LagReport, lagReport } from "./lag-report.ts";
import { LagRules, type LagRulesOptions } from "./lag-rules.ts";
import type { Delivery, LagStore } from "./lag-store.ts";
import { isGone, observeGroups } from "./observe-group.ts";
import { PartitionEnds } from "./partition-ends.ts";
import { AnnouncedReaders, type ReaderStates } from "./reader-states.ts";
import { readPositions } from "./read-positions.ts";
import { withAges } from "./record-ages.ts";
import { needsSaving } from "./needs-saving.ts";

export interface LagWatcherOptions {
  readonly log: EventLog;
  readonly store: LagStore;
  readonly surroundings: Surroundings;
  /** Ways to tell somebody; the watcher closes them. Default none. */
  readonly channels?: readonly AlertChannel[];
  readonly rules?: LagRulesOptions;
  /** Between two samples. Default 5 s. */
  readonly everyMs?: number;
  /** Records that a sample may look at for their times; other times are interpolated. Default 100. */
  readonly recordReads?: number;
  /** The page that shows an incident. */
  readonly linkTo?: (incident: Incident) => string | null;
  /** What failed for good. Without it the watcher tells of lag alone. */
  readonly failures?: ReadFailures;
  /** Default: what services announce of themselves on the log. */
  readonly readers?: ReaderStates;
}

const defaultEveryMs = 5_000;
const defaultRecordReads = 100;
/** Of what changes with each sample. */
const savedEveryMs = 30_000;
const prunedEveryMs = 60 * 60_000;

/**
 * Watches the lag of every consumer group on a log, ours or not, and tells when one is too far behind; and, where it is given `failures`,
 * when events failed for good. Of several watchers on one store
 * one watches, and another takes over when it is gone. Close it before the log and the store.
 * @throws LAG_RULES_INVALID
 * @example
 *   const store = await openSqliteLagStore("./data/lag.db");
 *   const watcher = startLagWatcher({ log, store, surroundings: systemSurroundings, channels: [pager] });
 */
export function startLagWatcher(options: LagWatcherOptions): LagWatcher {
  const watcher = new LagWatcher(options);
  watcher.start();
  return watcher;
}

export class LagWatcher {
  readonly rules: LagRules;
  readonly #options: LagWatcherOptions;
  readonly #readers: ReaderStates;
  readonly #sender: AlertSender;
  readonly #failures: FailureWatch | null;
  readonly #holder = randomUUID();
  readonly #everyMs: number;
  /** Null while another watcher has the lease. */
  #state: WatchedState | null = null;
  #report: LagReport | null = null;
  #problem: string | null = null;
  #sampledAtMs: number | null = null;
  #hasHeard = false;
  readonly #listeners = new Set<() => void>();
  #timer: Timer | null = null;
  #running: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;

  constructor(options: LagWatcherOptions) {
    const { log, store, surroundings, channels = [], rules = {}, everyMs = defaultEveryMs } = options;
    this.rules = new LagRules(
      rules,
      channels.map(({ name }) => name),
    );
    this.#options = options;
    this.#readers = options.readers ?? new AnnouncedReaders(log);
    this.#sender = new AlertSender(store, channels, surroundings);
    this.#everyMs = everyMs;
    this.#failures =
      options.failures === undefined ? null : new FailureWatch(options.failures, { ...options, rules: this.rules });
  }

  /** What the last sample found, of this process or of the one that watches; null before the first. */
  get report(): LagReport | null {
    return this.#report;
  }

  /** Why the last sample failed, in a sentence; null when it did not. */
  get problem(): string | null {
    return this.#problem;
  }

  /** When the last sample was taken that did not fail; while another process watches, the last that it kept. */
  get sampledAtMs(): number | null {
    return this.#sampledAtMs;
  }

  /** Whether this process watches; another one on the same store may. */
  get watches(): boolean {
    return this.#state !== null;
  }

  get channels(): readonly AlertChannel[] {
    return this.#options.channels ?? [];
  }

  /** Calls back after every sample, also one that failed, until what it answers is called. */
  onSample(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What services say of their handlers. */
  get readers(): ReaderStates {
    return this.#readers;
  }

  /** @internal */
  start(): void {
    this.#running = this.#turn();
  }

  /** Ends the sample that runs, keeps what is known, and gives the lease back. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    this.#timer?.cancel();
    await this.#running;
    await this.#sender.close();
    if (this.#state !== null) await this.#state.keep(this.#holder).catch(() => false);
    await this.#options.store.release(this.#holder).catch(() => undefined);
  }

  async #turn(): Promise<void> {
    const { clock } = this.#options.surroundings;
    const startedAt = clock.monotonic();
    try {
      await this.#sample();
      this.#problem = null;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
    }
    for (const listener of this.#listeners) listener();
    if (this.#closing !== null) return;
    const leftMs = Math.max(0, this.#everyMs - (clock.monotonic() - startedAt));
    this.#timer = clock.after(leftMs, () => this.start());
  }

  async #sample(): Promise<void> {
    const { log, store, surroundings, recordReads = defaultRecordReads } = this.#options;
    const now = (): number => surroundings.clock.now();
    const untilMs = now() + Math.max(20_000, 4 * this.#everyMs);
    if (!(await store.claim(this.#holder, { nowMs: now(), untilMs }))) return this.#standBy(now());
    const state = (this.#state ??= await WatchedState.load(store));
    await this.#hearServices(now());
    const positions = await readPositions(log, surroundings.clock);
    state.ends.add(positions);
    const observed = observeGroups(state.groups, positions, this.#readers);
    const aged = await withAges(log, observed, {
      ends: state.ends.tables,
      nowMs: positions.atMs,
      budget: { reads: recordReads, timeoutMs: Math.max(1000, this.#everyMs / 2) },
    });
    const decided = await this.#decide(aged, positions.atMs);
    // False: another watcher took over while this one hung.
    if (!(await state.advance(this.#holder, decided, positions.atMs))) return this.#standBy(now());
    this.#report = lagReport([...state.groups.values()], this.rules, positions.atMs);
    this.#sampledAtMs = positions.atMs;
    try {
      await this.#failures?.look(this.#holder, now());
    } finally {
      this.#sender.wake();
    }
  }

  /** Another process watches: this one shows what that one kept, which is half a minute old at most. */
  async #standBy(nowMs: number): Promise<void> {
    this.#state = null;
    this.#sender.rest();
    const { groups } = await this.#options.store.load();
    this.#report = lagReport(groups, this.rules, nowMs);
    const seenMs = groups.reduce((latest, group) => Math.max(latest, group.seenMs), 0);
    this.#sampledAtMs = seenMs === 0 ? null : seenMs;
  }

  /** What services say may be out of reach alone: what they said before still counts, but never to have heard of a pause does not. */
  async #hearServices(nowMs: number): Promise<void> {
    try {
      await this.#readers.refresh(nowMs);
      this.#hasHeard = true;
    } catch (error) {
      if (!this.#hasHeard) throw error;
    }
  }

  async #decide(groups: readonly GroupRecord[], nowMs: number): Promise<Decided> {
    const { store, surroundings, linkTo = null } = this.#options;
    const silences = await store.silences(nowMs);
    const open = groups.some(({ track }) => track.incident !== null) ? await store.incidents({ isOpen: true, limit: -1 }) : [];
    const acknowledged = new Set(open.flatMap(({ id, acknowledgement }) => (acknowledgement === null ? [] : [id])));
    const newId = (): string => newIdFrom(surroundings);
    const decided: Decided = { groups: [], incidents: [], deliveries: [] };
    for (const record of groups) {
      const rule = this.rules.of(record.group);
      const { track, changed, isOver } = nextTrack(record, rule, { nowMs, newId });
      const incident = track.incident ?? changed;
      const context = {
        rule,
        nowMs,
        newId,
        isOver,
        isSilenced: isSilenced(silences, record.group, nowMs),
        isAcknowledged: incident !== null && acknowledged.has(incident.id),
        say: (kind: "alert" | "escalation" | "recovery", about: Incident) =>
          alertOf(kind, about, { record, nowMs, linkTo, isAcknowledged: context.isAcknowledged }),
      };
      if (track.incident === null) {
        decided.groups.push({ ...record, track });
        if (changed === null) continue;
        decided.incidents.push(changed);
        decided.deliveries.push(...recoveryAlerts(changed, context));
      } else {
        const { incident: after, deliveries } = dueAlerts(track.incident, context);
        decided.groups.push({ ...record, track: { ...track, incident: after } });
        if (after !== record.track.incident) decided.incidents.push(after);
        decided.deliveries.push(...deliveries);
      }
    }
    return decided;
  }
}

interface Decided {
  readonly groups: GroupRecord[];
  readonly incidents: Incident[];
  readonly deliveries: Delivery[];
}

/** What the one that watches knows, and how much of it the store knows. */
class WatchedState {
  readonly #store: LagStore;
  readonly ends: PartitionEnds;
  readonly #history = new LagHistory();
  #groups: ReadonlyMap<string, GroupRecord>;
  #savedMs = Number.NEGATIVE_INFINITY;
  #prunedMs = Number.NEGATIVE_INFINITY;

  private constructor(store: LagStore, groups: readonly GroupRecord[], ends: PartitionEnds) {
    this.#store = store;
    this.#groups = new Map(groups.map((record) => [record.group, record]));
    this.ends = ends;
  }

  static async load(store: LagStore): Promise<WatchedState> {
    const { groups, ends } = await store.load();
    return new WatchedState(store, groups, new PartitionEnds(ends));
  }

  get groups(): ReadonlyMap<string, GroupRecord> {
    return this.#groups;
  }

  /** Keeps what was decided; false when another watcher has the lease. What could not be kept is decided again. */
  async advance(holder: string, { groups, incidents, deliveries }: Decided, nowMs: number): Promise<boolean> {
    const over = groups.filter((record) => isGone(record) && record.track.incident === null);
    const kept = groups.filter((record) => !over.includes(record));
    const isAllDue = nowMs - this.#savedMs >= savedEveryMs;
    const changed = isAllDue ? kept : kept.filter((record) => needsSaving(this.#groups.get(record.group), record));
    const isSaved = await this.#store.save(holder, {
      nowMs,
      groups: changed,
      removedGroups: over.map(({ group }) => group),
      ends: this.ends.due(nowMs),
      removedEnds: this.ends.takeRemoved(),
      incidents,
      deliveries,
      history: this.#history.due(kept, nowMs),
    });
    if (!isSaved) return false;
    this.#groups = new Map(kept.map((record) => [record.group, record]));
    if (isAllDue) this.#savedMs = nowMs;
    if (nowMs - this.#prunedMs >= prunedEveryMs) {
      this.#prunedMs = nowMs;
      await this.#store.prune(nowMs);
    }
    return true;
  }

  /** Writes all that changes with each sample, before an end. */
  keep(holder: string): Promise<boolean> {
    return this.#store.save(holder, {
      nowMs: 0,
      groups: [...this.#groups.values()],
      removedGroups: [],
      ends: this.ends.all(),
      removedEnds: [],
      incidents: [],
      deliveries: [],
      history: [],
    });
  }
}
