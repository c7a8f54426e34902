import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { encodeEvent } from "throughline";
import type { EventLog } from "throughline/seams";
import { logsTopic, readShippedLines, type ShippedLine } from "throughline/system-topics";
import { until } from "./bad-input/until.ts";
import { startProgram } from "./outbox/processes.ts";
import { sqlitePlace } from "./places/place.ts";
import { OrderCounted } from "./shipped-logs/contract.ts";

const events = 1_500;
const kills = 4;

async function shippedLines(log: EventLog): Promise<ShippedLine[]> {
  const found: ShippedLine[] = [];
  if (!(await log.topics()).some(({ name }) => name === logsTopic)) return found;
  for (const { partition } of await log.offsets(logsTopic))
    for await (const batch of log.read({ topic: logsTopic, partition, fromOffset: 0 }))
      for (const { value } of batch) found.push(...readShippedLines(value)!.lines);
  return found.filter(({ message }) => message === "counted");
}

test("kill -9 in the middle of batches doubles no line, and touches no event", { timeout: 300_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-lines-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const place = sqlitePlace(folder);
  const log = await place.openLog();
  t.after(() => log.close());
  const databases = place.openDatabases();
  t.after(() => databases.close());
  await log.createTopics([{ name: OrderCounted.stream, partitions: 3 }]);
  const records = Array.from({ length: events }, (_, n) => {
    const order_id = `o-${n % 50}`;
    const about = {
      id: `e-${n}`,
      source: "orders",
      type: OrderCounted.type,
      subject: order_id,
      dataVersion: 1,
      correlationId: `c-${n}`,
    };
    return { topic: OrderCounted.stream, ...encodeEvent({ ...about, timeMs: Date.now(), data: { order_id, n } }) };
  });
  for (const result of await log.append(records)) assert.ok(result.ok);
  const start = () =>
    startProgram(t, "e2e/shipped-logs/counter-main.ts", place.env.THROUGHLINE_EVENTS, place.env.THROUGHLINE_STORE);
  let counter = start();
  for (let killed = 0; killed < kills; killed++) {
    const before = (await shippedLines(log)).length;
    await until("more lines came", async () => (await shippedLines(log)).length > before, 60_000);
    counter.child.kill("SIGKILL");
    await counter.ended;
    counter = start();
  }
  const counted = () => databases.number("counter", "SELECT count(*) FROM counted");
  await until("every event is handled", async () => (await counted()) >= events, 120_000);
  counter.child.kill("SIGTERM");
  assert.equal(await counter.ended, 0);
  assert.equal(await counted(), events);
  assert.equal(await databases.number("counter", "SELECT count(DISTINCT n) FROM counted"), events);
  const lines = await shippedLines(log);
  const ids = lines.map(({ eventId }) => eventId ?? "none");
  assert.equal(new Set(ids).size, ids.length, "a line that came twice");
  assert.ok(
    lines.every(
      ({ eventId, correlationId, fields }) =>
        eventId === `e-${String(fields?.["n"])}` && correlationId === eventId.replace("e", "c"),
    ),
  );
  assert.ok(ids.length > kills, `${ids.length} of ${events} lines`);
  t.diagnostic(`${ids.length} of ${events} lines came, after ${kills} kills`);
});
