import assert from "node:assert/strict";
import { test } from "node:test";
import { derivedEventId } from "throughline";
import { shippedLinesRecord } from "throughline/system-topics";
import { runCommand } from "../../test/run-command.ts";
import { noonMs, ShopLog } from "../../test/shop-log.ts";

const completed = "01980000-0000-7000-8000-00000000000a";
const invoice = derivedEventId(completed, noonMs, "create-invoice", 0);

/** Order completed → billing made an invoice, notifications died, analytics has not come to it. */
async function shop(): Promise<ShopLog> {
  const shop = new ShopLog();
  const at = await shop.event({ id: completed, type: "order.completed", atMs: noonMs });
  const issued = await shop.event({
    id: invoice,
    type: "invoice.created",
    source: "billing",
    causationId: completed,
    atMs: noonMs + 15,
  });
  await shop.announce("billing", [{ name: "create-invoice" }, { name: "count-total" }]);
  await shop.announce("notifications", [
    { name: "send-receipt", types: [{ type: "order.completed", version: 1 }], kind: "call" },
  ]);
  await shop.announce("analytics", [
    {
      name: "count",
      types: [
        { type: "order.completed", version: 1 },
        { type: "invoice.created", version: 1 },
      ],
      streams: ["order", "invoice"],
    },
  ]);
  await shop.range("billing", "create-invoice", { topic: "order", from: at, durations: [1800], atMs: noonMs + 20 });
  await shop.range("billing", "count-total", { topic: "order", from: at, durations: [400], atMs: noonMs + 20 });
  for (const attempt of [1, 2, 3])
    await shop.receipt("notifications", "send-receipt", {
      topic: "order",
      offset: at,
      outcome: "retried",
      attempt,
      atMs: noonMs + attempt * 1000,
    });
  await shop.deadLetter("notifications", "send-receipt", { topic: "order", offset: at, failureId: "fail-0001" });
  await shop.receipt("notifications", "send-receipt", {
    topic: "order",
    offset: at,
    outcome: "dead",
    failureId: "fail-0001",
    attempt: 4,
    atMs: noonMs + 70_000,
  });
  await shop.range("analytics", "count", { topic: "invoice", from: issued, durations: [90], atMs: noonMs + 30 });
  return shop;
}

test("prints the tree of publish, handlers and what they published, and says what failed and what is pending", async () => {
  const { log } = await shop();
  const { stdout, exitCode } = await runCommand(log, ["flow", "corr-000001"]);
  assert.equal(exitCode, 0);
  assert.equal(
    stdout,
    `flow corr-000001  2026-07-01 12:00:00
order.completed o-1 by orders  12:00:00.000  order/0@0
├─ … analytics/count  pending
├─ ✓ billing/count-total  applied  in 400 µs, after 20 ms
├─ ✓ billing/create-invoice  applied  in 1.8 ms, after 18 ms
│  └─ invoice.created o-1 by billing  12:00:00.015  invoice/0@0
│     └─ ✓ analytics/count  applied  in 90 µs, after 15 ms
└─ ✗ notifications/send-receipt  dead  after 1m 10s, reason failed, 3 retries
     CARD_DECLINED: card 42 was declined
     → throughline failed fail-0001

Not complete, 2 of 5 handlers are not done: notifications/send-receipt failed for good on order.completed (CARD_DECLINED: card 42 was declined); analytics/count has not come to order.completed.
`,
  );
});

