import type { EventReceipt, Receipt } from "throughline/system-topics";
import type { PlacedReceipt } from "../../reading/receipts.ts";
import type { IndexBatch } from "../index-batch.ts";
import type { IndexStore, SettledMark } from "../index-store.ts";
import { EventRows, findEvents, growSegment, spanSegment } from "./event-rows.ts";
import { failureById, failuresAt, failuresNamed, findFailures, waitingBehind } from "./failure-queries.ts";
import { FailureRows } from "./failure-rows.ts";
import { failureCounts, failureGroups, hurtTenants, versionsOf } from "./group-queries.ts";
import { storable, whole } from "../../postgres/storable.ts";
import { IndexDatabase, type Sql } from "./index-database.ts";
import { auditEntries } from "./audit-queries.ts";
import { KeptContracts } from "../kept-contracts.ts";
import { acknowledgements, announcements, contracts, keepLatest } from "./latest-rows.ts";
import { addLogLines, logGaps, logLines } from "./log-rows.ts";
import { Names } from "./names.ts";
import { indexedPartitions, Places } from "./places.ts";
import { parkedBehind, receiptsOf } from "./receipt-queries.ts";
import { ReceiptRows } from "./receipt-rows.ts";
import { retainStep } from "./retention.ts";
import { countEvents, trafficSince, typesSeen } from "./traffic-rows.ts";

/** How long a committed offset must have been passed before receipts of what lies before it are missed. */
const settledAfterMs = 30_000;

/**
 * The index in a PostgreSQL database, in a schema of its own, which several control planes keep in step with the log together and read. What
 * one of them indexed the others do not index again.
 * @throws INDEX_DATABASE_UNUSABLE
 * @example await using store = await openPostgresIndex("postgres://control:password@db:5432/control")
 */
export async function openPostgresIndex(url: string): Promise<IndexStore> {
  return new PostgresIndexStore(await IndexDatabase.open(url));
}

class PostgresIndexStore implements IndexStore {
  readonly #database: IndexDatabase;
  readonly #contracts = new KeptContracts();
  readonly #sql: Sql;
  readonly #names = new Names();
  readonly #places = new Places();
  readonly #events = new EventRows(this.#names);
  readonly #receipts = new ReceiptRows(this.#names, this.#places);
  readonly #failures = new FailureRows(this.#names, this.#places);
  #generation = -1;

  constructor(database: IndexDatabase) {
    this.#database = database;
    this.#sql = database.read;
  }

  async apply(batch: IndexBatch): Promise<void> {
    await this.#write(async (sql) => {
      const places: number[] = [];
      for (const read of batch.reads) places.push(await this.#places.move(sql, read));
      const events = batch.events.map(({ read, event }) => ({ place: places[read]!, event }));
      const segment = await this.#events.add(sql, events);
      await spanSegment(
        sql,
        segment,
        batch.reads.map(({ to }, read) => ({ place: places[read]!, past: to })),
      );
      await countEvents(sql, this.#names, events, batch.reads[0]?.atMs ?? 0);
      const { touched, bytes } = await this.#receipts.add(sql, batch.receipts);
      if (bytes > 0) await growSegment(sql, segment, 0, bytes);
      const seen = versionsIn(batch.receipts);
      for (const entry of batch.latest) {
        const said = await keepLatest(sql, entry);
        if (said === null) continue;
        seen.push([said.service, said.version, said.startedAtMs, said.atMs]);
        for (const handler of said.handlers ?? [])
          for (const { kind, state, epoch } of handler.replays ?? [])
            if (kind === "rebuild" && state !== "cancelled")
              await this.#failures.addRebuild(sql, said.service, handler.name, epoch);
      }
      const { letters, audit } = batch;
      for (const { letter } of letters) seen.push([letter.service, letter.serviceVersion, letter.failedAtMs, letter.failedAtMs]);
      await this.#failures.add(sql, { letters, touched, audit });
      await addLogLines(sql, batch.logs);
      await this.#seeVersions(sql, seen);
    });
  }

  positions: IndexStore["positions"] = () => indexedPartitions(this.#sql);

  async version(): Promise<number> {
    return (await this.#sql.row<{ version: number }>("SELECT version FROM state"))!.version;
  }

  look: IndexStore["look"] = async (partitions, atMs) => {
    await this.#write(async (sql) => {
      for (const { at, endOffset } of partitions) await this.#places.look(sql, at, endOffset, atMs);
    });
  };

