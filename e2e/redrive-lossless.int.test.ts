import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openKafkaLog } from "@throughline/kafka";
import { openSqliteLog } from "@throughline/sqlite";
import { startKafka } from "../scripts/services/kafka.ts";
import { redriveOddRecords } from "./redrive/lossless.ts";
import { sizes } from "./sizes.ts";

const records = sizes({ test: 1_000, soak: 10_000 });

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "throughline-lossless-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test(
  `${records} odd records are byte-equal after a redrive, on the embedded log`,
  { timeout: sizes({ test: 300_000, soak: 1_200_000 }) },
  async (t) => {
    const folder = folderOf(t);
    await using log = await openSqliteLog({ path: join(folder, "events.db") });
    await redriveOddRecords(log, folder, records, 7);
  },
);

test(
  `${records} odd records are byte-equal after a redrive, on Kafka`,
  { timeout: sizes({ test: 300_000, soak: 1_200_000 }) },
  async (t) => {
    await using kafka = await startKafka();
    await using log = await openKafkaLog(kafka.url);
    await redriveOddRecords(log, folderOf(t), records, 8);
  },
);
