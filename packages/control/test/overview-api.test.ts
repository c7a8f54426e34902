import assert from "node:assert/strict";
import { test } from "node:test";
import { asToken } from "./as-token.ts";
import { announceOrder, orderRecord } from "./announced-order.ts";
import { testControl } from "./control-server.ts";
import { readLive } from "./live-events.ts";
import { SmallLog } from "./small-log.ts";

interface Problem {
  readonly id: string;
  readonly kind: string;
  readonly sentence: string;
}

const hourMs = 3_600_000;

/** Billing 1.1.0 fails where 1.0.0 did not; a handler of analytics has stopped; the mailer is silent; the outbox of orders stands. */
async function brokenShop() {
  const small = new SmallLog();
  const atMs = Date.now();
  await announceOrder(small);
  await small.announce("billing", [{ name: "create-invoice" }], {
    version: "1.0.0",
    startedAtMs: atMs - 5 * hourMs,
    atMs: atMs - 3 * hourMs,
  });
  await small.announce("billing", [{ name: "create-invoice" }], { version: "1.1.0", startedAtMs: atMs - 2 * hourMs, atMs });
  await small.announce("analytics", [{ name: "count", state: "stopped", problem: "the topic was created anew" }], { atMs });
  await small.announce("mailer", [], { atMs: atMs - 10 * 60_000 });
  await small.announce("orders", [], {
    atMs,
    instance: "orders-1",
    outbox: { waiting: 40, oldestMs: atMs - 300_000, stoppedSubjects: 0 },
  });
  for (let n = 0; n < 12; n++) {
    await small.append(orderRecord("{}", { id: `e-${n}`, subject: `o-${n}`, tenantId: n < 9 ? "acme" : "zenith" }));
    await small.letter("billing", "create-invoice", "order", n, {
      serviceVersion: "1.1.0",
      failedAtMs: atMs - 60_000 + n,
      error: { name: "TypeError", code: null, message: `no total of order ${n}`, stack: null },
    });
  }
  // The receipts' topic is there: what has no receipt is missing, not unknown.
  await small.told("billing", "create-invoice", "order", 0, { outcome: "dead", failureId: "failure-billing-0", atMs });
  return small;
}

test("the overview leads with the worst, says since which version, who is hurt, what changed and what is safe", async (t) => {
  const small = await brokenShop();
  const { get, indexer } = await testControl(t, small.log);
  await indexer.catchUp();
  const { status, body } = await get("/overview");
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.blind, null);
  const kinds = body.broken.map(({ kind }: Problem) => kind);
  assert.deepEqual(kinds.toSorted(), ["failures", "handler-stopped", "outbox-waiting", "service-silent"]);
  const [worst] = body.broken;
  assert.equal(worst.kind, "failures");
  assert.match(body.headline, /^billing\/create-invoice failed for good on 12 events with TypeError/);
  assert.match(worst.sentence, /since version 1\.1\.0; 12 in the last hour/);
  assert.deepEqual([worst.trend, worst.sinceVersion, worst.owner, worst.count], ["rising", "1.1.0", "team-billing", 12]);
  assert.ok(worst.actions.some(({ kind }: { kind: string }) => kind === "pause"));
  assert.deepEqual(
    body.hurt.tenants.map(({ tenantId, unanswered }: { tenantId: string; unanswered: number }) => [tenantId, unanswered]),
    [
      ["acme", 9],
      ["zenith", 3],
    ],
  );
  assert.equal(body.hurt.services[0].service, "billing");
  assert.match(
    body.changed.find(({ kind }: { kind: string }) => kind === "deploy").sentence,
    /^billing 1\.1\.0 was deployed, after 1\.0\.0/,
  );
  assert.match(body.safe[0].sentence, /1\.1\.0 runs, which fails so: mend create-invoice first/);
  assert.equal(body.safe[0].isSafe, false);
  const redrives = (problem: { actions: { kind: string }[] }) => problem.actions.filter(({ kind }) => kind === "redrive").length;
  assert.equal(redrives(worst), 0, "what should wait is not offered");
  const states = Object.fromEntries(body.normal.map(({ what, state }: { what: string; state: string }) => [what, state]));
  assert.equal(states["failures"], "not-normal");
  assert.equal(states["services"], "not-normal");

  await small.announce("billing", [{ name: "create-invoice" }], { version: "1.1.1", startedAtMs: Date.now(), atMs: Date.now() });
  await indexer.catchUp();
  const after = (await get("/overview")).body;
  assert.match(
    after.safe[0].sentence,
    /^Redrive 12 events to billing\/create-invoice: billing 1\.1\.1 runs, which has not failed so/,
  );
  assert.equal(after.safe[0].isSafe, true);
  assert.equal(redrives(after.broken.find(({ id }: { id: string }) => id === worst.id)), 1);
  // What has stopped is not rising, however many the hour had.
  const ended = after.broken.find(({ kind }: Problem) => kind === "failures");
  assert.deepEqual([ended.trend, ended.severity], ["falling", "warning"]);
  assert.ok(!ended.actions.some(({ kind }: { kind: string }) => kind === "pause"));
});