test("says the same in JSON", async () => {
  const { log } = await shop();
  const { flows } = (await runCommand(log, ["flow", "corr-000001", "--json"])).json();
  assert.equal(flows.length, 1);
  const [root] = flows[0].roots;
  assert.deepEqual(
    root.handlers.map((one: { service: string; handler: string; outcome: string; retries: number }) => [
      one.service,
      one.handler,
      one.outcome,
      one.retries,
    ]),
    [
      ["analytics", "count", "pending", 0],
      ["billing", "count-total", "applied", 0],
      ["billing", "create-invoice", "applied", 0],
      ["notifications", "send-receipt", "dead", 3],
    ],
  );
  assert.equal(root.handlers[2].published[0].type, "invoice.created");
  assert.equal(root.handlers[2].durationMicros, 1800);
  assert.deepEqual(flows[0].summary.hops, { pending: 1, applied: 3, dead: 1 });
  assert.equal(flows[0].summary.complete, false);
});

for (const [how, args] of [
  ["an event id", [invoice]],
  ["part of an event id", [invoice.slice(-8)]],
  ["the short form that logs show", [`…${completed.slice(-8)}`]],
  ["a subject", ["--subject", "o-1"]],
] as const) {
  test(`finds a whole flow by ${how}`, async () => {
    const { log } = await shop();
    const { flows } = (await runCommand(log, ["flow", ...args, "--json"])).json();
    assert.equal(flows[0].correlationId, "corr-000001");
    assert.equal(flows[0].summary.events, 2);
  });
}

test("calls a hop missing when the handler passed it and nothing is known", async () => {
  const shop = new ShopLog();
  await shop.event({ id: "e-1", type: "order.completed" });
  await shop.announce("billing", [{}]);
  await shop.range("billing", "create-invoice", { topic: "order", from: 0, durations: [null, 100] });
  const { stdout } = await runCommand(shop.log, ["flow", "corr-000001"]);
  assert.match(stdout, /✗ billing\/create-invoice {2}missing/);
  assert.match(
    stdout,
    /Not complete, 1 of 1 handlers is not done: billing\/create-invoice passed without an outcome: order.completed/,
  );
});

test("waits a moment for single receipts before it calls a hop missing", async () => {
  const shop = new ShopLog();
  await shop.event({ id: "e-1", type: "order.completed" });
  await shop.announce("billing", [{}]);
  await shop.range("billing", "create-invoice", { topic: "order", from: 0, durations: [null], atMs: noonMs });
  const { stdout } = await runCommand(shop.log, ["flow", "corr-000001"], { nowMs: noonMs + 1000 });
  assert.match(stdout, /billing\/create-invoice {2}pending\n.*its receipt is on the way/);
});

test("calls a hop pending while its call has not ended", async () => {
  const shop = new ShopLog();
  await shop.event({ id: "e-1", type: "order.completed" });
  await shop.announce("billing", [{ kind: "call", parked: 1 }]);
  await shop.range("billing", "create-invoice", { topic: "order", from: 0, durations: [null] });
  const { stdout } = await runCommand(shop.log, ["flow", "corr-000001"]);
  assert.match(stdout, /billing\/create-invoice {2}pending\n.*its call has not ended/);
});

test("does not call an event missing that lies before a handler's start", async () => {
  const shop = new ShopLog();
  await shop.event({ id: "e-1", type: "order.completed" });
  await shop.announce("billing", [{ from: "latest" }]);
  await shop.range("billing", "create-invoice", { topic: "order", from: 5, durations: [100] });
  const { stdout } = await runCommand(shop.log, ["flow", "corr-000001"]);
  assert.match(stdout, /billing\/create-invoice {2}before-start/);
  assert.match(stdout, /Complete/);
});

test("says unknown when the service passed the event and writes no receipts", async () => {
  const shop = new ShopLog();
  await shop.event({ id: "e-1", type: "order.completed" });
  await shop.announce("billing", [{}]);
  await shop.commit("billing", "order", 1);
  const { stdout } = await runCommand(shop.log, ["flow", "corr-000001"]);
  assert.match(stdout, /\? billing\/create-invoice {2}unknown\n.*writes no receipts/);
});

