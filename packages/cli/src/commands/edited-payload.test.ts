import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readRedriveRequest } from "throughline/system-topics";
import { runCommand } from "../../test/run-command.ts";
import { noonMs, ShopLog } from "../../test/shop-log.ts";

const failureId = "0198b2c4-0001-7000-8000-000000000001";
const bytes = Buffer.from([0, 255, 10, 13, 10]);

/** A topic of records that are no CloudEvents, adopted by billing: one failed there, and one caused an invoice. */
async function shop(): Promise<ShopLog> {
  const shop = new ShopLog();
  const record = { topic: "orders-v1", key: null, value: bytes, headers: [], timestampMs: noonMs };
  const offset = await shop.append(record);
  await shop.append(record);
  await shop.event({ id: "i-1", type: "invoice.created", source: "billing", causationId: "c1", correlationId: "corr-c1" });
  await shop.announce("billing", [{ name: "mirror-order", streams: ["orders-v1"] }]);
  const about = { source: "adopted:orders-v1", time: null, correlationId: null, tenantId: null };
  await shop.deadLetter("billing", "mirror-order", {
    topic: "orders-v1",
    offset,
    failureId,
    adopted: { id: "c1", type: "legacy.order-changed", subject: "o1", ...about },
  });
  return shop;
}

test("records of an adopted topic are shown as what they are, and stand in nobody's way", async () => {
  const { log } = await shop();
  const tail = await runCommand(log, ["events", "tail", "orders-v1", "--from", "earliest", "--no-follow", "--json", "--data"]);
  assert.equal(tail.exitCode, 0);
  assert.deepEqual(
    tail.stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { id: unknown; dataBase64?: string }).id),
    [null, null],
  );
  assert.match((await runCommand(log, ["flow", "corr-c1"])).stdout, /invoice.created/);
  const failed = await runCommand(log, ["failed"]);
  assert.match(failed.stdout, /billing\/mirror-order +legacy.order-changed +o1/);
  assert.match((await runCommand(log, ["failed", failureId])).stdout, /legacy.order-changed c1/);
});

test("an edit of a record that is no CloudEvent is the file's bytes as they are", async (t) => {
  const { log } = await shop();
  const folder = await mkdtemp(join(tmpdir(), "throughline-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "record.bin");
  await writeFile(file, bytes);
  await runCommand(log, ["redrive", failureId, "--edit", file, "--yes", "--no-wait"]);
  for await (const batch of log.read({ topic: "billing.redrive", partition: 0, fromOffset: 0 })) {
    const request = readRedriveRequest(batch[0]!.value);
    assert.deepEqual(Buffer.from(request!.editedValue!), bytes);
    return;
  }
  assert.fail("there is no request");
});
