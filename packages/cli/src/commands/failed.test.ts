import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommand } from "../../test/run-command.ts";
import { noonMs, ShopLog } from "../../test/shop-log.ts";

const first = "0198b2c4-0001-7000-8000-000000000001";
const second = "0198b2c4-0002-7000-8000-000000000002";

async function shop(): Promise<ShopLog> {
  const shop = new ShopLog();
  const one = await shop.event({ id: "e-1", type: "order.completed", subject: "o-1", data: { order_id: "o-1", total: 1 } });
  const two = await shop.event({ id: "e-2", type: "order.completed", subject: "o-2" });
  await shop.announce("billing", [{}]);
  await shop.deadLetter("billing", "create-invoice", {
    topic: "order",
    offset: one,
    failureId: first,
    failedAtMs: noonMs + 60_000,
  });
  await shop.deadLetter("notifications", "send-receipt", {
    topic: "order",
    offset: two,
    failureId: second,
    reason: "permanent",
    failedAtMs: noonMs + 90_000,
  });
  return shop;
}

const openIds = async (log: ShopLog["log"], args: string[] = []): Promise<string[]> =>
  (await runCommand(log, ["failed", "--json", ...args]))
    .json()
    .failures.map((failure: { failureId: string }) => failure.failureId);

test("lists open dead letters, the newest first, with ids short enough to type", async () => {
  const { log } = await shop();
  const { stdout } = await runCommand(log, ["failed"]);
  assert.equal(
    stdout,
    `ID             WHEN      CONSUMER                    EVENT            SUBJECT  REASON     TRIES  HELD  ERROR
0198b2c4-0002  30 s ago  notifications/send-receipt  order.completed  o-2      permanent      4     0  CARD_DECLINED: card 42 was declined
0198b2c4-0001  1m ago    billing/create-invoice      order.completed  o-1      failed         4     0  CARD_DECLINED: card 42 was declined

2 dead letters. One whole: throughline failed <id>
`,
  );
});

test("says so when nothing is open", async () => {
  const shop = new ShopLog();
  assert.equal((await runCommand(shop.log, ["failed"])).stdout, "No open dead letters.\n");
});

for (const [outcome, more] of [
  ["applied", {}],
  ["stale", {}],
  ["duplicate", {}],
  ["discarded", {}],
  ["refused", { error: { name: "RedriveRefused", code: "REDRIVE_HANDLED_ALREADY", message: "it was handled already" } }],
] as const) {
  test(`a letter whose failure was ${outcome} since is no longer open`, async () => {
    const filled = await shop();
    await filled.receipt("billing", "create-invoice", {
      topic: "order",
      offset: 0,
      outcome,
      failureId: first,
      atMs: noonMs + 80_000,
      ...more,
    });
    assert.deepEqual(await openIds(filled.log), [second]);
    assert.deepEqual((await openIds(filled.log, ["--all"])).toSorted(), [first, second]);
  });
}

test("a refusal that answers nothing leaves the letter open", async () => {
  const filled = await shop();
  await filled.receipt("billing", "create-invoice", {
    topic: "order",
    offset: 0,
    outcome: "refused",
    failureId: first,
    atMs: noonMs + 80_000,
    error: { name: "RedriveRefused", code: null, message: "the edited payload is not valid" },
  });
  assert.deepEqual((await openIds(filled.log)).toSorted(), [first, second]);
});

test("another handler's receipt for the same event leaves the letter open", async () => {
  const filled = await shop();
  await filled.receipt("analytics", "count", { topic: "order", offset: 0, outcome: "applied", atMs: noonMs + 80_000 });
  assert.deepEqual((await openIds(filled.log)).toSorted(), [first, second]);
});

test("a letter that died again after a redrive is open again, once", async () => {
  const filled = await shop();
  await filled.receipt("billing", "create-invoice", {
    topic: "order",
    offset: 0,
    outcome: "parked",
    reason: "redriven",
    failureId: first,
    requestId: "r",
    atMs: noonMs + 70_000,
  });
  await filled.deadLetter("billing", "create-invoice", {
    topic: "order",
    offset: 0,
    failureId: first,
    failedAtMs: noonMs + 100_000,
  });
  assert.deepEqual((await openIds(filled.log)).toSorted(), [first, second]);
  const { failures } = (await runCommand(filled.log, ["failed", "--json", "--service", "billing"])).json();
  assert.equal(failures[0].failedAt, "2026-07-01T12:01:40.000Z");
});

test("the last word of a handler counts, whatever its instances' clocks say", async () => {
  const filled = await shop();
  const at = { topic: "order", offset: 0, failureId: first } as const;
  await filled.receipt("billing", "create-invoice", { ...at, outcome: "duplicate", atMs: noonMs + 70_000 });
  await filled.receipt("billing", "create-invoice", { ...at, outcome: "dead", atMs: noonMs + 65_000 });
  assert.deepEqual((await openIds(filled.log)).toSorted(), [first, second]);
  await filled.receipt("billing", "create-invoice", { ...at, outcome: "applied", atMs: noonMs + 55_000 });
  assert.deepEqual(await openIds(filled.log), [second]);
});

test("a rebuild in a later epoch answers the letters of the one before", async () => {
  const filled = await shop();
  await filled.announce("billing", [
    {
      replays: [
        {
          commandId: "c",
          epoch: 2,
          kind: "rebuild",
          state: "running",
          problem: null,
          done: 0,
          total: 9,
          ratePerSecond: null,
          remainingMs: null,
        },
      ],
    },
  ]);
  assert.deepEqual(await openIds(filled.log), [second]);
});

