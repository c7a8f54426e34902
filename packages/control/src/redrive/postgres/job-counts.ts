import type { Sql } from "../../postgres/sql.ts";
import type { ItemState } from "../job.ts";

/** Adds to how many items of a job stand how; its row is locked by whoever does. */
export async function count(sql: Sql, job: number, by: Readonly<Partial<Record<ItemState, number>>>): Promise<void> {
  const changed = Object.entries(by).filter(([, more]) => more !== 0);
  if (changed.length === 0) return;
  await sql.run(
    `INSERT INTO job_count AS it SELECT $1::bigint, * FROM unnest($2::text[], $3::bigint[])
     ON CONFLICT (job, state) DO UPDATE SET count = it.count + excluded.count`,
    job,
    changed.map(([state]) => state),
    changed.map(([, more]) => more),
  );
}

/** What changes of items come to. */
export class CountChanges {
  readonly #by: Partial<Record<ItemState, number>> = {};

  move(from: ItemState, to: ItemState): void {
    this.#by[from] = (this.#by[from] ?? 0) - 1;
    this.#by[to] = (this.#by[to] ?? 0) + 1;
  }

  write(sql: Sql, job: number): Promise<void> {
    return count(sql, job, this.#by);
  }
}
