import { readAnnouncement, servicesTopic, type ServiceAnnouncement } from "throughline/system-topics";
import { readOrSkip } from "../../reading/read-or-skip.ts";
import type { LatestEntry } from "../index-batch.ts";
import type { AcknowledgedMark, IndexedContracts } from "../index-store.ts";
import type { ContractsKey, KeptContracts } from "../kept-contracts.ts";
import { storable } from "../../postgres/storable.ts";
import type { Sql } from "./index-database.ts";

/** Keeps the newest record of a key; answers with the announcement that it is, if it is one. */
export async function keepLatest(sql: Sql, { topic, key, value, atMs }: LatestEntry): Promise<ServiceAnnouncement | null> {
  if (value === null) {
    await sql.run("DELETE FROM latest WHERE topic = $1 AND md5(key) = md5($2)", topic, storable(key));
    return null;
  }
  await sql.run(
    "INSERT INTO latest VALUES ($1, $2, $3, $4) ON CONFLICT (topic, md5(key)) DO UPDATE SET value = excluded.value",
    topic,
    storable(key),
    Buffer.from(value),
    atMs,
  );
  return topic === servicesTopic ? readOrSkip(() => readAnnouncement(value)) : null;
}

export async function announcements(sql: Sql): Promise<ServiceAnnouncement[]> {
  const rows = await sql.rows<{ value: Buffer }>(
    `SELECT value FROM latest WHERE topic = $1 AND position('/contracts/' in key) = 0 ORDER BY key COLLATE "C"`,
    servicesTopic,
  );
  return rows.map(({ value }) => readOrSkip(() => readAnnouncement(value))).filter((announcement) => announcement !== null);
}

export async function contracts(sql: Sql, kept: KeptContracts): Promise<IndexedContracts[]> {
  const keys = await sql.rows<ContractsKey>(
    `SELECT key, first_ms FROM latest WHERE topic = $1 AND position('/contracts/' in key) > 0 ORDER BY first_ms, key COLLATE "C"`,
    servicesTopic,
  );
  const unread = kept.unread(keys);
  if (unread.length > 0) {
    const rows = await sql.rows<{ key: string; value: Buffer }>(
      "SELECT key, value FROM latest WHERE topic = $1 AND key = ANY($2)",
      servicesTopic,
      unread,
    );
    for (const { key, value } of rows) kept.add(key, value);
  }
  return kept.all(keys);
}

/** The last word on each; one that was refused is none. */
export async function acknowledgements(sql: Sql): Promise<AcknowledgedMark[]> {
  const rows = await sql.rows<{ body: string }>(
    `SELECT body FROM audit WHERE about IS NOT NULL AND action = 'acknowledge' ORDER BY at_ms, "offset"`,
  );
  const last = new Map<string, AcknowledgedMark & { outcome?: string }>();
  for (const { body } of rows) {
    const { id, by, reason, atMs, outcome } = JSON.parse(body) as {
      id: string;
      by: string;
      reason: string | null;
      atMs: number;
      outcome?: string;
    };
    last.set(id, { id, by, note: reason, atMs, ...(outcome === undefined ? {} : { outcome }) });
  }
  return [...last.values()]
    .filter(({ outcome }) => outcome !== "refused")
    .map(({ id, by, note, atMs }) => ({ id: String(id), by: String(by), note: note === null ? null : String(note), atMs }));
}
