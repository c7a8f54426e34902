import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, describe, it, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { EventLog, SubscribeOptions } from "throughline/seams";
import { openSqliteLog } from "../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "log-processes-"));
after(() => rmSync(folder, { recursive: true }));

interface Child {
  readonly process: ChildProcess;
  readonly lines: string[];
  kill(signal: NodeJS.Signals): void;
  /** Settles when it has ended and everything it printed is in `lines`. */
  readonly ended: Promise<unknown>;
}

function start(t: TestContext, fixture: string, ...args: string[]): Child {
  const child = spawn(
    process.execPath,
    [...process.execArgv.filter((flag) => !flag.startsWith("--test")), join(import.meta.dirname, "fixtures", fixture), ...args],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const lines: string[] = [];
  const printed = createInterface(child.stdout);
  printed.on("line", (line) => lines.push(line));
  const ended = new Promise((resolve) => printed.once("close", resolve));
  t.after(() => child.kill("SIGKILL"));
  return { process: child, lines, ended, kill: (signal) => child.kill(signal) };
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > deadline) assert.fail(`waited in vain until ${what}`);
    await delay(5);
  }
}

async function valuesByPartition(log: EventLog, topic: string): Promise<{ offset: number; value: string }[][]> {
  const partitions = (await log.offsets(topic)).map(async ({ partition }) => {
    const values: { offset: number; value: string }[] = [];
    for await (const batch of log.read({ topic, partition, fromOffset: 0 }))
      values.push(...batch.map(({ offset, value }) => ({ offset, value: new TextDecoder().decode(value ?? undefined) })));
    return values;
  });
  return Promise.all(partitions);
}

/** The "partition/offset" of every record that these consumers say they have read. */
function readBy(consumers: readonly Child[]): Set<string> {
  const seen = new Set<string>();
  for (const line of consumers.flatMap(({ lines }) => lines)) {
    const [, partition, from, to] = /^read (\d+) (\d+)-(\d+)$/.exec(line) ?? [];
    for (let offset = Number(from); offset <= Number(to); offset += 1) seen.add(`${partition}/${offset}`);
  }
  return seen;
}

function held(consumer: Child): string[] {
  return consumer.lines.filter((line) => line.startsWith("assigned ")).map((line) => line.slice("assigned ".length));
}

const quiet: Omit<SubscribeOptions, "group" | "topics"> = {
  onAssigned: async (partitions) => partitions.map(() => null),
  onBatch: async () => {},
  onRevoked: async () => {},
  onLost: () => {},
  onError: () => {},
};

