import { SqliteFile } from "../sqlite-file/sqlite-file.ts";
import type { GroupRecord } from "./group-record.ts";
import { defaultHistoryMs, defaultHistoryPoints, incidentsKeptMs, type LagRetention } from "./lag-retention.ts";
import {
  deliveryCountOf,
  deliveryOf,
  deliveryStateSql,
  deliveryViewOf,
  endsOf,
  historyPointOf,
  incidentOf,
  parsed,
  silenceOf,
} from "./lag-rows.ts";
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
} from "./lag-store.ts";
import { lagFile } from "./lag-tables.ts";
import { wrongClockMs } from "../wrong-clock.ts";

/**
 * The watcher's store in a file of SQLite, which several processes may open.
 * @param path Of a file, which is made; `:memory:` for one that ends with the process.
 * @throws LAG_STORE_UNUSABLE
 */
export async function openSqliteLagStore(path: string, options: LagRetention = {}): Promise<LagStore> {
  return new SqliteLagStore(await SqliteFile.open(path, lagFile), options);
}

class SqliteLagStore implements LagStore {
  readonly #file: SqliteFile;
  readonly #historyMs: number;
  readonly #historyPoints: number;

  constructor(file: SqliteFile, { historyMs = defaultHistoryMs, historyPoints = defaultHistoryPoints }: LagRetention) {
    this.#file = file;
    this.#historyMs = historyMs;
    this.#historyPoints = historyPoints;
  }

  claim(holder: string, { nowMs, untilMs }: { nowMs: number; untilMs: number }): Promise<boolean> {
    const sql = `INSERT INTO lag_lease VALUES (1, ?1, ?3)
      ON CONFLICT (only) DO UPDATE SET holder = ?1, until_ms = ?3 WHERE holder = ?1 OR until_ms <= ?2 OR until_ms > ?4`;
    return this.#file.inTurn("write", (file) => file.run(sql, holder, nowMs, untilMs, untilMs + wrongClockMs) > 0);
  }

  async release(holder: string): Promise<void> {
    await this.#file.inTurn("write", (file) => file.run("DELETE FROM lag_lease WHERE holder = ?", holder));
  }

