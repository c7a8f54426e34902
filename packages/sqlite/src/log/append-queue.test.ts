import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, it, type TestContext } from "node:test";
import type { NewRecord } from "throughline/seams";
import { SqliteWriter } from "../database/writer.ts";
import { logFailure } from "../errors/index.ts";
import { AppendQueue } from "./append-queue.ts";
import { RecordAppender } from "./append-records.ts";
import { createLogSchema } from "./log-schema.ts";
import { TopicTable } from "./topic-table.ts";

const folder = mkdtempSync(join(tmpdir(), "append-queue-"));
after(() => rmSync(folder, { recursive: true }));
const one: NewRecord = { topic: "t", key: null, value: null, headers: [] };

async function queue(t: TestContext, name: string) {
  const file = join(folder, name);
  const writer = await SqliteWriter.open(file, { mapFailure: logFailure, lockTimeoutMs: 30 });
  t.after(() => writer.close());
  const topics = new TopicTable(1);
  await writer.transaction((db) => {
    createLogSchema(db, file);
    topics.create(db, [{ name: "t" }]);
  });
  let transactions = 0;
  const appends = new AppendQueue(writer, new RecordAppender(topics, 1_000), () => (transactions += 1));
  return { file, writer, appends, transactions: () => transactions };
}

describe("AppendQueue", () => {
  it("writes what is appended in one turn, or while a commit is under way, in one transaction", async (t) => {
    const { appends, transactions } = await queue(t, "one.db");
    await Promise.all(Array.from({ length: 200 }, () => appends.append([one])));
    assert.equal(transactions(), 1);
  });

  it("rejects with a retryable error while the file is locked for too long, and goes on later", async (t) => {
    const { file, appends } = await queue(t, "locked.db");
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    const refused = await Promise.allSettled([appends.append([one]), appends.append([one])]);
    for (const result of refused)
      assert.ok(result.status === "rejected" && result.reason.code === "LOG_UNAVAILABLE" && result.reason.retryable);
    other.exec("ROLLBACK");
    other.close();
    assert.deepEqual(await appends.append([one]), [{ ok: true, partition: 0, offset: 0 }]);
  });

  it("rejects with a retryable error while the disk is full", async (t) => {
    const { writer, appends } = await queue(t, "full.db");
    await writer.transaction((db) =>
      db.exec(`PRAGMA max_page_count = ${Number(db.prepare("PRAGMA page_count").get()?.["page_count"])}`),
    );
    const large = Array.from({ length: 50 }, (): NewRecord => ({ ...one, value: new Uint8Array(900) }));
    await assert.rejects(appends.append(large), { code: "LOG_UNAVAILABLE", retryable: true, message: /disk is full/ });
    await writer.transaction((db) => db.exec("PRAGMA max_page_count = 100000"));
    assert.equal((await appends.append(large)).length, 50);
  });
});
