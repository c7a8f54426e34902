/**
 * How fast the embedded log takes and gives records: batches of 500 events of 460 bytes into six partitions, then a scan of all.
 * node --conditions=throughline-source packages/sqlite/bench/log-speed.ts [records]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Header, NewRecord } from "throughline/seams";
import { openSqliteLog } from "../src/index.ts";

const total = Number(process.argv[2] ?? 200_000);
const batch = 500;
const eventBytes = 460;

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const cloudEventHeaders: Header[] = [
  "specversion 1.0",
  "id 0190a5c3-7a1b",
  "source orders",
  "type order.completed",
  "time 2026-01-01T00:00:00Z",
  "sequence 00000000001",
  "correlationid 0190a5c3",
  "tenantid t-1",
]
  .map((header) => header.split(" "))
  .map(([name, value = ""]): Header => [`ce_${name}`, text(value)]);

const shapes: Record<string, readonly Header[]> = { "no headers": [], "8 CloudEvents headers": cloudEventHeaders };
for (const [shape, headers] of Object.entries(shapes)) await measure(shape, headers);

async function measure(shape: string, headers: readonly Header[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "log-speed-"));
  try {
    const log = await openSqliteLog(join(folder, "events.db"));
    await log.createTopics([{ name: "order", partitions: 6 }]);
    const headerBytes = headers.reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), 0);
    const batches = Array.from({ length: total / batch }, (_, i): NewRecord[] =>
      Array.from({ length: batch }, (_, k) => {
        const key = text(`order-${(i * batch + k) % 5_000}`);
        return { topic: "order", key, value: new Uint8Array(eventBytes - headerBytes - key.length).fill(97), headers };
      }),
    );
    const appendsPerSecond = await rate(async () => {
      for (const records of batches) await log.append(records);
    });
    const scansPerSecond = await rate(async () => {
      let seen = 0;
      for (let partition = 0; partition < 6; partition += 1)
        for await (const records of log.read({ topic: "order", partition, fromOffset: 0 })) seen += records.length;
      if (seen !== total) throw new Error(`${seen} of ${total} records were read`);
    });
    process.stdout.write(
      `${shape}: ${appendsPerSecond.toLocaleString("en")} appends/s in batches of ${batch}, ${scansPerSecond.toLocaleString("en")} scanned/s\n`,
    );
    await log.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function rate(work: () => Promise<void>): Promise<number> {
  const since = performance.now();
  await work();
  return Math.round(total / ((performance.now() - since) / 1_000));
}