describe("processes that share one log", () => {
  it("append and consume at once, and lose nothing when some are killed", async (t) => {
    const path = join(folder, "shared.db");
    await using log = await openSqliteLog(path);
    await log.createTopics([{ name: "order", partitions: 4 }]);
    const consumers = [1, 2, 3].map(() => start(t, "log-consumer.ts", path, "billing", "order"));
    const appenders = ["a", "b", "c"].map((name) => start(t, "log-appender.ts", path, "order", name, "300"));
    const [killedAppender, killedConsumer] = [appenders[0] as Child, consumers[0] as Child];

    const [killAppenderAt, killConsumerAt] = [20 + Math.floor(Math.random() * 60), 2 + Math.floor(Math.random() * 20)];
    t.diagnostic(`kills the appender after ${killAppenderAt} batches, the consumer after it read ${killConsumerAt}`);
    await Promise.all([
      until("the appender has begun", () => killedAppender.lines.length >= killAppenderAt).then(() =>
        killedAppender.kill("SIGKILL"),
      ),
      until(
        "the consumer has begun",
        () => killedConsumer.lines.filter((line) => line.startsWith("read")).length >= killConsumerAt,
      ).then(() => killedConsumer.kill("SIGKILL")),
    ]);
    await Promise.all([...appenders, killedConsumer].map(({ ended }) => ended));

    const partitions = await valuesByPartition(log, "order");
    for (const records of partitions)
      assert.deepEqual(
        records.map(({ offset }) => offset),
        records.map((_, i) => i),
        "offsets have gaps",
      );
    const values = partitions.flat().map(({ value }) => value);
    assert.equal(new Set(values).size, values.length, "a record stands twice");
    const sizes = Map.groupBy(values, (value) => value.slice(0, value.lastIndexOf("/")));
    for (const [batch, records] of sizes) assert.equal(records.length, 10, `batch ${batch} is torn`);
    for (const [i, name] of ["a", "b", "c"].entries()) {
      for (const batch of appenders[i]?.lines ?? [])
        assert.ok(sizes.has(`${name}/${batch}`), `acknowledged batch ${name}/${batch} is lost`);
    }
    assert.equal(appenders[1]?.lines.length, 300);

    const all = partitions.flatMap((records, partition) => records.map(({ offset }) => `${partition}/${offset}`));
    await until("everything was consumed", () => {
      const seen = readBy(consumers);
      return all.every((record) => seen.has(record));
    });
    await until("everything is committed", async () => {
      const committed = await log.committedOffsets("billing");
      return committed.reduce((sum, { offset }) => sum + offset, 0) === all.length;
    });
    assert.deepEqual(
      consumers.flatMap(({ lines }) => lines.filter((line) => line.startsWith("error"))),
      [],
    );
  });

  it("a killed member's partitions are read by another within a second or so", async (t) => {
    const path = join(folder, "takeover.db");
    await using log = await openSqliteLog(path);
    await log.createTopics([{ name: "order", partitions: 2 }]);
    const victim = start(t, "log-consumer.ts", path, "billing", "order");
    await until("the victim has both", () => held(victim).length === 2);
    const heir = start(t, "log-consumer.ts", path, "billing", "order");
    await until("the heir has one", () => held(heir).length === 1);

    const killed = performance.now();
    victim.kill("SIGKILL");
    await until("the heir has both", () => new Set(held(heir)).size === 2);
    const tookMs = performance.now() - killed;
    t.diagnostic(`takeover after ${tookMs.toFixed(0)} ms`);
    assert.ok(tookMs < 3_000, `takeover took ${tookMs} ms, and the session is 10 s`);
  });

  it("a stopped member loses its partition, and is refused when it comes back", async (t) => {
    const path = join(folder, "zombie.db");
    await using log = await openSqliteLog(path);
    await log.createTopics([{ name: "order", partitions: 1 }]);
    const key = new TextEncoder().encode("k");
    await log.append(Array.from({ length: 9 }, () => ({ topic: "order", key, value: key, headers: [] })));
    const zombie = start(t, "log-consumer.ts", path, "billing", "order", "1000", "stubborn");
    await until("the member commits", () => zombie.lines.includes("flushed"));
    const heir = await log.subscribe({ ...quiet, group: "billing", topics: ["order"], sessionTimeoutMs: 1_000 });
    assert.deepEqual(heir.assigned(), []);

    zombie.kill("SIGSTOP");
    await until("the heir has the partition", () => heir.assigned().length === 1);
    heir.commit({ topic: "order", partition: 0 }, 7);
    await heir.flush();
    const before = zombie.lines.length;
    zombie.kill("SIGCONT");
    await until(
      "the zombie knows, and has committed again",
      () => zombie.lines.includes("lost 0") && zombie.lines.slice(before).filter((line) => line === "flushed").length > 5,
    );
    assert.deepEqual(await log.committedOffsets("billing"), [{ topic: "order", partition: 0, offset: 7 }]);

    await heir.close();
    await until("the zombie is a member again and gets the partition", () => held(zombie).length === 2);
    assert.equal(zombie.lines.findLastIndex((line) => line === "lost 0") < zombie.lines.lastIndexOf("assigned 0"), true);
  });

  it("does not hold up the event loop of one process while another writes all the time", async (t) => {
    const path = join(folder, "busy.db");
    await using log = await openSqliteLog(path);
    await log.createTopics([{ name: "order", partitions: 1 }]);
    const rival = start(t, "log-appender.ts", path, "order", "rival", "1000000");
    await until("the rival appends", () => rival.lines.length > 10);
    let longestMs = 0;
    let lastMs = performance.now();
    const pulse = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
    }, 1);
    for (let i = 0; i < 50; i += 1) await log.append([{ topic: "order", key: null, value: null, headers: [] }]);
    clearInterval(pulse);
    assert.ok(longestMs < 500, `the event loop stood still for ${longestMs} ms`);
  });
});
