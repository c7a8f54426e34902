import type { Sql } from "../../postgres/sql.ts";
import { whole } from "../../postgres/storable.ts";
import type { Attempt } from "../access-store.ts";
import { givenBack, taken, waitMs } from "../rate-limit.ts";

/** In one order, so that nobody waits in a circle. */
const inOrder = (attempts: readonly Attempt[]): Attempt[] => attempts.toSorted((a, b) => a.bucket - b.bucket);

/** Locks a bucket until the transaction ends, whether or not it was there. */
async function lockedFullMs(sql: Sql, bucket: number): Promise<number> {
  const statement = `INSERT INTO access_attempt AS it VALUES ($1, 0)
    ON CONFLICT (bucket) DO UPDATE SET full_ms = it.full_ms RETURNING full_ms`;
  return (await sql.row<{ full_ms: number }>(statement, bucket))!.full_ms;
}

const setFull = (sql: Sql, bucket: number, fullMs: number): Promise<number> =>
  sql.run("UPDATE access_attempt SET full_ms = $2 WHERE bucket = $1", bucket, whole(fullMs));

export async function takeAttempts(sql: Sql, attempts: readonly Attempt[], nowMs: number): Promise<number> {
  const found: { readonly attempt: Attempt; readonly fullMs: number }[] = [];
  for (const attempt of inOrder(attempts)) found.push({ attempt, fullMs: await lockedFullMs(sql, attempt.bucket) });
  const longest = Math.max(0, ...found.map(({ attempt, fullMs }) => waitMs(fullMs, attempt.limit, nowMs)));
  if (longest > 0) return longest;
  for (const { attempt, fullMs } of found) await setFull(sql, attempt.bucket, taken(fullMs, attempt.limit, nowMs));
  return 0;
}

export async function giveBackAttempts(sql: Sql, attempts: readonly Attempt[]): Promise<void> {
  for (const { bucket, limit } of inOrder(attempts))
    await setFull(sql, bucket, givenBack(await lockedFullMs(sql, bucket), limit));
}
