import type { DatabaseSync } from "node:sqlite";
import type { IndexedPartition } from "../index-store.ts";
import type { PartitionRead, PartitionRef } from "../index-batch.ts";
import { controlError } from "../../errors/catalogue.ts";
import { prepared, rowOf, rowsOf } from "./prepared.ts";
import { wrongClockMs } from "../../wrong-clock.ts";

interface PlaceRow {
  readonly ref: number;
  readonly topic_id: string | null;
  readonly next: number;
}

/** The partitions of the index, by the topic's name and id. Written in the caller's transaction. */
export class Places {
  readonly #db: DatabaseSync;
  readonly #byName = new Map<string, number>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** A partition of a topic as it is now. Receipts name no topic id; what they name may not have been seen yet. */
  named(topic: string, partition: number): number {
    const key = `${partition}/${topic}`;
    const known = this.#byName.get(key);
    if (known !== undefined) return known;
    const ref = this.#now(topic, partition)?.ref ?? this.#insert(topic, null, partition);
    this.#byName.set(key, ref);
    return ref;
  }

  /** The partition of a topic of this id: the present one, or a former one that is still known, else null. */
  of({ topic, topicId, partition }: PartitionRef): number | null {
    const now = this.#now(topic, partition);
    if (now === undefined || now.topic_id === null || now.topic_id === topicId) return now?.ref ?? this.named(topic, partition);
    const sql = "SELECT ref FROM place WHERE topic = ? AND partition = ? AND topic_id = ?";
    return rowOf<{ ref: number }>(this.#db, sql, topic, partition, topicId)?.ref ?? null;
  }

  /** Moves a partition on, if it stands where the read began. A topic of another id begins anew beside the former one. */
  move(read: PartitionRead): number {
    const { at, from, to, endOffset, atMs, lost, lostUntilMs, undecodable, problem } = read;
    const { ref, next } = this.#present(at);
    if (next !== from)
      throw controlError("INDEX_MOVED", { topic: at.topic, partition: at.partition, expected: from, found: next });
    prepared(
      this.#db,
      `UPDATE place SET next = ?, end = max(?, ?), looked_ms = max(looked_ms, ?), lost = lost + ?, lost_until_ms = coalesce(?, lost_until_ms), undecodable = undecodable + ?,
         problem = coalesce(?, problem) WHERE ref = ?`,
    ).run(to, endOffset, to, atMs, lost, lostUntilMs, undecodable, problem, ref);
    return ref;
  }

  look(at: PartitionRef, endOffset: number, atMs: number): void {
    const { ref } = this.#present(at);
    const sql = "UPDATE place SET end = ?1, looked_ms = ?2 WHERE ref = ?3 AND (looked_ms <= ?2 OR looked_ms > ?4)";
    prepared(this.#db, sql).run(endOffset, atMs, ref, atMs + wrongClockMs);
  }

  giveUp({ topic, topicId, partition }: PartitionRef): void {
    prepared(this.#db, "UPDATE place SET gone = 1 WHERE topic = ? AND topic_id = ? AND partition = ?").run(
      topic,
      topicId,
      partition,
    );
    this.forget();
  }

  forget(): void {
    this.#byName.clear();
  }

  #present({ topic, topicId, partition }: PartitionRef): { ref: number; next: number } {
    const now = this.#now(topic, partition);
    if (now?.topic_id === topicId) return now;
    this.forget();
    if (now?.topic_id === null) {
      prepared(this.#db, "UPDATE place SET topic_id = ? WHERE ref = ?").run(topicId, now.ref);
      return now;
    }
    if (now !== undefined) prepared(this.#db, "UPDATE place SET gone = 1 WHERE ref = ?").run(now.ref);
    return { ref: this.#insert(topic, topicId, partition), next: 0 };
  }

  #now(topic: string, partition: number): PlaceRow | undefined {
    const sql = "SELECT ref, topic_id, next FROM place WHERE topic = ? AND partition = ? AND gone = 0";
    return rowOf<PlaceRow>(this.#db, sql, topic, partition);
  }

  #insert(topic: string, topicId: string | null, partition: number): number {
    const insert = prepared(this.#db, "INSERT INTO place (topic, topic_id, partition) VALUES (?, ?, ?)");
    return Number(insert.run(topic, topicId, partition).lastInsertRowid);
  }
}

export function indexedPartitions(db: DatabaseSync): IndexedPartition[] {
  return rowsOf<Record<string, string | number | null>>(
    db,
    "SELECT * FROM place WHERE topic_id IS NOT NULL ORDER BY topic, partition, ref",
  ).map((row) => ({
    topic: row["topic"] as string,
    topicId: row["topic_id"] as string,
    partition: row["partition"] as number,
    nextOffset: row["next"] as number,
    endOffset: row["end"] as number,
    lookedAtMs: row["looked_ms"] as number,
    lost: row["lost"] as number,
    lostUntilMs: row["lost_until_ms"] as number | null,
    undecodable: row["undecodable"] as number,
    problem: row["problem"] as string | null,
    isGone: row["gone"] === 1,
  }));
}
