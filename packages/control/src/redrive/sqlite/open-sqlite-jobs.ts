import { setImmediate as nextTurn } from "node:timers/promises";
import { SqliteFile } from "../../sqlite-file/sqlite-file.ts";
import type { JobStore } from "../job-store.ts";
import { itemsOf, nextItems, sent, take } from "./item-rows.ts";
import { activeJobs, change, confirm, jobOf, jobsOf, numberOf, passOver } from "./job-rows.ts";
import { jobFile } from "./job-tables.ts";
import { addItems, arrange, completePlan, consumersOf, draft, heldSubjects, leaveOut, leftOutOf, planOf } from "./plan-rows.ts";
import { prune } from "./prune.ts";
import { wrongClockMs } from "../../wrong-clock.ts";

/**
 * Plans and jobs in a file of SQLite, which several processes may open; each commit is on the disk before it is answered.
 * @param path Of a file, which is made; `:memory:` for one that ends with the process.
 * @throws REDRIVE_STORE_UNUSABLE
 * @example await using jobs = await openSqliteJobs("./data/jobs.db");
 */
export async function openSqliteJobs(path: string): Promise<JobStore> {
  const opened = await SqliteFile.open(path, jobFile);
  const read = <T>(work: (file: SqliteFile) => T): Promise<T> => opened.inTurn("read", work);
  const write = <T>(work: (file: SqliteFile) => T): Promise<T> => opened.inTurn("write", work);
  return {
    draft: (plan) => write((file) => draft(file, plan)),
    addItems: (id, items) => write((file) => addItems(file, id, items)),
    leaveOut: (id, items) => write((file) => leaveOut(file, id, items)),
    arrange: (id) => write((file) => arrange(file, id)),
    consumersOf: (id) => read((file) => consumersOf(file, id)),
    heldSubjects: (id, consumer, subjects) => read((file) => heldSubjects(file, id, consumer, subjects)),
    completePlan: (id, told) => write((file) => completePlan(file, id, told)),
    plan: (id) => read((file) => planOf(file, id)),
    leftOut: (id, page) => read((file) => leftOutOf(file, id, page)),
    confirm: async (id, terms, from, nowMs) => {
      let passed = await write((file) => passOver(file, id, null));
      while (passed.next !== null) {
        await nextTurn();
        const before = passed;
        passed = await write((file) => passOver(file, id, before));
      }
      return write((file) => confirm(file, id, terms, from, nowMs, passed));
    },
    job: (id) => read((file) => jobOf(file, id)),
    jobs: (page) => read((file) => jobsOf(file, page)),
    active: () => read(activeJobs),
    items: (id, page) => read((file) => itemsOf(file, id, page)),
    edited: (id) =>
      read((file) => (file.one("SELECT edited FROM job WHERE id = ?", id)?.["edited"] ?? null) as Uint8Array | null),
    nextItems: (id, limit) => read((file) => nextItems(file, id, limit)),
    sent: (id, next, items, atMs) => write((file) => sent(file, id, next, items, atMs)),
    receiptPositions: (id) =>
      read((file) =>
        file
          .all("SELECT partition, offset FROM job_receipts WHERE job = ?", numberOf(file, id))
          .map(({ partition, offset }) => ({ partition: Number(partition), offset: Number(offset) })),
      ),
    take: (id, reads, receipts) => write((file) => take(file, id, reads, receipts)),
    change: (id, from, asked) => write((file) => change(file, id, from, asked)),
    claim: (holder, { nowMs, untilMs }) => {
      const sql = `INSERT INTO job_lease VALUES (1, ?1, ?3)
        ON CONFLICT (only) DO UPDATE SET holder = ?1, until_ms = ?3 WHERE holder = ?1 OR until_ms <= ?2 OR until_ms > ?4`;
      return write((file) => file.run(sql, holder, nowMs, untilMs, untilMs + wrongClockMs) > 0);
    },
    release: async (holder) => void (await write((file) => file.run("DELETE FROM job_lease WHERE holder = ?", holder))),
    prune: (nowMs, endedBeforeMs) => write((file) => prune(file, nowMs, endedBeforeMs)),
    close: () => opened.close(),
    [Symbol.asyncDispose]: () => opened.close(),
  };
}
