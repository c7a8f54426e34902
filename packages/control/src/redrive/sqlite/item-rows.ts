import type { Row, SqliteFile } from "../../sqlite-file/sqlite-file.ts";
import { answerItem } from "../answer-item.ts";
import type { ItemPage, ItemState, JobItem, TakenReceipt } from "../job.ts";
import type { ItemQuery, ReceiptRead, SentItem } from "../job-store.ts";
import { answeredItemIn, itemIn } from "../job-in-row.ts";
import { count, numberOf } from "./job-rows.ts";

export function itemsOf(file: SqliteFile, id: string, { cursor, limit, states }: ItemQuery): ItemPage {
  const job = numberOf(file, id);
  // Numbers begin at 0, cursors too: a cursor is the number of the item that comes next.
  const rows =
    states === undefined
      ? file.all("SELECT * FROM job_item WHERE job = ? AND no >= ? ORDER BY no LIMIT ?", job, cursor, limit + 1)
      : file.all(
          "SELECT * FROM job_item WHERE job = ? AND no >= ? AND state IN (SELECT value FROM json_each(?)) ORDER BY no LIMIT ?",
          job,
          cursor,
          JSON.stringify(states),
          limit + 1,
        );
  return {
    items: rows.slice(0, limit).map(itemIn),
    cursor: rows.length > limit ? Number(rows[limit]!["no"]) : null,
  };
}

export function nextItems(file: SqliteFile, id: string, limit: number): JobItem[] {
  const job = file.one("SELECT number, next FROM job WHERE id = ?", id);
  if (job === undefined) return [];
  return file
    .all("SELECT * FROM job_item WHERE job = ? AND no >= ? ORDER BY no LIMIT ?", job["number"]!, job["next"]!, limit)
    .map(itemIn);
}

export function sent(file: SqliteFile, id: string, next: number, items: readonly SentItem[], atMs: number): boolean {
  const job = numberOf(file, id);
  const moved = file.run(
    "UPDATE job SET next = ?, asked_ms = ? WHERE number = ? AND next = ?",
    next + items.length,
    atMs,
    job,
    next,
  );
  if (moved === 0) return false;
  for (const { no, state, detail, isWritten = false } of items) {
    // What was answered meanwhile, or belongs to another job, stays as it is.
    for (const from of isWritten ? (["waiting", "cancelled"] as const) : (["waiting"] as const)) {
      const changed = file.run(
        "UPDATE job_item SET state = ?, detail = ?, asked_ms = ? WHERE job = ? AND no = ? AND state = ?",
        state,
        detail,
        state === "asked" ? atMs : null,
        job,
        no,
        from,
      );
      count(file, job, from, -changed);
      count(file, job, state, changed);
    }
  }
  return true;
}

export function take(file: SqliteFile, id: string, reads: readonly ReceiptRead[], receipts: readonly TakenReceipt[]): boolean {
  const job = numberOf(file, id);
  const stands = new Map(
    file.all("SELECT partition, offset FROM job_receipts WHERE job = ?", job).map((row) => [row["partition"], row["offset"]]),
  );
  // Of a partition that came later nothing is known: it is read from its beginning.
  if (reads.some(({ partition, from }) => (stands.get(partition) ?? from) !== from)) return false;
  for (const { partition, to } of reads) file.run("INSERT OR REPLACE INTO job_receipts VALUES (?, ?, ?)", job, partition, to);
  for (const receipt of receipts) for (const row of itemsNamed(file, job, receipt)) answer(file, { id, job }, row, receipt);
  return true;
}

/**
 * Those of the receipt's failure, and those of its place. Their indexes are named: SQLite, which knows nothing of how many items a job has, would
 * rather go through all of them.
 */
function itemsNamed(file: SqliteFile, job: number, { failureId, topic, partition, offset }: TakenReceipt): Row[] {
  const byFailure = "SELECT * FROM job_item INDEXED BY job_item_failure WHERE failure_id = ? AND job = ?";
  const named = failureId === null ? [] : file.all(byFailure, failureId, job);
  const there = file.all(
    "SELECT * FROM job_item INDEXED BY job_item_place WHERE topic = ? AND partition = ? AND offset = ? AND job = ?",
    topic,
    partition,
    offset,
    job,
  );
  return [...named, ...there.filter((row) => named.every((other) => other["no"] !== row["no"]))];
}

function answer(file: SqliteFile, { id, job }: { id: string; job: number }, row: Row, receipt: TakenReceipt): void {
  const state = row["state"] as ItemState;
  const change = answerItem(answeredItemIn(id, row), receipt);
  if (change === null) return;
  file.run(
    "UPDATE job_item SET state = ?, detail = ?, answered_ms = ?, asked_ms = coalesce(asked_ms, ?) WHERE job = ? AND no = ?",
    change.state,
    change.detail,
    receipt.atMs,
    receipt.requestId === null ? null : receipt.atMs,
    job,
    row["no"]!,
  );
  count(file, job, state, -1);
  count(file, job, change.state, 1);
}