  giveUp: IndexStore["giveUp"] = async (partitions) => {
    if (partitions.length === 0) return;
    await this.#write(async (sql) => {
      for (const partition of partitions) await this.#places.giveUp(sql, partition);
    });
  };

  noteCommitted: IndexStore["noteCommitted"] = async (offsets, atMs) => {
    await this.#write(async (sql) => {
      for (const { group, topic, partition, offset } of offsets)
        await sql.run(
          `INSERT INTO committed AS c VALUES ($1, $2, $3, $4::bigint, $4::bigint, $5::bigint, NULL)
           ON CONFLICT (md5(consumer), topic, partition) DO UPDATE SET "offset" = $4,
             settled = CASE WHEN $4 < c.settled THEN NULL WHEN $5 - c.candidate_ms >= $6::bigint THEN c.candidate ELSE c.settled END,
             candidate = CASE WHEN $5 - c.candidate_ms >= $6 OR $4 < c.candidate THEN $4 ELSE c.candidate END,
             candidate_ms = CASE WHEN $5 - c.candidate_ms >= $6 OR $4 < c.candidate THEN $5 ELSE c.candidate_ms END`,
          storable(group),
          topic,
          partition,
          offset,
          atMs,
          settledAfterMs,
        );
    });
  };

  committed: IndexStore["committed"] = () =>
    this.#sql.rows<SettledMark>('SELECT consumer AS "group", topic, partition, "offset", settled FROM committed');

  findEvents: IndexStore["findEvents"] = (query) => findEvents(this.#sql, query);
  receiptsOf: IndexStore["receiptsOf"] = (places) => receiptsOf(this.#sql, places);
  failuresAt: IndexStore["failuresAt"] = (places) => failuresAt(this.#sql, places);
  parkedBehind: IndexStore["parkedBehind"] = (query) => parkedBehind(this.#sql, query);
  failures: IndexStore["failures"] = (query) => findFailures(this.#sql, query);
  failure: IndexStore["failure"] = (failureId) => failureById(this.#sql, failureId);
  failuresNamed: IndexStore["failuresNamed"] = (kind, prefix, limit) => failuresNamed(this.#sql, kind, prefix, limit);
  waitingBehind: IndexStore["waitingBehind"] = (failure, limit) => waitingBehind(this.#sql, failure, limit);
  failureCounts: IndexStore["failureCounts"] = () => failureCounts(this.#sql);
  auditEntries: IndexStore["auditEntries"] = (query) => auditEntries(this.#sql, query);
  acknowledgements: IndexStore["acknowledgements"] = () => acknowledgements(this.#sql);
  hurtTenants: IndexStore["hurtTenants"] = (limit, tenantId) => hurtTenants(this.#sql, limit, tenantId);
  contracts: IndexStore["contracts"] = () => contracts(this.#sql, this.#contracts);
  typesSeen: IndexStore["typesSeen"] = () => typesSeen(this.#sql);
  traffic: IndexStore["traffic"] = (sinceMs) => trafficSince(this.#sql, sinceMs);
  versionsOf: IndexStore["versionsOf"] = (service) => versionsOf(this.#sql, service);
  logLines: IndexStore["logLines"] = (query) => logLines(this.#sql, query);
  logGaps: IndexStore["logGaps"] = (query) => logGaps(this.#sql, query);
  announcements: IndexStore["announcements"] = () => announcements(this.#sql);

  failureGroups: IndexStore["failureGroups"] = async (query = {}) => {
    const owners = new Map((await this.announcements()).map(({ service, owner }) => [service, owner]));
    return failureGroups(this.#sql, query, (service) => owners.get(service) ?? null);
  };

  retain: IndexStore["retain"] = (limits, nowMs) => this.#write((sql) => retainStep(sql, this.#failures, limits, nowMs));

  async clear(): Promise<void> {
    await this.#database.clear();
    this.#forget();
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #seeVersions(sql: Sql, seen: readonly SeenVersion[]): Promise<void> {
    if (seen.length === 0) return;
    await this.#names.learn(
      sql,
      seen.flatMap(([service, version]) => [service, version]),
    );
    await sql.run(
      `INSERT INTO version_seen AS v SELECT service, version, min(first_ms), max(last_ms)
       FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS seen (service, version, first_ms, last_ms) GROUP BY 1, 2
       ON CONFLICT (service, version) DO UPDATE SET first_ms = least(v.first_ms, excluded.first_ms),
         last_ms = greatest(v.last_ms, excluded.last_ms)`,
      seen.map(([service]) => this.#names.known(service)),
      seen.map(([, version]) => this.#names.known(version)),
      seen.map(([, , firstMs]) => whole(firstMs)),
      seen.map(([, , , lastMs]) => whole(lastMs)),
    );
  }

  async #write<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    try {
      return await this.#database.write((sql, generation) => {
        if (generation !== this.#generation) this.#forget();
        this.#generation = generation;
        this.#places.forget();
        return work(sql);
      });
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** What is kept in memory of rows that a rollback took back, or that were thrown away. */
  #forget(): void {
    this.#names.forget();
    this.#places.forget();
  }
}

type SeenVersion = [service: string, version: string, firstMs: number, lastMs: number];

const versionsIn = (receipts: readonly PlacedReceipt<Receipt | EventReceipt>[]): SeenVersion[] =>
  receipts.map(({ receipt: { service, version, atMs } }) => [service, version, atMs, atMs]);