  load(): Promise<SavedLag> {
    return this.#file.inTurn("read", (file) => ({
      groups: file.all("SELECT record FROM lag_group").map((row) => parsed<GroupRecord>(row, "record")),
      ends: file.all("SELECT topic_id, partition, points FROM lag_ends").map(endsOf),
    }));
  }

  save(holder: string, changes: LagChanges): Promise<boolean> {
    return this.#file.inTurn("write", (file) => {
      if (file.one("SELECT holder FROM lag_lease")?.["holder"] !== holder) return false;
      for (const record of changes.groups)
        file.run("INSERT OR REPLACE INTO lag_group VALUES (?, ?)", record.group, JSON.stringify(record));
      for (const group of changes.removedGroups) file.run("DELETE FROM lag_group WHERE name = ?", group);
      for (const { topicId, partition, points } of changes.ends) {
        const packed = JSON.stringify(points.map(({ offset, atMs }) => [offset, Math.round(atMs)]));
        file.run("INSERT OR REPLACE INTO lag_ends VALUES (?, ?, ?)", topicId, partition, packed);
      }
      for (const { topicId, partition } of changes.removedEnds)
        file.run("DELETE FROM lag_ends WHERE topic_id = ? AND partition = ?", topicId, partition);
      for (const incident of changes.incidents) {
        const { id, group, openedAtMs, endedAtMs } = incident;
        file.run(
          "INSERT OR REPLACE INTO lag_incident VALUES (?, ?, ?, ?, ?)",
          id,
          group,
          openedAtMs,
          endedAtMs,
          JSON.stringify(incident),
        );
      }
      for (const { id, incidentId, channel, alert } of changes.deliveries)
        file.run(
          `INSERT OR IGNORE INTO lag_delivery (id, incident_id, channel, kind, alert, attempts, created_ms, next_ms)
           VALUES (?, ?, ?, ?, ?, 0, ?, ?)`,
          id,
          incidentId,
          channel,
          alert.kind,
          JSON.stringify(alert),
          changes.nowMs,
          changes.nowMs,
        );
      for (const { group, atMs, behind, behindMs, status, partitions } of changes.history) {
        const ms = behindMs === null ? null : Math.round(behindMs);
        file.run(
          "INSERT OR REPLACE INTO lag_history VALUES (?, ?, ?, ?, ?, ?)",
          group,
          atMs,
          behind,
          ms,
          status,
          JSON.stringify(partitions),
        );
      }
      return true;
    });
  }

  incidents({ id, group, isOpen, limit = 100, beforeId }: IncidentQuery = {}): Promise<IncidentView[]> {
    const sql = `SELECT incident, by_whom, note, at_ms FROM lag_incident LEFT JOIN lag_acknowledgement ON incident_id = id
      WHERE (?1 IS NULL OR group_name = ?1) AND (?2 IS NULL OR (ended_ms IS NULL) = ?2) AND (?5 IS NULL OR id = ?5)
        AND (?3 IS NULL OR (-opened_ms, id) > (SELECT -opened_ms, id FROM lag_incident WHERE id = ?3))
      ORDER BY opened_ms DESC, id LIMIT ?4`;
    return this.#file.inTurn("read", (file) =>
      file
        .all(sql, group ?? null, isOpen === undefined ? null : Number(isOpen), beforeId ?? null, limit, id ?? null)
        .map(incidentOf),
    );
  }

  acknowledge(incidentId: string, { by, note, atMs }: Acknowledgement): Promise<boolean> {
    const sql = `INSERT OR REPLACE INTO lag_acknowledgement
      SELECT id, ?, ?, ? FROM lag_incident WHERE id = ? AND ended_ms IS NULL`;
    return this.#file.inTurn("write", (file) => file.run(sql, by, note, atMs, incidentId) > 0);
  }

  silences(nowMs: number): Promise<Silence[]> {
    return this.#file.inTurn("read", (file) =>
      file.all("SELECT * FROM lag_silence WHERE until_ms > ? ORDER BY until_ms, id", nowMs).map(silenceOf),
    );
  }

  async silence({ id, groups, fromMs, untilMs, reason, by }: Silence): Promise<void> {
    await this.#file.inTurn("write", (file) =>
      file.run("INSERT OR REPLACE INTO lag_silence VALUES (?, ?, ?, ?, ?, ?)", id, groups, fromMs, untilMs, reason, by),
    );
  }

  endSilence(id: string, nowMs: number): Promise<boolean> {
    const sql = "UPDATE lag_silence SET until_ms = ?2 WHERE id = ?1 AND until_ms > ?2";
    return this.#file.inTurn("write", (file) => file.run(sql, id, nowMs) > 0);
  }

  dueDeliveries(nowMs: number, ofEach: number): Promise<Delivery[]> {
    const sql = `SELECT * FROM (
        SELECT id, incident_id, channel, alert, attempts, number, row_number() OVER (PARTITION BY channel ORDER BY number) AS nth
        FROM lag_delivery AS it
        WHERE next_ms <= ? AND NOT EXISTS (
          SELECT 1 FROM lag_delivery AS before WHERE before.next_ms IS NOT NULL
            AND before.incident_id = it.incident_id AND before.channel = it.channel AND before.number < it.number))
      WHERE nth <= ? ORDER BY number`;
    return this.#file.inTurn("read", (file) => file.all(sql, nowMs, ofEach).map(deliveryOf));
  }

  async recordAttempt(id: string, { atMs, nextMs, error }: DeliveryAttempt): Promise<void> {
    const sql = "UPDATE lag_delivery SET attempts = attempts + 1, attempted_ms = ?, next_ms = ?, error = ? WHERE id = ?";
    await this.#file.inTurn("write", (file) => file.run(sql, atMs, nextMs, error, id));
  }

  deliveries({ incidentId, channel, limit, beforeId }: DeliveryQuery): Promise<DeliveryView[]> {
    const sql = `SELECT * FROM lag_delivery WHERE (?1 IS NULL OR incident_id = ?1) AND (?3 IS NULL OR channel = ?3)
      AND (?4 IS NULL OR number < (SELECT number FROM lag_delivery WHERE id = ?4)) ORDER BY number DESC LIMIT ?2`;
    return this.#file.inTurn("read", (file) =>
      file.all(sql, incidentId ?? null, limit, channel ?? null, beforeId ?? null).map(deliveryViewOf),
    );
  }

  deliveryCounts(): ReturnType<LagStore["deliveryCounts"]> {
    const sql = `SELECT channel, ${deliveryStateSql} AS state, count(*) AS count FROM lag_delivery GROUP BY channel, state ORDER BY channel, state`;
    return this.#file.inTurn("read", (file) => file.all(sql).map(deliveryCountOf));
  }

  history({ group, fromMs, toMs }: HistoryQuery): Promise<HistoryPoint[]> {
    // The point before counts until the first one of the span.
    const sql = `SELECT * FROM lag_history WHERE group_name = ?1 AND at_ms < ?3 AND at_ms >= coalesce(
      (SELECT max(at_ms) FROM lag_history WHERE group_name = ?1 AND at_ms <= ?2), ?2) ORDER BY at_ms`;
    return this.#file.inTurn("read", (file) => file.all(sql, group, fromMs, toMs).map(historyPointOf));
  }

  async prune(nowMs: number): Promise<void> {
    await this.#file.inTurn("write", (file) => {
      file.run("DELETE FROM lag_history WHERE at_ms < ?", nowMs - this.#historyMs);
      const surplus = Number(file.one("SELECT count(*) AS count FROM lag_history")?.["count"]) - this.#historyPoints;
      if (surplus > 0)
        file.run(
          "DELETE FROM lag_history WHERE at_ms <= (SELECT at_ms FROM lag_history ORDER BY at_ms LIMIT 1 OFFSET ?)",
          surplus - 1,
        );
      const before = nowMs - incidentsKeptMs;
      file.run("DELETE FROM lag_delivery WHERE next_ms IS NULL AND created_ms < ?", before);
      file.run("DELETE FROM lag_incident WHERE ended_ms < ?", before);
      file.run("DELETE FROM lag_acknowledgement WHERE incident_id NOT IN (SELECT id FROM lag_incident)");
      file.run("DELETE FROM lag_silence WHERE until_ms < ?", before);
    });
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
