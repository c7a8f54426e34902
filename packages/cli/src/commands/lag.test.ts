import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommand } from "../../test/run-command.ts";
import { noonMs, ShopLog } from "../../test/shop-log.ts";

async function shop(): Promise<ShopLog> {
  const shop = new ShopLog();
  for (let n = 0; n < 5; n++) await shop.event({ id: `e-${n}`, type: "order.created", atMs: noonMs + n * 1000 });
  await shop.commit("billing", "order", 2);
  await shop.commit("analytics", "order", 5);
  return shop;
}

test("shows every group, the furthest behind first, in events and in time", async () => {
  const { log } = await shop();
  const { stdout, exitCode } = await runCommand(log, ["lag"], { nowMs: noonMs + 92_000 });
  assert.equal(exitCode, 0);
  assert.equal(
    stdout,
    `GROUP      STATE  MEMBERS  BEHIND      BY
billing    empty        0       3  1m 30s
analytics  empty        0       0       –
`,
  );
});

test("shows each partition with --partitions, and only the groups that are named", async () => {
  const { log } = await shop();
  const { stdout } = await runCommand(log, ["lag", "billing", "--partitions"], { nowMs: noonMs + 92_000 });
  assert.match(stdout, /billing +order +0 +2 +5 +3 +1m 30s +–/);
  assert.doesNotMatch(stdout, /analytics/);
});

test("says the same in JSON", async () => {
  const { log } = await shop();
  const report = (await runCommand(log, ["lag", "billing", "--json", "--threshold", "2"])).json();
  assert.deepEqual(report.over, ["billing"]);
  const { behindMs, ...partition } = report.groups[0].partitions[0];
  assert.deepEqual(partition, { topic: "order", partition: 0, committed: 2, end: 5, behind: 3, member: null, paused: false });
  assert.ok(behindMs >= 118_000);
});

test("--check fails only beyond the threshold", async () => {
  const { log } = await shop();
  assert.equal((await runCommand(log, ["lag", "--check", "--threshold", "3"])).exitCode, 0);
  assert.equal((await runCommand(log, ["lag", "--check", "--threshold", "2"])).exitCode, 1);
  assert.equal((await runCommand(log, ["lag", "--threshold", "2"])).exitCode, 0);
});

test("shows handlers that do not read with their group, by their service's own account", async () => {
  const filled = await shop();
  await filled.announce("billing", [
    {},
    { name: "backfill", state: "catching-up", behind: 42_000 },
    { name: "stuck", state: "stopped", problem: "topic order was deleted", behind: null },
  ]);
  const { stdout } = await runCommand(filled.log, ["lag"]);
  assert.match(stdout, /billing\/backfill +catching-up +42,000 +–/);
  assert.match(stdout, /billing\/stuck +stopped +– +topic order was deleted/);
  assert.doesNotMatch(stdout, /create-invoice/);
});

test("a group whose handlers are all paused is no alarm, and its handlers show their own lag", async () => {
  const filled = await shop();
  const problem = 'handler "create-invoice" is paused by ana: too fast';
  await filled.announce("billing", [{ state: "paused", problem, behind: 3, streams: ["order"] }]);
  const { stdout, exitCode } = await runCommand(filled.log, ["lag", "--check", "--threshold", "2"]);
  assert.equal(exitCode, 0);
  assert.match(stdout, /billing\/create-invoice +paused +3 +handler "create-invoice" is paused by ana: too fast/);
});

test("leaves out a topic that was deleted", async () => {
  const filled = await shop();
  filled.log.deleteTopic("order");
  assert.doesNotMatch((await runCommand(filled.log, ["lag", "--partitions"])).stdout, /order/);
});

test("--watch looks again until it is stopped", async () => {
  const filled = await shop();
  const stop = new AbortController();
  const { exitCode } = await runCommand(filled.log, ["lag", "--watch", "--json"], {
    signal: stop.signal,
    onOutput: (printed) => {
      if (printed.split("\n").length > 3) stop.abort();
    },
  });
  assert.equal(exitCode, 0);
});
