import { controlError } from "../../errors/catalogue.ts";
import type { PartitionRead, PartitionRef } from "../index-batch.ts";
import type { IndexedPartition } from "../index-store.ts";
import { storable, storableOrNull } from "../../postgres/storable.ts";
import type { Sql } from "./index-database.ts";
import { wrongClockMs } from "../../wrong-clock.ts";

interface PlaceRow {
  readonly ref: number;
  readonly topic_id: string | null;
  readonly next: number;
}

/** The partitions of the index, by the topic's name and id. Written in the caller's transaction. */
export class Places {
  readonly #byName = new Map<string, number>();

  /** A partition of a topic as it is now. Receipts name no topic id; what they name may not have been seen yet. */
  async named(sql: Sql, topic: string, partition: number): Promise<number> {
    const key = `${partition}/${topic}`;
    const known = this.#byName.get(key);
    if (known !== undefined) return known;
    const ref = (await now(sql, topic, partition))?.ref ?? (await insert(sql, topic, null, partition));
    this.#byName.set(key, ref);
    return ref;
  }

  /** The partition of a topic of this id: the present one, or a former one that is still known, else null. */
  async of(sql: Sql, { topic, topicId, partition }: PartitionRef): Promise<number | null> {
    const present = await now(sql, topic, partition);
    if (present === undefined || present.topic_id === null || present.topic_id === topicId)
      return present?.ref ?? this.named(sql, topic, partition);
    const former = "SELECT ref FROM place WHERE md5(topic) = md5($1) AND topic = $1 AND partition = $2 AND topic_id = $3";
    return (await sql.row<{ ref: number }>(former, storable(topic), partition, storable(topicId)))?.ref ?? null;
  }

  /** Moves a partition on, if it stands where the read began. A topic of another id begins anew beside the former one. */
  async move(sql: Sql, read: PartitionRead): Promise<number> {
    const { at, from, to, endOffset, atMs, lost, lostUntilMs, undecodable, problem } = read;
    const { ref, next } = await this.#present(sql, at);
    if (next !== from)
      throw controlError("INDEX_MOVED", { topic: at.topic, partition: at.partition, expected: from, found: next });
    await sql.run(
      `UPDATE place SET next = $2, "end" = greatest($3::bigint, $2::bigint), looked_ms = greatest(looked_ms, $4), lost = lost + $5,
         lost_until_ms = coalesce($6, lost_until_ms), undecodable = undecodable + $7, problem = coalesce($8, problem) WHERE ref = $1`,
      ref,
      to,
      endOffset,
      atMs,
      lost,
      lostUntilMs,
      undecodable,
      storableOrNull(problem),
    );
    return ref;
  }

  async look(sql: Sql, at: PartitionRef, endOffset: number, atMs: number): Promise<void> {
    const { ref } = await this.#present(sql, at);
    const update = 'UPDATE place SET "end" = $2, looked_ms = $3 WHERE ref = $1 AND (looked_ms <= $3 OR looked_ms > $4)';
    await sql.run(update, ref, endOffset, atMs, atMs + wrongClockMs);
  }

  async giveUp(sql: Sql, { topic, topicId, partition }: PartitionRef): Promise<void> {
    const gone = "UPDATE place SET gone = true WHERE topic = $1 AND topic_id = $2 AND partition = $3";
    await sql.run(gone, topic, topicId, partition);
    this.forget();
  }

  /** After a rollback, and before each batch: another process may have given a place up. */
  forget(): void {
    this.#byName.clear();
  }

  async #present(sql: Sql, { topic, topicId, partition }: PartitionRef): Promise<{ ref: number; next: number }> {
    const present = await now(sql, topic, partition);
    if (present?.topic_id === topicId) return present;
    this.forget();
    if (present?.topic_id === null) {
      await sql.run("UPDATE place SET topic_id = $2 WHERE ref = $1", present.ref, topicId);
      return present;
    }
    if (present !== undefined) await sql.run("UPDATE place SET gone = true WHERE ref = $1", present.ref);
    return { ref: await insert(sql, topic, topicId, partition), next: 0 };
  }
}

const now = (sql: Sql, topic: string, partition: number): Promise<PlaceRow | undefined> =>
  sql.row<PlaceRow>(
    "SELECT ref, topic_id, next FROM place WHERE md5(topic) = md5($1) AND topic = $1 AND partition = $2 AND NOT gone",
    storable(topic),
    partition,
  );

async function insert(sql: Sql, topic: string, topicId: string | null, partition: number): Promise<number> {
  const made = "INSERT INTO place (topic, topic_id, partition) VALUES ($1, $2, $3) RETURNING ref";
  return (await sql.row<{ ref: number }>(made, storable(topic), storableOrNull(topicId), partition))!.ref;
}

export const indexedPartitions = (sql: Sql): Promise<IndexedPartition[]> =>
  sql.rows<IndexedPartition>(
    `SELECT topic, topic_id AS "topicId", partition, next AS "nextOffset", "end" AS "endOffset", looked_ms AS "lookedAtMs", lost,
       lost_until_ms AS "lostUntilMs", undecodable, problem, gone AS "isGone"
     FROM place WHERE topic_id IS NOT NULL ORDER BY topic COLLATE "C", partition, ref`,
  );