test("counts the followers that wait behind a letter", async () => {
  const filled = await shop();
  for (const [offset, outcome] of [
    [5, "parked"],
    [6, "parked"],
    [6, "applied"],
    [7, "parked"],
  ] as const) {
    await filled.receipt("billing", "create-invoice", {
      topic: "order",
      offset,
      outcome,
      ...(outcome === "parked" ? { reason: "behind" } : {}),
      subject: "o-1",
      atMs: noonMs + 61_000 + offset,
    });
  }
  const { failures } = (await runCommand(filled.log, ["failed", "--json", "--service", "billing"])).json();
  assert.equal(failures[0].heldFollowers, 2);
});

for (const [args, ids] of [
  [["--service", "billing"], [first]],
  [["--handler", "send-receipt"], [second]],
  [["--type", "order.created"], []],
  [["--reason", "permanent"], [second]],
  [["--since", "45s"], [second]],
  [["--limit", "1"], [second]],
] as const) {
  test(`filters by ${args.join(" ")}`, async () => {
    const { log } = await shop();
    assert.deepEqual(await openIds(log, [...args]), ids);
  });
}

test("groups those that fail alike", async () => {
  const filled = await shop();
  const three = await filled.event({ id: "e-3", type: "order.completed", subject: "o-3" });
  const error = { name: "PaymentError", code: "CARD_DECLINED", message: "card 77 was declined", stack: null };
  await filled.deadLetter("billing", "create-invoice", { topic: "order", offset: three, failureId: "0198b2c4-0003", error });
  const { stdout } = await runCommand(filled.log, ["failed", "--group"]);
  assert.match(stdout, /^ +2 {2}billing\/create-invoice {6}order.completed {2}failed .* 0198b2c4-0003 .*card 77/m);
  assert.match(stdout, /^ +1 {2}notifications\/send-receipt/m);
});

test("shows one letter whole, by a part of its id, with its payload exact and what to do", async () => {
  const shop = new ShopLog();
  const offset = await shop.append({
    topic: "order",
    key: Buffer.from("o-9"),
    value: Buffer.from('{"order_id":"o-9","total":12345678901234567890,"rate":1.0}'),
    headers: [["content-type", Buffer.from("application/json")]],
  });
  await shop.deadLetter("billing", "create-invoice", { topic: "order", offset, failureId: first, reason: "undecodable" });
  const { stdout } = await runCommand(shop.log, ["failed", "0198b2c4-0001"]);
  assert.match(stdout, /^failure {5}0198b2c4-0001-7000-8000-000000000001$/m);
  assert.match(stdout, /^event {7}cannot be decoded$/m);
  assert.match(stdout, /^ {2}PaymentError: card 42 was declined\n {6}at pay \(billing\/pay.ts:7:9\)$/m);
  assert.match(stdout, /^Attempts \(4\)$/m);
  assert.match(stdout, /"total": 12345678901234567890,\n {4}"rate": 1\.0/);
  assert.match(stdout, /throughline failed 0198b2c4-0001-7000-8000-000000000001 --payload > event.json/);
});

test("gives the whole letter as JSON with exact numbers", async () => {
  const shop = new ShopLog();
  const offset = await shop.append({
    topic: "order",
    key: null,
    value: Buffer.from('{"total":12345678901234567890}'),
    headers: [],
  });
  await shop.deadLetter("billing", "create-invoice", { topic: "order", offset, failureId: first });
  const { stdout } = await runCommand(shop.log, ["failed", first, "--json"]);
  assert.match(stdout, /"data":\{"total":12345678901234567890\}/);
  assert.equal(JSON.parse(stdout).attempts.length, 4);
});

test("prints the untouched payload and nothing else", async () => {
  const { log } = await shop();
  assert.equal((await runCommand(log, ["failed", first, "--payload"])).stdout, '{"order_id":"o-1","total":1}');
});

test("a part of an id that names two letters is refused with both", async () => {
  const { log } = await shop();
  const { exitCode, stderr } = await runCommand(log, ["failed", "0198b2c4"]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /names 2 open dead letters: 0198b2c4-0001-.*, 0198b2c4-0002-.*; give more of it/);
});

test("control characters in an error message are shown, not sent to the terminal", async () => {
  const shop = new ShopLog();
  const offset = await shop.event({ id: "e-1", type: "order.completed" });
  await shop.deadLetter("billing", "create-invoice", {
    topic: "order",
    offset,
    failureId: first,
    error: { name: "Error", code: null, message: "\u001b[2Jgone\nsecond", stack: null },
  });
  const { stdout } = await runCommand(shop.log, ["failed"]);
  assert.match(stdout, /Error: \\x1b\[2Jgone second/);
});

test("records that are no dead letters do not keep the others from being shown", async () => {
  const filled = await shop();
  await filled.append({
    topic: "billing.dlt",
    key: null,
    value: Buffer.from("?"),
    headers: [["throughline-dead-letter", Buffer.from("{not json")]],
  });
  await filled.append({ topic: "throughline.receipts", key: null, value: Buffer.from("nonsense"), headers: [] });
  await filled.append({ topic: "throughline.services", key: null, value: Buffer.from("nonsense"), headers: [] });
  assert.equal((await openIds(filled.log)).length, 2);
});
