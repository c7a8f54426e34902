import type { GroupRecord } from "../group-record.ts";
import { defaultHistoryMs, defaultHistoryPoints, incidentsKeptMs, type LagRetention } from "../lag-retention.ts";
import {
  deliveryCountOf,
  deliveryOf,
  deliveryStateSql,
  deliveryViewOf,
  endsOf,
  historyPointOf,
  incidentOf,
  parsed,
  type Row,
  silenceOf,
} from "../lag-rows.ts";
import type {
  Acknowledgement,
  Delivery,
  DeliveryAttempt,
  DeliveryQuery,
  DeliveryView,
  HistoryPoint,
  HistoryQuery,
  IncidentQuery,
  IncidentView,
  LagChanges,
  LagStore,
  SavedLag,
  Silence,
} from "../lag-store.ts";
import { MigratedDatabase } from "../../postgres/migrated-database.ts";
import { storable, whole } from "../../postgres/storable.ts";
import { lagDatabase } from "./lag-migrations.ts";
import { saveLag } from "./save-lag.ts";
import { wrongClockMs } from "../../wrong-clock.ts";

/**
 * The watcher's store in a PostgreSQL database, in a schema of its own, for control planes on several machines: one of them watches, and all of
 * them show, acknowledge and silence the same.
 * @throws LAG_DATABASE_UNUSABLE
 * @example
 *   const store = await openPostgresLagStore("postgres://control:password@db:5432/control");
 */
export async function openPostgresLagStore(url: string, options: LagRetention = {}): Promise<LagStore> {
  return new PostgresLagStore(await MigratedDatabase.open(url, lagDatabase), options);
}

class PostgresLagStore implements LagStore {
  readonly #database: MigratedDatabase;
  readonly #historyMs: number;
  readonly #historyPoints: number;

  constructor(database: MigratedDatabase, { historyMs = defaultHistoryMs, historyPoints = defaultHistoryPoints }: LagRetention) {
    this.#database = database;
    this.#historyMs = historyMs;
    this.#historyPoints = historyPoints;
  }

