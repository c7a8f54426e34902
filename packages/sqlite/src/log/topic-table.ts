import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { TopicInfo, TopicSpec } from "throughline/seams";
import { prepared } from "../database/prepared.ts";
import { sqliteError } from "../errors/index.ts";

/** A topic with what the log itself has to know of it. */
export interface Topic extends TopicInfo {
  /** Of each partition, the number that its records' ids begin with. */
  readonly numbers: readonly number[];
}

const mostPartitions = 10_000;
const selectSql = "SELECT id, name, partitions, compacted, retention_ms, retention_bytes FROM topic";

/**
 * The topics of one file. Remembers those it has seen: their partitions never change. Another process may delete one, and then its
 * partitions' rows are gone; who finds that calls `forget` and asks again.
 */
export class TopicTable {
  readonly #known = new Map<string, Topic>();
  readonly #defaultPartitions: number;

  constructor(defaultPartitions: number) {
    this.#defaultPartitions = defaultPartitions;
  }

  find(db: DatabaseSync, name: string): Topic | null {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const row = prepared(db, `${selectSql} WHERE name = ?`).get(name);
    return row === undefined ? null : this.#remember(db, row);
  }

  /** By name; never from memory. */
  all(db: DatabaseSync): Topic[] {
    const rows = prepared(db, `${selectSql} ORDER BY name`).all();
    return rows.map((row) => {
      const known = this.#known.get(String(row["name"]));
      return known !== undefined && known.id === row["id"] ? known : this.#remember(db, row);
    });
  }

  forget(topic: Topic): void {
    if (this.#known.get(topic.name) === topic) this.#known.delete(topic.name);
  }

  /** Creates those that do not exist; true when there was one. */
  create(db: DatabaseSync, specs: readonly TopicSpec[]): boolean {
    let created = false;
    for (const spec of specs) {
      const partitions = spec.partitions ?? this.#defaultPartitions;
      const id = randomUUID();
      const inserted = prepared(
        db,
        "INSERT INTO topic (id, name, partitions, retention_ms, retention_bytes, compacted) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
      ).run(id, spec.name, partitions, spec.retentionMs ?? null, spec.retentionBytes ?? null, spec.compacted === true ? 1 : 0);
      if (inserted.changes === 0) continue;
      created = true;
      for (let partition = 0; partition < partitions; partition += 1) {
        prepared(db, "INSERT INTO partition (topic_id, partition) VALUES (?, ?)").run(id, partition);
      }
    }
    return created;
  }

  #remember(db: DatabaseSync, row: Record<string, unknown>): Topic {
    const id = String(row["id"]);
    const numbers = prepared(db, "SELECT number FROM partition WHERE topic_id = ? ORDER BY partition").all(id);
    const topic = {
      id,
      name: String(row["name"]),
      partitions: Number(row["partitions"]),
      compacted: row["compacted"] === 1,
      retentionMs: row["retention_ms"] === null ? null : Number(row["retention_ms"]),
      retentionBytes: row["retention_bytes"] === null ? null : Number(row["retention_bytes"]),
      numbers: numbers.map((partition) => Number(partition["number"])),
    };
    this.#known.set(topic.name, topic);
    return topic;
  }
}

/** Refuses what could not be a topic on a broker either. */
export function checkTopicSpec({ name, partitions, retentionMs, retentionBytes }: TopicSpec): void {
  const refuse = (what: string): never => {
    throw sqliteError("LOG_TOPIC_INVALID", { topic: name, what });
  };
  if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name) || name === "." || name === "..")
    refuse("a name has 1 to 249 letters, digits, dots, hyphens and underscores");
  if (partitions !== undefined && !(Number.isInteger(partitions) && partitions >= 1 && partitions <= mostPartitions))
    refuse(`${partitions} partitions are not between 1 and ${mostPartitions}`);
  for (const [option, limit] of Object.entries({ retentionMs, retentionBytes })) {
    if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0))
      refuse(`${option} is ${limit}, and must be a whole number, 0 or more`);
  }
}
