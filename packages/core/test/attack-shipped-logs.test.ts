import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryLog, runWithCorrelation, seededSurroundings } from "../src/index.ts";
import { createLogger, LogShipper, shippingOf } from "../src/logging/index.ts";
import type { EventLog, NewRecord } from "../src/seams/index.ts";
import { logsTopic, logsTopicSpec, readShippedLines, type ShippedLines } from "../src/system-topics/index.ts";
import { coreError } from "../src/errors/index.ts";

/** A logger whose lines are shipped to a log that can be made to refuse, by a clock that is moved by hand. */
async function shipping(options: Parameters<typeof shippingOf>[0] = true) {
  const surroundings = seededSurroundings(1);
  const { clock } = surroundings;
  const log = createMemoryLog({ surroundings });
  await log.createTopics([logsTopicSpec]);
  const here: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void here.push(JSON.parse(line) as Record<string, unknown>) };
  const shipper = new LogShipper(shippingOf(options)!, () => clock.now());
  const logger = createLogger({ service: "billing", instance: "b-1", now: () => clock.now(), destination, taker: shipper });
  let trouble: Error | "hangs" | null = null;
  let appends = 0;
  const append = (records: readonly NewRecord[]): ReturnType<EventLog["append"]> => {
    appends++;
    if (trouble === "hangs") return new Promise(() => undefined);
    return trouble === null ? log.append(records) : Promise.reject(trouble);
  };
  const identity = { service: "billing", instance: "b-1", version: "1.0.0" };
  shipper.start({ log: { append, maxRecordBytes: 1024 * 1024 }, logger, surroundings, identity });
  return {
    logger,
    shipper,
    clock,
    here,
    appends: () => appends,
    fail: (how: typeof trouble) => void (trouble = how),
    sent: async (): Promise<ShippedLines[]> => {
      const found: ShippedLines[] = [];
      for (const { partition } of await log.offsets(logsTopic))
        for await (const batch of log.read({ topic: logsTopic, partition, fromOffset: 0 }))
          found.push(...batch.map(({ value }) => readShippedLines(value)!));
      return found.sort((a, b) => a.atMs - b.atMs);
    },
  };
}

const count = (sent: readonly ShippedLines[]): number => sent.reduce((sum, { lines }) => sum + lines.length, 0);
const dropped = (sent: readonly ShippedLines[]): number => sent.reduce((sum, record) => sum + (record.dropped?.count ?? 0), 0);

test("of a hot loop's 100,000 lines the first are shipped at their rate, the rest is counted, and every one stands in the service's own log", async () => {
  const { logger, shipper, clock, here, sent } = await shipping();
  for (let n = 0; n < 100_000; n++) logger.info({ n }, "hot");
  assert.equal(here.length, 100_000);
  await clock.advance(5_000);
  const records = await sent();
  assert.equal(count(records), 10_000);
  assert.equal(dropped(records), 90_000);
  assert.deepEqual(
    records.flatMap(({ lines }) => lines).map(({ fields }) => fields?.["n"]),
    Array.from({ length: 10_000 }, (_, n) => n),
  );
  assert.deepEqual({ ...shipper.metrics }, { shipped: 10_000, dropped: 90_000 });
  // No more than its rate in any second, and each record far below the log's limit.
  for (const { atMs } of records) {
    const inSecond = records.filter((record) => record.atMs >= atMs && record.atMs < atMs + 1_000);
    assert.ok(count(inSecond) <= 5_000, `${count(inSecond)} in a second`);
  }
  assert.ok(records.every((record) => JSON.stringify(record).length < 300_000));
  const told = here.filter(({ droppedLines }) => droppedLines !== undefined);
  assert.deepEqual(
    told.map(({ droppedLines }) => droppedLines),
    [90_000],
  );
});

