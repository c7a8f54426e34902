import type { DatabaseSync } from "node:sqlite";
import { readAnnouncement, servicesTopic, type ServiceAnnouncement } from "throughline/system-topics";
import { readOrSkip } from "../../reading/read-or-skip.ts";
import type { IndexBatch, LatestEntry, PartitionRef } from "../index-batch.ts";
import type { CommittedMark, IndexStore, RetentionLimits, SettledMark } from "../index-store.ts";
import { ContractRows } from "./contract-rows.ts";
import { EventRows, findEvents } from "./event-rows.ts";
import { failureById, failureCounts, failuresNamed, hurtTenants, waitingBehind } from "./failure-lookups.ts";
import { failureGroups, failuresAt, failuresInSteps } from "./failure-queries.ts";
import { FailureRows } from "./failure-rows.ts";
import { addLogLines, logGaps, logLines } from "./log-rows.ts";
import { Names } from "./names.ts";
import { indexedPartitions, Places } from "./places.ts";
import { prepared, rowsOf } from "./prepared.ts";
import { parkedBehind, ReceiptRows, receiptsOf } from "./receipt-rows.ts";
import { retainStep } from "./retention.ts";
import { acknowledgements, auditEntries } from "./audit-queries.ts";
import { TrafficRows, trafficSince, typesSeen } from "./traffic-rows.ts";
import { VersionRows, versionsOf } from "./version-rows.ts";

/** How long a committed offset must have been passed before receipts of what lies before it are missed. */
const settledAfterMs = 30_000;

/** The index in a file of SQLite's: one connection writes, another reads what is committed. */
export class SqliteIndexStore implements IndexStore {
  readonly #db: DatabaseSync;
  readonly #reader: DatabaseSync;
  readonly #recreate: (db: DatabaseSync) => void;
  readonly #names: Names;
  readonly #places: Places;
  readonly #events: EventRows;
  readonly #receipts: ReceiptRows;
  readonly #failures: FailureRows;
  readonly #versions: VersionRows;
  readonly #traffic: TrafficRows;
  readonly #contracts = new ContractRows();

  constructor(db: DatabaseSync, reader: DatabaseSync, recreate: (db: DatabaseSync) => void) {
    this.#db = db;
    this.#reader = reader;
    this.#recreate = recreate;
    this.#names = new Names(db);
    this.#places = new Places(db);
    this.#events = new EventRows(db, this.#names);
    this.#receipts = new ReceiptRows(db, this.#names, this.#places);
    this.#failures = new FailureRows(db, this.#names, this.#places);
    this.#versions = new VersionRows(db, this.#names);
    this.#traffic = new TrafficRows(db, this.#names);
  }

  async apply(batch: IndexBatch): Promise<void> {
    this.#write(() => {
      const places = batch.reads.map((read) => this.#places.move(read));
      this.#events.span(batch.reads.map(({ to }, read) => ({ place: places[read]!, past: to })));
      const events = batch.events.map(({ read, event }) => ({ place: places[read]!, event }));
      this.#events.add(events);
      this.#traffic.add(events, batch.reads[0]?.atMs ?? 0);
      for (const { receipt } of batch.receipts) this.#versions.see(receipt.service, receipt.version, receipt.atMs, receipt.atMs);
      const touched = this.#receipts.add(batch.receipts);
      for (const entry of batch.latest) this.#keepLatest(entry);
      for (const entry of batch.letters) {
        const { service, serviceVersion, failedAtMs } = entry.letter;
        this.#versions.see(service, serviceVersion, failedAtMs, failedAtMs);
        this.#failures.addLetter(entry);
      }
      for (const failure of touched) this.#failures.touch(failure);
      for (const mark of batch.audit) this.#failures.addAudit(mark);
      addLogLines(this.#db, this.#names, batch.logs);
      this.#versions.write();
    });
  }

  positions = async () => indexedPartitions(this.#reader);

  /** SQLite counts for each connection what others have committed. */
  version = async () => rowsOf<{ data_version: number }>(this.#reader, "PRAGMA data_version")[0]!.data_version;

  async look(partitions: readonly { readonly at: PartitionRef; readonly endOffset: number }[], atMs: number): Promise<void> {
    this.#write(() => {
      for (const { at, endOffset } of partitions) this.#places.look(at, endOffset, atMs);
    });
  }

  async giveUp(partitions: readonly PartitionRef[]): Promise<void> {
    if (partitions.length > 0) this.#write(() => partitions.forEach((partition) => this.#places.giveUp(partition)));
  }