test("says unknown when receipts of that time are gone", async () => {
  const shop = new ShopLog();
  await shop.event({ id: "e-1", type: "order.completed" });
  await shop.announce("billing", [{}]);
  await shop.range("billing", "create-invoice", { topic: "order", from: 0, durations: [100] });
  await shop.range("billing", "create-invoice", { topic: "order", from: 1, durations: [100], atMs: noonMs + 60_000 });
  shop.log.trim("throughline.receipts", 0, 1);
  const { stdout } = await runCommand(shop.log, ["flow", "corr-000001"]);
  assert.match(stdout, /unknown\n.*receipts of that time are gone/);
});

test("takes what a handler published as proof that it handled the event", async () => {
  const shop = new ShopLog();
  await shop.event({ id: completed, type: "order.completed" });
  await shop.event({ id: invoice, type: "invoice.created", source: "billing", causationId: completed });
  await shop.announce("billing", [{}]);
  const { flows } = (await runCommand(shop.log, ["flow", "corr-000001", "--json"])).json();
  assert.equal(flows[0].roots[0].handlers[0].outcome, "applied");
});

test("shows an event that was redriven after it died as applied", async () => {
  const shop = new ShopLog();
  const at = await shop.event({ id: "e-1", type: "order.completed" });
  await shop.announce("billing", [{}]);
  await shop.deadLetter("billing", "create-invoice", { topic: "order", offset: at, failureId: "fail-0001" });
  await shop.receipt("billing", "create-invoice", {
    topic: "order",
    offset: at,
    outcome: "dead",
    failureId: "fail-0001",
    atMs: noonMs + 70_000,
  });
  await shop.receipt("billing", "create-invoice", {
    topic: "order",
    offset: at,
    outcome: "applied",
    failureId: "fail-0001",
    attempt: 5,
    durationMicros: 900,
    atMs: noonMs + 80_000,
  });
  const { flows } = (await runCommand(shop.log, ["flow", "corr-000001", "--json"])).json();
  const [hop] = flows[0].roots[0].handlers;
  assert.deepEqual([hop.outcome, hop.retries, hop.error], ["applied", 4, null]);
  assert.equal(flows[0].summary.complete, true);
});

test("counts a redelivered event's duplicates, and its second record, once", async () => {
  const shop = new ShopLog();
  await shop.event({ id: completed, type: "order.completed" });
  const copy = await shop.event({ id: completed, type: "order.completed" });
  await shop.announce("billing", [{}]);
  await shop.range("billing", "create-invoice", { topic: "order", from: 0, durations: [100, null] });
  for (let twice = 0; twice < 2; twice++)
    await shop.receipt("billing", "create-invoice", { topic: "order", offset: copy, outcome: "duplicate", atMs: noonMs + 30 });
  const { flows } = (await runCommand(shop.log, ["flow", "corr-000001", "--json"])).json();
  assert.equal(flows[0].roots.length, 1);
  assert.equal(flows[0].roots[0].records, 2);
  assert.deepEqual([flows[0].roots[0].handlers[0].outcome, flows[0].roots[0].handlers[0].duplicates], ["applied", 1]);
});

test("leaves out what reruns did beside the live run", async () => {
  const shop = new ShopLog();
  const at = await shop.event({ id: "e-1", type: "order.completed" });
  await shop.announce("billing", [
    {
      replays: [
        {
          commandId: "c",
          epoch: 2,
          kind: "rerun",
          state: "done",
          problem: null,
          done: 1,
          total: 1,
          ratePerSecond: null,
          remainingMs: null,
        },
      ],
    },
  ]);
  await shop.receipt("billing", "create-invoice", { topic: "order", offset: at, outcome: "dead", epoch: 2 });
  const { flows } = (await runCommand(shop.log, ["flow", "corr-000001", "--json"])).json();
  assert.equal(flows[0].roots[0].handlers[0].outcome, "pending");
});

