import assert from "node:assert/strict";
import { test } from "node:test";
import { checkNode } from "../reading/diagnosis.ts";
import { runCommand } from "../../test/run-command.ts";
import { noonMs, ShopLog } from "../../test/shop-log.ts";

const nowMs = noonMs + 60_000;

async function shop(): Promise<ShopLog> {
  const shop = new ShopLog();
  await shop.topics("throughline.services", "throughline.receipts", "throughline.commands", "throughline.audit");
  await shop.event({ id: "e-1", type: "order.created" });
  await shop.announce("billing", [{}]);
  return shop;
}

const statusOf = async (log: ShopLog["log"], check: string, at = nowMs): Promise<[string | undefined, string | undefined]> => {
  const finding = (await runCommand(log, ["doctor", "--json"], { nowMs: at }))
    .json()
    .findings.find((one: { check: string; status: string }) => one.check === check);
  return [finding?.status, finding?.message];
};

test("says that all is well, line by line", async () => {
  const { log } = await shop();
  const { stdout, exitCode } = await runCommand(log, ["doctor"], { nowMs });
  assert.equal(exitCode, 0);
  assert.equal(
    stdout.replace(process.version, "v24"),
    `ok    node             Node v24
ok    event log        sqlite:./data/events.db
ok    writable         the event log takes records
ok    topics           1 with events: order
ok    service billing  1 instance, version 1.0.0
ok    handlers         all 1 work
ok    outboxes         nothing is stuck
ok    dead letters     none open
ok    lag              no consumer groups yet

All is well.
`,
  );
});

test("warns of nothing but what is not there on a new log", async () => {
  const { log } = new ShopLog();
  const { exitCode, json } = await runCommand(log, ["doctor", "--json"], { nowMs });
  assert.equal(exitCode, 0);
  assert.deepEqual(
    json()
      .findings.filter(({ status }: { status: string }) => status !== "ok")
      .map(({ check }: { check: string }) => check),
    ["topics", "services"],
  );
});

test("fails when a service has gone silent", async () => {
  const { log } = await shop();
  assert.deepEqual(await statusOf(log, "service billing", noonMs + 300_000), [
    "fail",
    "silent: billing-1 was last heard 5m ago, and did not say that it stops",
  ]);
  assert.equal((await runCommand(log, ["doctor"], { nowMs: noonMs + 300_000 })).exitCode, 1);
});

test("fails for a service whose only instance was killed, as soon as its group knows", async () => {
  const filled = await shop();
  await filled.commit("billing", "order", 0);
  assert.equal((await statusOf(filled.log, "service billing", noonMs + 10_000))[0], "ok");
  assert.deepEqual(await statusOf(filled.log, "service billing", noonMs + 30_000), [
    "fail",
    "silent: billing-1 was last heard 30 s ago, and did not say that it stops",
  ]);
});

test("warns when a service was stopped cleanly", async () => {
  const filled = await shop();
  await filled.announce("billing", [{}], { state: "stopped", atMs: noonMs + 1000 });
  assert.equal((await statusOf(filled.log, "service billing"))[0], "warn");
});

test("says nothing of a silent instance that another one replaced", async () => {
  const filled = await shop();
  await filled.announce("billing", [{}], { instance: "billing-2", startedAtMs: noonMs + 1000, atMs: noonMs + 300_000 });
  assert.deepEqual(await statusOf(filled.log, "service billing", noonMs + 300_000), ["ok", "1 instance, version 1.0.0"]);
});

test("warns of an instance that went silent beside others", async () => {
  const filled = await shop();
  await filled.announce("billing", [{}], { instance: "billing-2", startedAtMs: noonMs - 1000, atMs: noonMs + 300_000 });
  const { findings } = (await runCommand(filled.log, ["doctor", "--json"], { nowMs: noonMs + 300_000 })).json();
  assert.ok(
    findings.some(
      ({ status, message }: { status: string; message: string }) =>
        status === "warn" && message === "instance billing-1 has gone silent 5m ago",
    ),
  );
});