test("a log that is away costs one warning a minute, no waiting and no loop; what was dropped is told when it is back", async () => {
  const { logger, shipper, clock, here, sent, fail, appends } = await shipping();
  fail(coreError("LOG_UNAVAILABLE", { what: "down" }));
  for (let second = 0; second < 90; second++) {
    logger.info({ second }, "still here");
    await clock.advance(1_000);
  }
  assert.ok(appends() <= 10, `${appends()} attempts in 90 s`);
  const warnings = here.filter(({ msg }) => String(msg).startsWith("log lines cannot be shipped"));
  assert.equal(warnings.length, 2);
  assert.equal(shipper.metrics.shipped, 0);
  fail(null);
  await clock.advance(20_000);
  const records = await sent();
  assert.equal(count(records) + dropped(records), 90);
  assert.equal(dropped(records), shipper.metrics.dropped);
  assert.ok(records.flatMap(({ lines }) => lines).every(({ message }) => message === "still here"));
});

test("a log that never answers holds up neither lines nor the end", async () => {
  const { logger, shipper, clock, fail, here } = await shipping();
  fail("hangs");
  logger.info("one");
  await clock.advance(600);
  for (let n = 0; n < 20_000; n++) logger.info("more");
  const closing = shipper.close();
  await clock.advance(3_000);
  await closing;
  assert.equal(here.filter(({ msg }) => msg === "more").length, 20_000);
});

test("what waits at the end is sent before it", async () => {
  const { logger, shipper, sent } = await shipping();
  for (let n = 0; n < 6_000; n++) logger.info("last words");
  await shipper.close();
  assert.equal(count(await sent()), 6_000);
});

test("lines of a megabyte, cycles, broken characters and names like ours are shipped as far as they can be", async () => {
  const { logger, shipper, sent } = await shipping();
  const circle: Record<string, unknown> = { name: "circle" };
  circle["self"] = circle;
  logger.info({ blob: "x".repeat(1024 * 1024) }, "huge");
  logger.info({ text: "y".repeat(100_000) }, "z".repeat(100_000));
  logger.info(
    {
      circle,
      n: 10n ** 30n,
      broken: "\ud800",
      nul: "\0",
      throws: {
        toJSON: () => {
          throw new Error("no");
        },
      },
    },
    "odd \ud800\0",
  );
  logger.info({
    level: "fatal",
    time: "never",
    service: "other",
    version: 5,
    instance: {},
    correlationId: 7,
    msg: { a: 1 },
    __proto__x: 1,
  });
  logger.info(JSON.parse('{"__proto__":{"polluted":true},"constructor":"x"}') as object, "<script>alert(1)</script>\u001b[2J");
  runWithCorrelation({ correlationId: "c-1" }, () => logger.info({ correlationId: "c-2" }, "whose"));
  await shipper.close();
  const [record] = await sent();
  const [huge, long, odd, named, proto, whose] = record!.lines;
  assert.deepEqual([huge?.cut, huge?.fields], [true, undefined]);
  assert.match(huge?.message ?? "", /^a line of 1048\d+ characters is too long to be shipped$/);
  assert.deepEqual([long?.cut, long?.message.length, long?.fields], [true, 8_192, undefined]);
  assert.equal(odd?.cut, undefined);
  assert.deepEqual(
    [named?.level, typeof named?.atMs, named?.message, named?.correlationId],
    ["info", "number", '{"a":1}', undefined],
  );
  assert.deepEqual([record!.service, record!.instance, record!.version], ["billing", "b-1", "1.0.0"]);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  assert.match(proto?.message ?? "", /<script>/);
  assert.equal(whose?.correlationId, "c-1");
});

test("a log with small records gets small records", async () => {
  const surroundings = seededSurroundings(1);
  const sizes: number[] = [];
  const shipper = new LogShipper(shippingOf(true)!, () => 0);
  const logger = createLogger({ service: "billing", destination: { write: () => {} }, taker: shipper });
  const append = (records: readonly NewRecord[]): ReturnType<EventLog["append"]> => {
    sizes.push(...records.map(({ value }) => value!.length));
    return Promise.resolve(records.map(() => ({ ok: true, partition: 0, offset: 0 })));
  };
  const identity = { service: "billing", instance: "b-1", version: "1.0.0" };
  shipper.start({ log: { append, maxRecordBytes: 4_000 }, logger, surroundings, identity });
  for (let n = 0; n < 100; n++) logger.info({ text: "x".repeat(n * 50) }, "a line");
  await shipper.close();
  assert.ok(sizes.length > 10);
  assert.ok(Math.max(...sizes) <= 4_000, `${Math.max(...sizes)} bytes`);
});