test("survives events that cause each other", async () => {
  const shop = new ShopLog();
  await shop.event({ id: "root-1", type: "order.completed" });
  await shop.event({ id: "loop-1", type: "order.completed", causationId: "root-1" });
  await shop.event({ id: "loop-1", source: "other", type: "order.completed", causationId: "loop-1" });
  const { exitCode, stdout } = await runCommand(shop.log, ["flow", "corr-000001"]);
  assert.equal(exitCode, 0);
  assert.match(stdout, /order.completed/);
});

test("fails with a way on when nothing is found", async () => {
  const { log } = await shop();
  const { exitCode, stderr } = await runCommand(log, ["flow", "no-such-flow"]);
  assert.equal(exitCode, 1);
  assert.match(
    stderr,
    /no event with the id or correlation id "no-such-flow" in the events since 24h; look further back .* \[CLI_NOTHING_FOUND\]/,
  );
});

test("looks only as far back as --since says", async () => {
  const { log } = await shop();
  assert.equal((await runCommand(log, ["flow", "corr-000001"], { nowMs: noonMs + 25 * 3_600_000 })).exitCode, 1);
  assert.equal(
    (await runCommand(log, ["flow", "corr-000001", "--since", "all"], { nowMs: noonMs + 25 * 3_600_000 })).exitCode,
    0,
  );
});

test("names the flows when part of an id fits several", async () => {
  const shop = new ShopLog();
  for (const n of [1, 2]) await shop.event({ id: `e-${n}`, type: "order.completed", correlationId: `corr-shared-${n}` });
  const { exitCode, stderr } = await runCommand(shop.log, ["flow", "corr-shared"]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /"corr-shared" names 2 flows: corr-shared-1, corr-shared-2; give more of it/);
});

test("shows the log lines of the flow with --logs, whatever they try on the terminal, and none without it", async () => {
  const { log } = await shop();
  const about = { service: "billing", instance: "billing-1", version: "1.0.0", atMs: noonMs + 40 };
  const line = (part: object) =>
    JSON.stringify({ atMs: noonMs + 17, level: "info", message: "m", correlationId: "corr-000001", ...part });
  const record = shippedLinesRecord(about, [
    line({
      message: "card \u001b[2Jis slow",
      level: "warn",
      handler: "create-invoice",
      eventId: completed,
      attempt: 2,
      rolledBack: true,
    }),
    line({ atMs: noonMs - 5, message: "POST /orders", fields: { status: 201 } }),
    line({ correlationId: "another" }),
  ]);
  await log.createTopics([{ name: record.topic, partitions: 1 }]);
  await log.append([
    { ...record, timestampMs: noonMs + 40 },
    { ...record, value: Buffer.from("junk"), timestampMs: noonMs + 41 },
  ]);
  const { stdout } = await runCommand(log, ["flow", "corr-000001", "--logs"]);
  assert.equal(
    stdout.slice(stdout.indexOf("log lines")),
    `log lines
11:59:59.995 INFO  billing POST /orders {"status":201}
12:00:00.017 WARN  billing/create-invoice card \\x1b[2Jis slow (attempt 2, rolled back)
`,
  );
  const { flows } = (await runCommand(log, ["flow", "corr-000001", "--logs", "--json"])).json();
  assert.deepEqual(
    flows[0].lines.map(({ message }: { message: string }) => message),
    ["POST /orders", "card \u001b[2Jis slow"],
  );
  const without = (await runCommand(log, ["flow", "corr-000001", "--json"])).json().flows[0];
  assert.equal("lines" in without, false);
});

test("says how log lines come where there are none", async () => {
  const { log } = await shop();
  const { stdout } = await runCommand(log, ["flow", "corr-000001", "--logs"]);
  assert.match(stdout, /No service has shipped log lines of it\. log: \{ ship: true \} in createService makes one do so\./);
});

test("refuses to guess which flow is meant", async () => {
  const { log } = await shop();
  const { exitCode, stderr } = await runCommand(log, ["flow"]);
  assert.equal(exitCode, 2);
  assert.match(stderr, /say which flow/);
});
