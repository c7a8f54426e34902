import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { openKafkaLog } from "@throughline/kafka";
import { systemSurroundings } from "throughline";
import type { EventLog } from "throughline/seams";
import { kafkaTool } from "../../../scripts/services/kafka-tool.ts";
import { type RunningKafka, startKafka } from "../../../scripts/services/kafka.ts";
import { type Alert, openSqliteLagStore, startLagWatcher } from "../src/index.ts";

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `waited in vain until ${what}`);
    await delay(20);
  }
}

describe("groups that are none of ours, on Kafka", () => {
  let kafka: RunningKafka;
  let log: EventLog;
  before(async () => {
    kafka = await startKafka();
    log = await openKafkaLog(kafka.url);
  });
  after(async () => {
    await log.close();
    await kafka.close();
  });

  const publish = (count: number): Promise<unknown> => {
    const value = Buffer.from("{}");
    return log.append(
      Array.from({ length: count }, (_, i) => ({ topic: "order", key: Buffer.from(`o-${i}`), value, headers: [] })),
    );
  };
  const consume = (messages: number): Promise<string> =>
    kafkaTool(
      kafka,
      "consumer.ConsoleConsumer",
      `--bootstrap-server ${kafka.bootstrapServers} --topic order --group legacy --from-beginning --max-messages ${messages} --timeout-ms 20000`.split(
        " ",
      ),
    );

  it("are watched as ours are: Java's console consumer is told of once, in events and seconds, and once that it is well", async () => {
    await log.createTopics([{ name: "order", partitions: 3 }]);
    await publish(1000);
    const publishedMs = Date.now();
    await consume(200);
    const told: Alert[] = [];
    const store = await openSqliteLagStore(":memory:");
    const watcher = startLagWatcher({
      log,
      store,
      surroundings: systemSurroundings,
      everyMs: 500,
      rules: { default: { maxBehind: 2000, recoversAfterMs: 1000 } },
      channels: [{ name: "pager", kind: "test", send: async (alert) => void told.push(alert) }],
    });
    const legacy = () => watcher.report?.groups.find(({ group }) => group === "legacy");
    await until("the group is seen", () => legacy() !== undefined);
    assert.equal(legacy()!.behind, 800, watcher.problem ?? "");
    const truthMs = watcher.report!.atMs - publishedMs;
    assert.ok(
      Math.abs(legacy()!.behindMs! - truthMs) <= Math.max(1000 + 500, 0.05 * truthMs),
      `${legacy()!.behindMs} and ${truthMs}`,
    );
    assert.deepEqual(
      legacy()!.partitions.map(({ behindMsFrom }) => behindMsFrom),
      ["record", "record", "record"],
    );
    await publish(1500);
    await until("somebody is told", () => told.length > 0);
    assert.match(told[0]!.title, /^legacy is 2,300 events behind; its limit is 2,000\.$/);
    await consume(2300);
    await until("it is well", () => told.length > 1);
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ["alert", "recovery"],
    );
    assert.equal(legacy()!.behind, 0);
    assert.equal(watcher.problem, null);
    await watcher.close();
    await store.close();
  });
});