test("an open breaker is a fact of the failures that it comes with, and a problem of its own without any", async (t) => {
  const small = await brokenShop();
  const { get, indexer } = await testControl(t, small.log);
  const failing = { name: "create-invoice", state: "failing", parked: 33, behind: 3, problem: "15 of 21 events failed" } as const;
  const atMs = Date.now();
  await small.announce("billing", [failing], { version: "1.1.0", startedAtMs: atMs - 2 * hourMs, atMs });
  await small.announce("mailer", [{ ...failing, name: "send" }], { atMs });
  await indexer.catchUp();
  const { broken } = (await get("/overview")).body;
  const of = (service: string) => broken.filter((one: { service: string }) => one.service === service);
  assert.deepEqual(
    of("billing").map(({ kind, count }: { kind: string; count: number }) => [kind, count]),
    [["failures", 12]],
  );
  assert.match(of("billing")[0].sentence, /Most of its events fail, so it takes one new event a second; 33 events are parked\.$/);
  assert.deepEqual(
    of("mailer").map(({ kind, count }: { kind: string; count: number }) => [kind, count]),
    [["handler-failing", 33]],
  );
  assert.equal(of("mailer")[0].sentence, "mailer/send fails on most events: 15 of 21 events failed. 33 events are parked.");
});

test("the overview says that a cause is back, since which version, and tells what is open from what was answered", async (t) => {
  const small = await brokenShop();
  const { get, indexer } = await testControl(t, small.log);
  const atMs = Date.now();
  for (let n = 0; n < 12; n++)
    await small.told("billing", "create-invoice", "order", n, {
      outcome: "applied",
      failureId: `failure-billing-${n}`,
      version: "1.1.1",
      atMs: atMs - 30_000,
    });
  await small.announce("billing", [{ name: "create-invoice" }], { version: "1.2.0", startedAtMs: atMs - 20_000, atMs });
  await small.append(orderRecord("{}", { id: "e-12", subject: "o-12", tenantId: "acme" }));
  await small.letter("billing", "create-invoice", "order", 12, {
    serviceVersion: "1.2.0",
    failedAtMs: atMs - 10_000,
    error: { name: "TypeError", code: null, message: "no total of order 12", stack: null },
  });
  await indexer.catchUp();
  const { broken } = (await get("/overview")).body;
  const failed = broken.find(({ kind }: Problem) => kind === "failures");
  assert.match(
    failed.sentence,
    /on 1 event with .*, back since version 1\.2\.0; first seen with 1\.1\.0; 13 in the last hour, answered or not\.$/,
  );
  assert.deepEqual([failed.sinceVersion, failed.sinceMs, failed.trend], ["1.2.0", atMs - 20_000, "rising"]);
});

test("what is wrong for one tenant is asked for by its name", async (t) => {
  const { log } = await brokenShop();
  const { get, indexer } = await testControl(t, log);
  await indexer.catchUp();
  const { body } = await get("/overview?tenantId=zenith");
  assert.deepEqual(
    body.broken.map(({ kind }: Problem) => kind),
    ["failures"],
  );
  assert.deepEqual(body.hurt.tenants, [{ tenantId: "zenith", unanswered: 3, groups: 1 }]);
  assert.deepEqual([body.broken[0].count, body.hurt.unanswered, body.hurt.services[0].unanswered], [3, 3, 3]);
  assert.match(body.broken[0].sentence, /failed for good on 3 events of zenith with .* in the last hour of all tenants/);
  assert.match(body.safe[0].sentence, /a redrive of 3 events/);
  const nobody = (await get("/overview?tenantId=nobody")).body;
  assert.deepEqual([nobody.broken, nobody.hurt.services], [[], []]);
  assert.equal(nobody.headline, "No event of nobody failed for good. 3 problems are of no single tenant.");
  // What is wrong for everybody is not normal for one.
  const outboxes = nobody.normal.find(({ what }: { what: string }) => what === "outboxes");
  assert.equal(outboxes.state, "not-normal");
});

