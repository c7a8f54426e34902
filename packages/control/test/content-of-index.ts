import { DatabaseSync } from "node:sqlite";

/** What an index says, whatever numbers its rows have: two that say the same are equal. */
export function contentOfIndex(file: string) {
  const db = new DatabaseSync(file, { readOnly: true });
  const rows = (sql: string) =>
    db
      .prepare(sql)
      .all()
      .map((row) => JSON.stringify(row, hex))
      .toSorted();
  try {
    return {
      events: rows(
        `SELECT p.topic, p.partition, e.offset, e.at_ms, e.id, t.text AS type, s.text AS source, e.subject, e.time, e.correlation, e.causation,
           n.text AS tenant, e.sequence, e.data_version, k.keys
         FROM event e JOIN (SELECT no, count(*) AS keys FROM event_key GROUP BY no) k ON k.no = e.no JOIN place p ON p.ref = e.place JOIN name t ON t.ref = e.type JOIN name s ON s.ref = e.source LEFT JOIN name n ON n.ref = e.tenant`,
      ),
      ranges: rows(
        `SELECT p.topic, p.partition, s.text AS service, n.text AS handler, r.first, r.past, r.epoch, r.at_ms, v.text AS version, r.applied
         FROM receipt_range r JOIN place p ON p.ref = r.place JOIN handler h ON h.ref = r.handler
         JOIN name s ON s.ref = h.service JOIN name n ON n.ref = h.name JOIN name v ON v.ref = r.version`,
      ),
      told: rows("SELECT told_partition, told_offset, body FROM receipt_told"),
      failures: rows(
        `SELECT f.failure_id, n.text AS handler, f.epoch, f.offset, f.letter_offset, f.message, f.superseded, f.state, f.answer, f.asked_by, g.fingerprint
         FROM failure f JOIN handler h ON h.ref = f.handler JOIN name n ON n.ref = h.name JOIN failure_group g ON g.ref = f.failure_group`,
      ),
      groups: rows(
        "SELECT fingerprint, reason, error, code, pattern, frames, count, open, asked, first_ms, last_ms, example FROM failure_group",
      ),
      versions: rows(
        `SELECT g.fingerprint, n.text AS version, v.count, v.first_ms, v.last_ms FROM failure_group_version v
         JOIN failure_group g ON g.ref = v.failure_group JOIN name n ON n.ref = v.version`,
      ),
      hours: rows(
        "SELECT g.fingerprint, v.hour, v.count FROM failure_group_hour v JOIN failure_group g ON g.ref = v.failure_group",
      ),
      deploys: rows(
        `SELECT s.text AS service, n.text AS version, v.first_ms, v.last_ms FROM version_seen v
         JOIN name s ON s.ref = v.service JOIN name n ON n.ref = v.version`,
      ),
      audit: rows("SELECT * FROM audit"),
      latest: rows("SELECT * FROM latest"),
      positions: rows("SELECT topic, topic_id, partition, next, lost, undecodable, problem FROM place"),
    };
  } finally {
    db.close();
  }
}

const hex = (_: string, value: unknown): unknown => (value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value);
