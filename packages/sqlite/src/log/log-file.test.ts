import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, it, type TestContext } from "node:test";
import { isThroughlineError, type NewRecord, type TopicSpec } from "throughline/seams";
import { openLog } from "./open-sqlite-log.ts";
import type { SqliteLog } from "./sqlite-log.ts";

const folder = mkdtempSync(join(tmpdir(), "log-file-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

async function logWith(t: TestContext, topic: Omit<TopicSpec, "name">): Promise<{ log: SqliteLog; path: string }> {
  const path = join(folder, `events-${(files += 1)}.db`);
  const log = await openLog({ path });
  t.after(() => log.close());
  await log.createTopics([{ name: "t", partitions: 1, ...topic }]);
  return { log, path };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const record = (parts: Partial<NewRecord> = {}): NewRecord => ({ topic: "t", key: null, value: null, headers: [], ...parts });
async function offsets(log: SqliteLog): Promise<number[]> {
  const found: number[] = [];
  for await (const batch of log.read({ topic: "t", partition: 0, fromOffset: 0 }))
    found.push(...batch.map(({ offset }) => offset));
  return found;
}

/** What is counted must be what is stored: retention by size relies on it. */
function assertBytesAreCounted(path: string): void {
  const db = new DatabaseSync(path, { readOnly: true });
  const counted = db.prepare("SELECT sum(bytes) AS n FROM partition").get()?.["n"];
  const stored = db
    .prepare("SELECT total(ifnull(length(key), 0) + ifnull(length(value), 0) + ifnull(length(headers), 0)) AS n FROM record")
    .get()?.["n"];
  db.close();
  assert.equal(counted, stored);
}

describe("offsets by time", () => {
  it("are exact for timestamps in any order, also after the oldest were removed", async (t) => {
    const { log } = await logWith(t, { retentionBytes: 3_000 });
    // Rises on the whole, with records that are late and records that are far ahead.
    const times = Array.from({ length: 5_000 }, (_, i) => i * 10 + ((i * 7_919) % 400) + (i % 997 === 0 ? 20_000 : 0));
    await log.append(times.map((timestampMs) => record({ timestampMs, value: bytes("v") })));
    const check = async (earliest: number): Promise<void> => {
      for (const wanted of [0, 1, 555, 9_999, 20_000, 20_001, 30_123, 49_990, 60_000, 69_870, 69_871, 90_000]) {
        const expected = times.findIndex((time, offset) => offset >= earliest && time >= wanted);
        assert.deepEqual(
          await log.offsetsAt("t", wanted),
          [{ partition: 0, offset: expected === -1 ? 5_000 : expected }],
          `at ${wanted}`,
        );
      }
    };
    await check(0);
    await log.maintain();
    await check(2_000);
  });
});

describe("retention", () => {
  it("removes by age in as many steps as it takes, up to the first record that is young enough", async (t) => {
    const { log, path } = await logWith(t, { retentionMs: 3_600_000 });
    const old = Date.now() - 7_200_000;
    await log.append(Array.from({ length: 4_500 }, () => record({ timestampMs: old, value: bytes("old") })));
    await log.append([record({ value: bytes("young") }), record({ timestampMs: old, value: bytes("late") })]);
    await log.maintain();
    assert.deepEqual(await log.offsets("t"), [{ partition: 0, earliest: 4_500, end: 4_502 }]);
    assert.deepEqual(await offsets(log), [4_500, 4_501]);
    assertBytesAreCounted(path);
  });

  it("removes everything that is too old, and goes on counting offsets", async (t) => {
    const { log, path } = await logWith(t, { retentionMs: 1_000 });
    await log.append([record({ timestampMs: 1 }), record({ timestampMs: 2 })]);
    await log.maintain();
    assert.deepEqual(await log.offsets("t"), [{ partition: 0, earliest: 2, end: 2 }]);
    assert.deepEqual(await log.append([record()]), [{ ok: true, partition: 0, offset: 2 }]);
    assertBytesAreCounted(path);
  });

  it("by size removes no more than it must, and never the newest", async (t) => {
    const { log, path } = await logWith(t, { retentionBytes: 1_000 });
    await log.append(Array.from({ length: 7 }, () => record({ value: new Uint8Array(300), headers: [["h", bytes("v")]] })));
    await log.maintain();
    assert.deepEqual(await offsets(log), [4, 5, 6]);
    await log.append([record({ value: new Uint8Array(5_000) })]);
    await log.maintain();
    assert.deepEqual(await offsets(log), [7]);
    assertBytesAreCounted(path);
  });
});

describe("compaction", () => {
  it("keeps the newest of each key, over many steps and passes, and what has no key", async (t) => {
    const { log, path } = await logWith(t, { compacted: true });
    const newest = new Map<string, number>();
    const keyless: number[] = [];
    let next = 0;
    for (let pass = 0; pass < 3; pass += 1) {
      const keys = Array.from({ length: 1_700 }, (_, i) => (i % 400 === 7 ? null : `k${(i * 31 + pass) % 90}`));
      await log.append(
        keys.map((key, i) => record({ key: key === null ? null : bytes(key), value: i % 50 === 0 ? null : bytes(`${i}`) })),
      );
      for (const key of keys) {
        if (key === null) keyless.push(next);
        else newest.set(key, next);
        next += 1;
      }
      await log.maintain();
      assert.deepEqual(
        await offsets(log),
        [...newest.values(), ...keyless].sort((a, b) => a - b),
      );
      assertBytesAreCounted(path);
    }
    assert.deepEqual(await log.offsets("t"), [{ partition: 0, earliest: 0, end: next }]);
  });

  it("goes together with retention", async (t) => {
    const { log, path } = await logWith(t, { compacted: true, retentionMs: 3_600_000 });
    const old = Date.now() - 7_200_000;
    await log.append([
      record({ key: bytes("a"), timestampMs: old }),
      record({ key: bytes("b"), timestampMs: old }),
      record({ key: bytes("a") }),
    ]);
    await log.maintain();
    await log.append([record({ key: bytes("b") }), record({ key: bytes("a") })]);
    await log.maintain();
    assert.deepEqual(await offsets(log), [3, 4]);
    assertBytesAreCounted(path);
  });
});

describe("append", () => {
  it("lets only the caller of a record that is none see its error", async (t) => {
    const { log } = await logWith(t, {});
    const wrong = record({ value: "text" as unknown as Uint8Array, timestampMs: Number.NaN });
    const [before, broken, following] = await Promise.allSettled([
      log.append([record()]),
      log.append([record(), wrong]),
      log.append([record()]),
    ]);
    assert.deepEqual([before?.status, broken?.status, following?.status], ["fulfilled", "rejected", "fulfilled"]);
    assert.deepEqual(await offsets(log), [0, 1]);
  });

  it("refuses a partition that the topic does not have", async (t) => {
    const { log } = await logWith(t, { partitions: 2 });
    const [result] = await log.append([record({ partition: 2 })]);
    assert.ok(
      result?.ok === false && isThroughlineError(result.error, "LOG_TOPIC_UNKNOWN") && result.error.message.includes('"t/2"'),
    );
  });

  it("goes to the new topic after another client deleted one and created it again", async (t) => {
    const { log, path } = await logWith(t, { partitions: 3 });
    await log.append([record({ partition: 2 })]);
    const other = await openLog({ path });
    t.after(() => other.close());
    await other.deleteTopic("t");
    const [refused] = await log.append([record({ partition: 2 })]);
    assert.ok(refused?.ok === false && isThroughlineError(refused.error, "LOG_TOPIC_UNKNOWN"));
    await other.createTopics([{ name: "t", partitions: 1 }]);
    assert.deepEqual(await log.append([record(), record({ partition: 2 })]).then((results) => results.map(({ ok }) => ok)), [
      true,
      false,
    ]);
    assert.deepEqual(await offsets(log), [0]);
  });

  it("keeps the results of ordinary and system topics in the order given", async (t) => {
    const { log } = await logWith(t, {});
    await log.createTopics([{ name: "throughline.receipts", partitions: 1 }]);
    const results = await log.append([
      record({ topic: "throughline.receipts" }),
      record(),
      record({ topic: "missing" }),
      record({ topic: "throughline.receipts" }),
      record(),
    ]);
    assert.deepEqual(
      results.map((result) => (result.ok ? result.offset : result.error.code)),
      [0, 0, "LOG_TOPIC_UNKNOWN", 1, 1],
    );
  });
});

describe("read", () => {
  it("brings large records in smaller batches than asked for", async (t) => {
    const { log } = await logWith(t, {});
    await log.append(Array.from({ length: 24 }, () => record({ value: new Uint8Array(1_000_000) })));
    const sizes: number[] = [];
    for await (const batch of log.read({ topic: "t", partition: 0, fromOffset: 0 })) sizes.push(batch.length);
    assert.deepEqual(sizes, [8, 8, 8]);
  });
});