test("a handler that waits for a topic says for which, leads nothing, and is a warning once it has lasted", async (t) => {
  const small = new SmallLog();
  const atMs = Date.now();
  const waiting = { name: "count-gifts", state: "waiting", streams: ["gift"], problem: "no topic" } as const;
  await small.announce("analytics", [waiting, { name: "count" }], { atMs, startedAtMs: atMs - 60_000 });
  await small.append(orderRecord("{}"));
  await small.told("analytics", "count", "order", 0, { atMs });
  const { get, indexer } = await testControl(t, small.log);
  await indexer.catchUp();
  const early = (await get("/overview")).body;
  assert.equal(early.headline, "Nothing is broken.");
  assert.deepEqual(
    early.broken.map(({ kind, severity }: { kind: string; severity: string }) => [kind, severity]),
    [["handler-waiting", "notice"]],
  );
  assert.match(early.broken[0].sentence, /^analytics\/count-gifts waits for the topic gift, which does not exist yet\./);
  const handlers = early.normal.find(({ what }: { what: string }) => what === "handlers");
  assert.deepEqual(
    [handlers.state, handlers.sentence],
    ["normal", "1 of 2 handlers are live; 1 waits for topics that do not exist yet."],
  );
  await small.announce("analytics", [waiting, { name: "count" }], { atMs: atMs + 1, startedAtMs: atMs - 3 * hourMs });
  await indexer.catchUp();
  const late = (await get("/overview")).body;
  assert.equal(late.broken[0].severity, "warning");
  assert.match(late.headline, /^analytics\/count-gifts has waited 3 hours for the topic gift/);
  assert.equal(late.normal.find(({ what }: { what: string }) => what === "handlers").state, "not-normal");
});

test("an index that is behind, or has no receipts, calls nothing normal and nothing well", async (t) => {
  const small = new SmallLog();
  await small.announce("billing", [{ name: "create-invoice" }], { atMs: Date.now() });
  await small.append(orderRecord("{}"));
  const { get, indexer } = await testControl(t, small.log);
  const headlines = [(await get("/overview")).body];
  await indexer.catchUp();
  headlines.push((await get("/overview")).body);
  for (const { headline, normal } of headlines) {
    assert.match(headline, /^Whether anything is broken is unknown: /);
    // Lag is sampled from the log itself.
    for (const { what, state } of normal) if (what !== "lag") assert.equal(state, "unknown", what);
  }
  assert.match(headlines[0].headline, /the index is empty/);
  assert.match(headlines[1].headline, /they are off/);
  await small.told("billing", "create-invoice", "order", 0, { atMs: Date.now() });
  await indexer.catchUp();
  const { body } = await get("/overview");
  assert.equal(body.headline, "Nothing is broken.");
  assert.deepEqual(
    body.normal.filter(({ what }: { what: string }) => what !== "lag").map(({ state }: { state: string }) => state),
    // The first event came just now: how many come is not known yet.
    ["normal", "normal", "normal", "normal", "unknown"],
  );
});

test("a problem that somebody takes on is theirs, in the audit and in an index that is rebuilt, and no longer leads", async (t) => {
  const small = await brokenShop();
  const { get, app, indexer } = await testControl(t, small.log);
  await indexer.catchUp();
  const [worst] = (await get("/overview")).body.broken as Problem[];
  const url = `/api/v1/overview/problems/${encodeURIComponent(worst!.id)}/acknowledgement`;
  const answer = await app.inject({ method: "POST", url, payload: { note: "I am on it" } });
  assert.equal(answer.statusCode, 200, answer.body);
  assert.equal(answer.json().acknowledged.note, "I am on it");
  for (const move of [() => indexer.catchUp(), () => indexer.rebuild()]) {
    await move();
    const { broken, headline } = (await get("/overview")).body;
    const mine = broken.find(({ id }: Problem) => id === worst!.id);
    assert.deepEqual([mine.acknowledged.by, mine.acknowledged.note], ["local", "I am on it"]);
    assert.equal(broken.at(-1).id, worst!.id);
    assert.ok(!headline.startsWith("billing/create-invoice"));
  }
  const nothing = await app.inject({ method: "POST", url: "/api/v1/overview/problems/nothing/acknowledgement", payload: {} });
  assert.equal(nothing.statusCode, 404);
});

test("an overview that is watched comes again when something changed", async (t) => {
  const small = await brokenShop();
  const { app, indexer } = await testControl(t, small.log);
  await indexer.catchUp();
  const url = await app.listen({ port: 0 });
  const counts: number[] = [];
  for await (const { data } of readLive(`${url}/api/v1/overview/live`)) {
    counts.push((data as { hurt: { unanswered: number } }).hurt.unanswered);
    if (counts.at(-1) === 11) break;
    await small.told("billing", "create-invoice", "order", 3, {
      outcome: "applied",
      failureId: "failure-billing-3",
      atMs: Date.now(),
    });
    await indexer.catchUp();
  }
  assert.equal(counts[0], 12);
});

test("who may see one service sees what is wrong with it, and nothing of others", async (t) => {
  const { log } = await brokenShop();
  const { app, indexer } = await testControl(t, log);
  await indexer.catchUp();
  const analyst = await asToken(app, [{ role: "viewer", services: ["analytics"] }]);
  const { body } = await analyst("/overview");
  assert.deepEqual(
    body.broken.map(({ kind }: Problem) => kind),
    ["handler-stopped"],
  );
  assert.doesNotMatch(JSON.stringify(body), /billing|mailer|acme/);
  assert.deepEqual(
    (await analyst("/services")).body.items.map(({ service }: { service: string }) => service),
    ["analytics"],
  );
  assert.deepEqual((await analyst("/search?q=billing")).body.hits, []);
  assert.equal((await analyst("/services/billing")).status, 403);
});