test("fails with a stopped handler's own words, and warns of a waiting one", async () => {
  const filled = await shop();
  await filled.announce(
    "billing",
    [
      { state: "stopped", problem: "topic order was deleted" },
      { name: "later", state: "waiting", problem: "no topic invoice exists yet" },
      { name: "tax", state: "failing", problem: "20 of 30 events failed within 30 s" },
      { name: "archive", state: "full", problem: "it has parked 100000 events" },
    ],
    { atMs: noonMs + 1 },
  );
  assert.deepEqual(await statusOf(filled.log, "handler billing/create-invoice"), ["fail", "topic order was deleted"]);
  assert.deepEqual(await statusOf(filled.log, "handler billing/later"), ["warn", "waits: no topic invoice exists yet"]);
  assert.deepEqual(await statusOf(filled.log, "handler billing/tax"), ["fail", "20 of 30 events failed within 30 s"]);
  assert.deepEqual(await statusOf(filled.log, "handler billing/archive"), ["fail", "it has parked 100000 events"]);
});

test("fails for subjects that the log refused, warns of an outbox that is not emptied", async () => {
  const filled = await shop();
  await filled.announce("billing", [{}], {
    atMs: noonMs + 1,
    outbox: { waiting: 3, oldestMs: noonMs - 60_000, stoppedSubjects: 0 },
  });
  assert.deepEqual(await statusOf(filled.log, "outbox billing"), ["warn", "3 events wait, the oldest for 2m"]);
  await filled.announce("billing", [{}], { atMs: noonMs + 2, outbox: { waiting: 3, oldestMs: noonMs, stoppedSubjects: 1 } });
  assert.equal((await statusOf(filled.log, "outbox billing"))[0], "fail");
  const problem = "the store is behind the event log";
  const outbox = { waiting: 3, oldestMs: noonMs, stoppedSubjects: 0, problem };
  await filled.announce("billing", [{}], { atMs: noonMs + 3, outbox });
  assert.deepEqual(await statusOf(filled.log, "outbox billing"), ["fail", problem]);
});

test("warns of open dead letters and of lag", async () => {
  const filled = await shop();
  await filled.deadLetter("billing", "create-invoice", { topic: "order", offset: 0, failureId: "fail-0001" });
  await filled.log.append(
    Array.from({ length: 10_001 }, () => ({ topic: "order", key: null, value: null, headers: [], timestampMs: noonMs })),
  );
  await filled.commit("billing", "order", 0);
  assert.deepEqual(await statusOf(filled.log, "dead letters"), ["warn", "1 open, of billing/create-invoice"]);
  assert.match((await statusOf(filled.log, "lag"))[1]!, /billing is 10,002 events \(1m\) behind/);
});

test("fails when the log cannot be written", async () => {
  const filled = await shop();
  filled.log.refuse((record) => (record.topic === "throughline.services" ? "read-only" : undefined));
  assert.equal((await statusOf(filled.log, "writable"))[0], "fail");
});

test("fails when the log cannot be reached", async () => {
  const filled = await shop();
  filled.log.unavailable(true);
  const { exitCode, json } = await runCommand(filled.log, ["doctor", "--json"], { nowMs });
  assert.equal(exitCode, 1);
  assert.equal(json().findings.find(({ check }: { check: string }) => check === "event log").status, "fail");
});

test("leaves nothing behind that others would read", async () => {
  const filled = await shop();
  await runCommand(filled.log, ["doctor"], { nowMs });
  assert.equal(
    (await runCommand(filled.log, ["doctor", "--json"], { nowMs }))
      .json()
      .findings.filter(({ check }: { check: string }) => check.startsWith("service ")).length,
    1,
  );
});

test("knows which Node is too old", () => {
  assert.equal(checkNode("v24.1.0").status, "ok");
  assert.equal(checkNode("v22.17.0").status, "ok");
  assert.equal(checkNode("v22.16.9").status, "fail");
  assert.equal(checkNode("v18.20.0").status, "fail");
});

test("warns of a handler that shares transactions less than it asked for", async () => {
  const filled = await shop();
  await filled.announce("billing", [{ name: "archive", askedMode: "overlapping", mode: "shared" }]);
  const [status, message] = await statusOf(filled.log, "handler billing/archive");
  assert.equal(status, "warn");
  assert.match(message ?? "", /was to run overlapping, and runs shared/);
});
