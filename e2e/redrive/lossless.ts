import assert from "node:assert/strict";
import { join } from "node:path";
import { createAudit, createIndexer, createRedrives, openSqliteIndex, openSqliteJobs } from "@throughline/control";
import { sqlite } from "@throughline/sqlite";
import { adoptEvent, createService, PermanentError, systemSurroundings as surroundings } from "throughline";
import type { EventLog, LogRecord } from "throughline/seams";
import { readRedriveRequest } from "throughline/system-topics";
import { until } from "../../examples/shop/driver/until.ts";
import { sizes } from "../sizes.ts";
import { bytesOf, idOf, oddRecords } from "./odd-records.ts";

const topic = "legacy";
const wait = { timeoutMs: sizes({ test: 120_000, soak: 600_000 }), everyMs: 100 };

/**
 * Odd records die in two services. One has its store when they are redriven, and runs what the store holds; the other has a new one, and
 * runs what the request holds. Answers when the bytes that were published, asked for and handled were compared.
 */
export async function redriveOddRecords(log: EventLog, folder: string, count: number, seed: number): Promise<void> {
  const handled = new Map<string, string>();
  let isMended = false;
  /** @param store The name of its file: another one is a store that knows nothing. */
  const start = (name: string, store: string, from: "earliest" | "latest"): Promise<{ close(): Promise<unknown> }> => {
    // What the handler works with is what is decoded for it.
    const Legacy = adoptEvent<"legacy.changed", { id: string }>("legacy.changed", {
      stream: topic,
      version: 1,
      subject: "id",
      data: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
      decode: (record) => {
        const id = idOf(record);
        if (isMended) handled.set(`${name} ${id}`, bytesOf(record));
        return { id, data: { id } };
      },
    });
    const service = createService({
      name,
      eventLog: log,
      store: sqlite({ file: join(folder, `${store}.db`) }),
      from,
      log: { silent: true },
    });
    const react = (): void => {
      if (!isMended) throw new PermanentError("not yet");
    };
    service.on(Legacy, "react", react, { retryDelaysMs: [] });
    return service.start();
  };
  await log.createTopics([{ name: topic, partitions: 2 }]);
  const keeps = await start("keeps", "keeps", "earliest");
  const before = await start("forgets", "forgets", "earliest");
  const records = oddRecords(topic, count, seed);
  for (let at = 0; at < count; at += 500)
    for (const result of await log.append(records.slice(at, at + 500))) if (!result.ok) throw result.error;
  const names = ["keeps", "forgets"] as const;
  const countIn = async (name: string): Promise<number> => (await log.offsets(name)).reduce((sum, { end }) => sum + end, 0);
  for (const name of names) await until(`all died in ${name}`, async () => (await countIn(`${name}.dlt`)) === count, wait);
  await before.close();
  const after = await start("forgets", "new", "latest");
  isMended = true;

  const index = openSqliteIndex(join(folder, "index.db"));
  const indexer = createIndexer({ log, store: index });
  const jobs = await openSqliteJobs(join(folder, "jobs.db"));
  const redrives = createRedrives({ log, index, jobs, surroundings, audit: createAudit({ log, surroundings }) });
  try {
    await indexer.catchUp();
    redrives.start();
    const plan = await redrives.plan({ action: "redrive", selection: { query: {} }, by: "eva" });
    assert.equal(plan.total, 2 * count);
    const { id } = await redrives.confirm(plan.id, { by: "eva" });
    const job = await until("the job ends", async () => (await redrives.job(id)).endedAtMs !== null && redrives.job(id), wait);
    assert.deepEqual(job.counts, { applied: 2 * count });
    for (const name of names) await compare(log, name, records, handled);
  } finally {
    await redrives.close();
    await indexer.close();
    await Promise.all([jobs.close(), index.close(), keeps.close(), after.close()]);
  }
}

async function compare(
  log: EventLog,
  name: string,
  records: readonly Pick<LogRecord, "key" | "value" | "headers">[],
  handled: ReadonlyMap<string, string>,
): Promise<void> {
  const asked = new Map<string, string>();
  const requests = `${name}.redrive`;
  for (const { partition } of await log.offsets(requests))
    for await (const batch of log.read({ topic: requests, partition, fromOffset: 0 }))
      for (const { value } of batch) {
        const { original } = readRedriveRequest(value)!;
        asked.set(idOf(original), bytesOf(original));
      }
  for (const record of records) {
    const [id, bytes] = [idOf(record), bytesOf(record)];
    assert.equal(asked.get(id), bytes, `${name} was asked for other bytes of ${id}`);
    assert.equal(handled.get(`${name} ${id}`), bytes, `${name} handled other bytes of ${id}`);
  }
  assert.equal(asked.size, records.length);
}