  async claim(holder: string, { nowMs, untilMs }: { nowMs: number; untilMs: number }): Promise<boolean> {
    const sql = `INSERT INTO throughline_lag.lease AS lease (holder, until_ms) VALUES ($1, $3)
      ON CONFLICT (only_one) DO UPDATE SET holder = $1, until_ms = $3
      WHERE lease.holder = $1 OR lease.until_ms <= $2 OR lease.until_ms > $4`;
    return (await this.#database.sql.run(sql, holder, whole(nowMs), whole(untilMs), whole(untilMs + wrongClockMs))) > 0;
  }

  async release(holder: string): Promise<void> {
    await this.#database.sql.run("DELETE FROM throughline_lag.lease WHERE holder = $1", holder);
  }

  async load(): Promise<SavedLag> {
    const groups = await this.#database.sql.rows<Row>("SELECT record FROM throughline_lag.consumer_group");
    const ends = await this.#database.sql.rows<Row>("SELECT topic_id, partition, points FROM throughline_lag.ends");
    return {
      groups: groups.map((row) => parsed<GroupRecord>(row, "record")),
      ends: ends.map(endsOf),
    };
  }

  save(holder: string, changes: LagChanges): Promise<boolean> {
    return this.#database.transaction(async (sql) => {
      // Until this ends nobody takes the lease, so what is written is the holder's.
      const held = await sql.row("SELECT 1 FROM throughline_lag.lease WHERE holder = $1 FOR UPDATE", holder);
      if (held === undefined) return false;
      await saveLag(sql, changes);
      return true;
    });
  }

  async incidents({ id, group, isOpen, limit = 100, beforeId }: IncidentQuery = {}): Promise<IncidentView[]> {
    const sql = `SELECT incident, by_whom, note, at_ms FROM throughline_lag.incident
      LEFT JOIN throughline_lag.acknowledgement ON incident_id = id
      WHERE ($1::text IS NULL OR group_name = $1) AND ($2::boolean IS NULL OR (ended_ms IS NULL) = $2)
        AND ($5::text IS NULL OR id = $5)
        AND ($3::text IS NULL OR (-opened_ms, id) > (SELECT -opened_ms, id FROM throughline_lag.incident WHERE id = $3))
      ORDER BY opened_ms DESC, id LIMIT $4`;
    const values = [group === undefined ? null : storable(group), isOpen ?? null, beforeId ?? null, mostOf(limit), id ?? null];
    return (await this.#database.sql.rows<Row>(sql, ...values)).map(incidentOf);
  }

  async acknowledge(incidentId: string, { by, note, atMs }: Acknowledgement): Promise<boolean> {
    const sql = `INSERT INTO throughline_lag.acknowledgement
      SELECT id, $2, $3, $4 FROM throughline_lag.incident WHERE id = $1 AND ended_ms IS NULL
      ON CONFLICT (incident_id) DO UPDATE SET by_whom = excluded.by_whom, note = excluded.note, at_ms = excluded.at_ms`;
    return (await this.#database.sql.run(sql, incidentId, storable(by), note === null ? null : storable(note), whole(atMs))) > 0;
  }

  async silences(nowMs: number): Promise<Silence[]> {
    const sql = "SELECT * FROM throughline_lag.silence WHERE until_ms > $1 ORDER BY until_ms, id";
    return (await this.#database.sql.rows<Row>(sql, whole(nowMs))).map(silenceOf);
  }

  async silence({ id, groups, fromMs, untilMs, reason, by }: Silence): Promise<void> {
    const sql = `INSERT INTO throughline_lag.silence VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET
      groups = excluded.groups, from_ms = excluded.from_ms, until_ms = excluded.until_ms, reason = excluded.reason, by_whom = excluded.by_whom`;
    await this.#database.sql.run(sql, id, storable(groups), whole(fromMs), whole(untilMs), storable(reason), storable(by));
  }

  async endSilence(id: string, nowMs: number): Promise<boolean> {
    const sql = "UPDATE throughline_lag.silence SET until_ms = $2 WHERE id = $1 AND until_ms > $2";
    return (await this.#database.sql.run(sql, id, whole(nowMs))) > 0;
  }

  async dueDeliveries(nowMs: number, ofEach: number): Promise<Delivery[]> {
    const sql = `SELECT * FROM (
        SELECT id, incident_id, channel, alert, attempts, number, row_number() OVER (PARTITION BY channel ORDER BY number) AS nth
        FROM throughline_lag.delivery AS it
        WHERE next_ms <= $1 AND NOT EXISTS (
          SELECT 1 FROM throughline_lag.delivery AS earlier WHERE earlier.next_ms IS NOT NULL
            AND earlier.incident_id = it.incident_id AND earlier.channel = it.channel AND earlier.number < it.number)) AS due
      WHERE nth <= $2 ORDER BY number`;
    return (await this.#database.sql.rows<Row>(sql, whole(nowMs), ofEach)).map(deliveryOf);
  }

  async recordAttempt(id: string, { atMs, nextMs, error }: DeliveryAttempt): Promise<void> {
    const sql = `UPDATE throughline_lag.delivery SET attempts = attempts + 1, attempted_ms = $2, next_ms = $3, error = $4 WHERE id = $1`;
    await this.#database.sql.run(
      sql,
      id,
      whole(atMs),
      nextMs === null ? null : whole(nextMs),
      error === null ? null : storable(error),
    );
  }

  async deliveries({ incidentId, channel, limit, beforeId }: DeliveryQuery): Promise<DeliveryView[]> {
    const sql = `SELECT * FROM throughline_lag.delivery WHERE ($1::text IS NULL OR incident_id = $1) AND ($3::text IS NULL OR channel = $3)
      AND ($4::text IS NULL OR number < (SELECT number FROM throughline_lag.delivery WHERE id = $4)) ORDER BY number DESC LIMIT $2`;
    const values = [incidentId ?? null, mostOf(limit), channel === undefined ? null : storable(channel), beforeId ?? null];
    return (await this.#database.sql.rows<Row>(sql, ...values)).map(deliveryViewOf);
  }

  async deliveryCounts(): ReturnType<LagStore["deliveryCounts"]> {
    const sql = `SELECT channel, ${deliveryStateSql} AS state, count(*) AS count FROM throughline_lag.delivery GROUP BY 1, 2 ORDER BY 1, 2`;
    return (await this.#database.sql.rows<Row>(sql)).map(deliveryCountOf);
  }

  async history({ group, fromMs, toMs }: HistoryQuery): Promise<HistoryPoint[]> {
    // The point before counts until the first one of the span.
    const sql = `SELECT * FROM throughline_lag.history WHERE group_name = $1 AND at_ms < $3 AND at_ms >= coalesce(
      (SELECT max(at_ms) FROM throughline_lag.history WHERE group_name = $1 AND at_ms <= $2), $2) ORDER BY at_ms`;
    return (await this.#database.sql.rows<Row>(sql, storable(group), whole(fromMs), whole(toMs))).map((row) => ({
      ...historyPointOf(row),
      group,
    }));
  }

  async prune(nowMs: number): Promise<void> {
    const before = whole(nowMs - incidentsKeptMs);
    await this.#database.sql.run("DELETE FROM throughline_lag.history WHERE at_ms < $1", whole(nowMs - this.#historyMs));
    const [counted] = await this.#database.sql.rows<Row>("SELECT count(*) AS count FROM throughline_lag.history");
    const surplus = Number(counted!["count"]) - this.#historyPoints;
    if (surplus > 0)
      await this.#database.sql.run(
        `DELETE FROM throughline_lag.history
         WHERE at_ms <= (SELECT at_ms FROM throughline_lag.history ORDER BY at_ms LIMIT 1 OFFSET $1)`,
        surplus - 1,
      );
    await this.#database.sql.run("DELETE FROM throughline_lag.delivery WHERE next_ms IS NULL AND created_ms < $1", before);
    await this.#database.sql.run("DELETE FROM throughline_lag.incident WHERE ended_ms < $1", before);
    await this.#database.sql.run(
      "DELETE FROM throughline_lag.acknowledgement WHERE incident_id NOT IN (SELECT id FROM throughline_lag.incident)",
    );
    await this.#database.sql.run("DELETE FROM throughline_lag.silence WHERE until_ms < $1", before);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

/** A limit below zero is none. */
const mostOf = (limit: number): number | null => (limit < 0 ? null : limit);