  async noteCommitted(offsets: readonly CommittedMark[], atMs: number): Promise<void> {
    this.#write(() => {
      for (const { group, topic, partition, offset } of offsets)
        prepared(
          this.#db,
          `INSERT INTO committed VALUES (?1, ?2, ?3, ?4, ?4, ?5, NULL) ON CONFLICT DO UPDATE SET offset = ?4,
             settled = CASE WHEN ?4 < settled THEN NULL WHEN ?5 - candidate_ms >= ?6 THEN candidate ELSE settled END,
             candidate = CASE WHEN ?5 - candidate_ms >= ?6 OR ?4 < candidate THEN ?4 ELSE candidate END,
             candidate_ms = CASE WHEN ?5 - candidate_ms >= ?6 OR ?4 < candidate THEN ?5 ELSE candidate_ms END`,
        ).run(group, topic, partition, offset, atMs, settledAfterMs);
    });
  }

  findEvents: IndexStore["findEvents"] = async (query) => findEvents(this.#reader, query);
  receiptsOf: IndexStore["receiptsOf"] = async (places) => receiptsOf(this.#reader, places);
  failuresAt: IndexStore["failuresAt"] = async (places) => failuresAt(this.#reader, places);
  parkedBehind: IndexStore["parkedBehind"] = async (query) => parkedBehind(this.#reader, query);
  failures: IndexStore["failures"] = async (query) => failuresInSteps(this.#reader, query);
  failure: IndexStore["failure"] = async (failureId) => failureById(this.#reader, failureId);
  failuresNamed: IndexStore["failuresNamed"] = async (kind, prefix, limit) => failuresNamed(this.#reader, kind, prefix, limit);
  waitingBehind: IndexStore["waitingBehind"] = async (failure, limit) => waitingBehind(this.#reader, failure, limit);
  failureCounts: IndexStore["failureCounts"] = async () => failureCounts(this.#reader);
  auditEntries: IndexStore["auditEntries"] = async (query) => auditEntries(this.#reader, query);
  acknowledgements: IndexStore["acknowledgements"] = async () => acknowledgements(this.#reader);
  hurtTenants: IndexStore["hurtTenants"] = async (limit, tenantId) => hurtTenants(this.#reader, limit, tenantId);
  typesSeen: IndexStore["typesSeen"] = async () => typesSeen(this.#reader);
  traffic: IndexStore["traffic"] = async (sinceMs) => trafficSince(this.#reader, sinceMs);
  contracts: IndexStore["contracts"] = async () => this.#contracts.all(this.#reader);
  logLines: IndexStore["logLines"] = async (query) => logLines(this.#reader, query);
  logGaps: IndexStore["logGaps"] = async (query) => logGaps(this.#reader, query);
  versionsOf: IndexStore["versionsOf"] = async (service) => versionsOf(this.#reader, service);

  async announcements(): Promise<ServiceAnnouncement[]> {
    return rowsOf<{ value: Uint8Array }>(this.#reader, "SELECT value FROM latest WHERE topic = ? ORDER BY key", servicesTopic)
      .map(({ value }) => readOrSkip(() => readAnnouncement(value)))
      .filter((announcement) => announcement !== null);
  }

  async committed(): Promise<SettledMark[]> {
    const rows = rowsOf<Omit<SettledMark, "group"> & { consumer: string }>(this.#reader, "SELECT * FROM committed");
    return rows.map(({ consumer, topic, partition, offset, settled }) => ({
      group: consumer,
      topic,
      partition,
      offset,
      settled,
    }));
  }

  async failureGroups(query: Parameters<IndexStore["failureGroups"]>[0] = {}): ReturnType<IndexStore["failureGroups"]> {
    const owners = new Map((await this.announcements()).map(({ service, owner }) => [service, owner]));
    return failureGroups(this.#reader, query, (service) => owners.get(service) ?? null);
  }

  async retain(limits: RetentionLimits, nowMs: number): Promise<boolean> {
    return this.#write(() => retainStep(this.#db, this.#names, limits, nowMs));
  }

  async clear(): Promise<void> {
    this.#write(() => this.#recreate(this.#db));
    this.#forget();
  }

  async close(): Promise<void> {
    if (this.#reader.isOpen) this.#reader.close();
    if (this.#db.isOpen) this.#db.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #keepLatest({ topic, key, value, atMs }: LatestEntry): void {
    if (value === null) {
      prepared(this.#db, "DELETE FROM latest WHERE topic = ? AND key = ?").run(topic, key);
      return;
    }
    prepared(this.#db, "INSERT INTO latest VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value").run(
      topic,
      key,
      value,
      atMs,
    );
    const said = topic === servicesTopic ? readOrSkip(() => readAnnouncement(value)) : null;
    if (said === null) return;
    this.#versions.see(said.service, said.version, said.startedAtMs, said.atMs);
    for (const handler of said.handlers ?? [])
      for (const { kind, state, epoch } of handler.replays ?? [])
        if (kind === "rebuild" && state !== "cancelled") this.#failures.addRebuild(said.service, handler.name, epoch);
  }

  #write<T>(work: () => T): T {
    prepared(this.#db, "BEGIN IMMEDIATE").run();
    try {
      const done = work();
      prepared(this.#db, "COMMIT").run();
      return done;
    } catch (error) {
      if (this.#db.isTransaction) prepared(this.#db, "ROLLBACK").run();
      this.#forget();
      throw error;
    }
  }

  /** What is kept in memory of rows that a rollback took back. */
  #forget(): void {
    for (const kept of [this.#names, this.#places, this.#events, this.#receipts, this.#versions, this.#traffic]) kept.forget();
  }
}
