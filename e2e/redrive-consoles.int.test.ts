import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openPostgresJobs } from "@throughline/control";
import { openSqliteLog } from "@throughline/sqlite";
import { encodeEvent } from "throughline";
import type { EventLog, LogRecord } from "throughline/seams";
import { deadLetterRecord, readRedriveRequest, type RedriveRequest } from "throughline/system-topics";
import { until } from "../examples/shop/driver/until.ts";
import { startPostgres, unsynced } from "../scripts/services/postgres.ts";

const letters = 300;
const ratePerSecond = 60;
/** A lease, a look each 250 ms, and the start of the next batch; on a machine that does much else. */
const longestGapMs = 12_000;
const main = join(import.meta.dirname, "redrive/control-main.ts");

async function recordsOf(log: EventLog, topic: string): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const batch of log.read({ topic, partition: 0, fromOffset: 0 })) records.push(...batch);
  return records;
}

async function writeLetters(log: EventLog): Promise<void> {
  await log.createTopics(["order", "billing.dlt", "billing.redrive"].map((name) => ({ name, partitions: 1 })));
  const about = { source: "orders", type: "order.completed", timeMs: Date.now(), dataVersion: 1, data: {}, tenantId: null };
  for (let n = 0; n < letters; n++)
    await log.append([
      { topic: "order", ...encodeEvent({ ...about, id: `e-${n}`, subject: `o-${n}`, correlationId: `flow-${n}` }) },
    ]);
  for (const original of await recordsOf(log, "order")) {
    const { topic, topicId, partition, offset, timestampMs } = original;
    const letter = {
      failureId: `f-${offset}`,
      service: "billing",
      serviceVersion: "1.0.0",
      handler: "invoice",
      epoch: 1,
      reason: "failed" as const,
      error: { name: "Error", code: null, message: "no", stack: null },
      attempts: [],
      failedAtMs: timestampMs,
      holdsSubject: false,
      origin: { topic, topicId, partition, offset, timestampMs },
    };
    await log.append([deadLetterRecord(letter, original)]);
  }
}

const requestsOn = async (log: EventLog): Promise<(RedriveRequest & { readonly atMs: number })[]> =>
  (await recordsOf(log, "billing.redrive")).map(({ value, timestampMs }) => ({
    ...readRedriveRequest(value)!,
    atMs: timestampMs,
  }));

test("a job of two consoles on one database goes on within seconds when the one that runs it is killed: none lost, and under one id each", async (t) => {
  const server = await startPostgres({ settings: unsynced });
  const folder = mkdtempSync(join(tmpdir(), "throughline-consoles-"));
  const children: ChildProcess[] = [];
  const log = await openSqliteLog({ path: join(folder, "events.db") });
  t.after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await log.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await writeLetters(log);
  const start = async (dieAfter: string): Promise<ChildProcess> => {
    const env = { FOLDER: folder, SERVICE: "billing", RATE: String(ratePerSecond), DIE_AFTER: dieAfter, JOBS: server.url() };
    const child = spawn(process.execPath, ["--conditions=throughline-source", "--disable-warning=ExperimentalWarning", main], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    children.push(child);
    await once(child, "message");
    return child;
  };
  // It kills itself with an append, before it has noted it: what stands in the log then is in nobody's book.
  const first = await start("40");
  const ended = once(first, "exit");
  await start("");
  await ended;
  const diedAtMs = Date.now();
  const before = (await requestsOn(log)).length;
  assert.ok(before > 0 && before < letters, `${before} were asked for`);
  await until("the other one goes on", async () => (await requestsOn(log)).length > before, { timeoutMs: 60_000, everyMs: 50 });
  const tookMs = Date.now() - diedAtMs;
  assert.ok(tookMs < longestGapMs, `it took ${tookMs} ms`);
  t.diagnostic(`the other console went on after ${tookMs} ms`);
  const { id } = JSON.parse(readFileSync(join(folder, "job"), "utf8")) as { id: string };
  const jobs = await openPostgresJobs(server.url());
  t.after(() => jobs.close());
  await until("all are asked for", async () => (await jobs.job(id))!.next === letters, { timeoutMs: 120_000, everyMs: 100 });

  const requests = await requestsOn(log);
  const firsts = requests.filter(({ requestId }, at) => requests.findIndex((other) => other.requestId === requestId) === at);
  assert.deepEqual(
    firsts.map(({ failureId }) => failureId),
    Array.from({ length: letters }, (_, n) => `f-${n}`),
    "none is lost, each has one id, and they come in the log's order",
  );
  const again = requests.length - letters;
  assert.ok(again > 0 && again <= 200, `${again} were repeated: the batch that was in nobody's book`);
  assert.deepEqual((await jobs.job(id))!.counts, { asked: letters });
});
