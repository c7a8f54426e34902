import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommand } from "../../test/run-command.ts";
import { noonMs, ShopLog } from "../../test/shop-log.ts";

async function shop(): Promise<ShopLog> {
  const shop = new ShopLog();
  await shop.event({ id: "e-1", type: "order.created", subject: "o-1", sequence: 1, atMs: noonMs });
  await shop.event({
    id: "e-2",
    type: "payment.taken",
    subject: "o-1",
    sequence: 1,
    atMs: noonMs + 10,
    correlationId: "corr-000002",
  });
  await shop.event({ id: "e-3", type: "order.completed", subject: "o-2", sequence: 1, atMs: noonMs + 20 });
  await shop.range("billing", "create-invoice", { topic: "order", from: 0, durations: [1] });
  return shop;
}

const ids = async (log: ShopLog["log"], args: readonly string[]): Promise<string[]> => {
  const { stdout } = await runCommand(log, ["events", "tail", "--no-follow", "--json", ...args]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line).id);
};

test("prints the events of all event topics in the order of time, and no system topic", async () => {
  const { log } = await shop();
  const { stdout } = await runCommand(log, ["events", "tail", "--from", "earliest", "--no-follow"]);
  assert.equal(
    stdout,
    `12:00:00.000  order/0@0  order.created  o-1 #1  by orders  corr-000001
12:00:00.010  payment/0@0  payment.taken  o-1 #1  by orders  corr-000002
12:00:00.020  order/0@1  order.completed  o-2 #1  by orders  corr-000001
`,
  );
});

for (const [args, found] of [
  [
    ["--from", "earliest"],
    ["e-1", "e-2", "e-3"],
  ],
  [["--from", "latest"], []],
  [["--from", "1"], ["e-3"]],
  [
    ["--from", "2026-07-01T12:00:00.010Z"],
    ["e-2", "e-3"],
  ],
  [
    ["--from", "-10m"],
    ["e-1", "e-2", "e-3"],
  ],
  [
    ["order", "--from", "earliest"],
    ["e-1", "e-3"],
  ],
  [
    ["--from", "earliest", "--type", "order.created", "--type", "payment.*"],
    ["e-1", "e-2"],
  ],
  [["--from", "earliest", "--subject", "o-2"], ["e-3"]],
  [["--from", "earliest", "--correlation", "000002"], ["e-2"]],
  [
    ["--from", "earliest", "--limit", "2"],
    ["e-1", "e-2"],
  ],
] as const) {
  test(`"events tail ${args.join(" ")}" prints ${found.length === 0 ? "nothing" : found.join(", ")}`, async () => {
    const { log } = await shop();
    assert.deepEqual(await ids(log, args), found);
  });
}

test("follows what is published later, also to topics that did not exist, and leaves no group behind", async () => {
  const filled = await shop();
  const stop = new AbortController();
  const published = (async () => {
    await filled.event({ id: "e-4", type: "order.completed", atMs: noonMs + 30 });
    await filled.event({ id: "e-5", type: "invoice.created", atMs: noonMs + 40 });
  })();
  const { exitCode, stdout } = await runCommand(filled.log, ["events", "tail", "--from", "earliest", "--json"], {
    signal: stop.signal,
    onOutput: (printed) => {
      if (printed.includes('"e-5"')) stop.abort();
    },
  });
  await published;
  assert.equal(exitCode, 0);
  assert.deepEqual(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).id),
    ["e-1", "e-2", "e-3", "e-4", "e-5"],
  );
  assert.deepEqual(await filled.log.groups(), []);
});

test("begins anew with a topic that was deleted and created again", async () => {
  const filled = await shop();
  const stop = new AbortController();
  let recreated = false;
  const { stdout } = await runCommand(filled.log, ["events", "tail", "order", "--from", "earliest", "--json"], {
    signal: stop.signal,
    onOutput: (printed) => {
      if (printed.includes('"e-3"') && !recreated) {
        recreated = true;
        filled.log.deleteTopic("order");
        void filled.event({ id: "e-6", type: "order.created" });
      }
      if (printed.includes('"e-6"')) stop.abort();
    },
  });
  assert.deepEqual(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).id),
    ["e-1", "e-3", "e-6"],
  );
});

test("merges many partitions by time, a window at a time", async () => {
  const filled = new ShopLog();
  await filled.log.createTopics([{ name: "order", partitions: 3 }]);
  const record = (n: number) => ({
    topic: "order",
    partition: n % 3,
    key: null,
    value: Buffer.from(String(n)),
    headers: [],
    timestampMs: noonMs + n,
  });
  await filled.log.append(Array.from({ length: 3000 }, (_, n) => record(n)));
  const { stdout } = await runCommand(filled.log, ["events", "tail", "--from", "earliest", "--no-follow", "--json", "--data"]);
  assert.deepEqual(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).data),
    Array.from({ length: 3000 }, (_, n) => n),
  );
});

test("prints data with integers above 2^53 as they are", async () => {
  const shop = new ShopLog();
  await shop.append({
    topic: "order",
    key: null,
    value: Buffer.from('{"total":12345678901234567890}'),
    headers: [],
    timestampMs: noonMs,
  });
  const { stdout } = await runCommand(shop.log, ["events", "tail", "--from", "earliest", "--no-follow", "--data"]);
  assert.equal(
    stdout,
    `12:00:00.000  order/0@0  not a CloudEvent  30 bytes\n    {\n      "total": 12345678901234567890\n    }\n`,
  );
});

test("refuses a topic that does not exist, and names those that do", async () => {
  const { log } = await shop();
  const { exitCode, stderr } = await runCommand(log, ["events", "tail", "ordr"]);
  assert.equal(exitCode, 2);
  assert.match(stderr, /there is no topic "ordr"; there are order, payment/);
});

test("refuses a start that it does not understand", async () => {
  const { log } = await shop();
  const { exitCode, stderr } = await runCommand(log, ["events", "tail", "--from", "yesterday"]);
  assert.equal(exitCode, 2);
  assert.match(stderr, /--from does not understand "yesterday"; give earliest, latest, an offset/);
});
