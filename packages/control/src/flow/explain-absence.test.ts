import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { noonMs, SmallLog } from "../../test/small-log.ts";
import { openSqliteIndex } from "../index-store/sqlite/open-sqlite-index.ts";
import { createIndexer } from "../indexing/indexer.ts";
import { explainAbsence } from "./explain-absence.ts";
import { findFlows } from "./index-flows.ts";

const nowMs = noonMs + 120_000;
const paymentHandler = { name: "take", types: [{ type: "order.completed", version: 1 }], streams: ["order"] };
const invoiceHandler = { name: "make-invoice", types: [{ type: "payment.captured", version: 1 }], streams: ["payment"] };

/** An order that was completed; payments would capture, and billing, which waits for that, make the invoice. */
async function shop(): Promise<SmallLog> {
  const log = new SmallLog();
  await log.event({ id: "e-1", type: "order.completed", subject: "4711" });
  await log.announce("payments", [paymentHandler], { publishes: ["payment.captured"] });
  await log.announce("billing", [invoiceHandler], { publishes: ["invoice.created"] });
  return log;
}

async function why(t: TestContext, log: SmallLog, wanted = "invoice") {
  const folder = mkdtempSync(join(tmpdir(), "why-"));
  const store = openSqliteIndex(join(folder, "index.db"));
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await createIndexer({ log: log.log, store, now: () => nowMs }).catchUp();
  const { flows, services } = await findFlows(store, { subject: "4711" }, { nowMs });
  return explainAbsence(flows[0]!, services, wanted);
}

test("why there is no invoice: what it waits for failed for good", async (t) => {
  const log = await shop();
  await log.told("payments", "take", "order", 0, { outcome: "retried", attempt: 1 });
  const error = { name: "CardError", code: "CARD_DECLINED", message: "declined", stack: null };
  await log.letter("payments", "take", "order", 0, { failureId: "f-1", error });
  await log.told("payments", "take", "order", 0, { outcome: "dead", failureId: "f-1", attempt: 4 });
  const { verdict, sentence, hop } = await why(t, log);
  assert.equal(verdict, "failed");
  assert.equal(
    sentence,
    "There is no invoice.created, for billing waits for payment.captured. There is no payment.captured: payments/take failed for good on order.completed 4711 after 4 attempts: CARD_DECLINED: declined; redrive it when its cause is mended.",
  );
  assert.equal(hop?.handler.failureId, "f-1");
});

test("a run that was put off is no attempt, and is told apart", async (t) => {
  const log = await shop();
  for (const [atMs, attempt] of [1, 2, 2, 2, 3].entries())
    await log.told("payments", "take", "order", 0, { outcome: "retried", attempt, atMs: noonMs + atMs });
  const waits = (await why(t, log, "payment")).sentence;
  await log.told("payments", "take", "order", 0, { outcome: "dead", attempt: 4, atMs: noonMs + 10 });
  const { sentence, hop } = await why(t, log, "payment");
  assert.match(waits, /3 attempts failed; put off twice/);
  assert.match(sentence, / failed for good on order\.completed 4711 after 4 attempts, put off twice: /);
  assert.deepEqual([hop?.handler.retries, hop?.handler.putOff], [3, 2]);
});

test("why there is no invoice: its handler passed the event, and nothing is known", async (t) => {
  const log = await shop();
  await log.event({ id: "e-2", type: "payment.captured", source: "payments", subject: "4711", causationId: "e-1" });
  await log.range("payments", "take", "order", 0, [100]);
  await log.range("billing", "make-invoice", "payment", 0, [null]);
  const { verdict, sentence } = await why(t, log);
  assert.equal(verdict, "missing");
  assert.match(
    sentence,
    /^There is no invoice\.created: billing\/make-invoice passed payment\.captured 4711, and no outcome is known/,
  );
});

test("why there is no invoice: its handler has not come to it, or decided against it", async (t) => {
  const log = await shop();
  await log.event({ id: "e-2", type: "payment.captured", source: "payments", subject: "4711", causationId: "e-1" });
  await log.range("payments", "take", "order", 0, [100]);
  const waits = await why(t, log);
  assert.equal(waits.verdict, "waits");
  assert.match(waits.sentence, /billing\/make-invoice has not come to payment\.captured 4711 yet/);
  await log.range("billing", "make-invoice", "payment", 0, [250]);
  const decided = await why(t, log);
  assert.equal(decided.verdict, "decided");
  assert.match(decided.sentence, /handled payment\.captured 4711 and published none/);
});

test("an index that cannot know says so, and what is there is said to be there", async (t) => {
  const log = await shop();
  assert.equal((await why(t, log)).verdict, "unknown");
  assert.equal((await why(t, log, "refund")).verdict, "nobody");
  await log.event({ id: "e-3", type: "invoice.created", source: "billing", subject: "4711" });
  const there = await why(t, log);
  assert.deepEqual([there.verdict, there.sentence], ["there", "There is one: invoice.created 4711, published by billing."]);
});

test("what was parked and then handled names no failure that nobody could be shown; what was a dead letter names it still", async (t) => {
  const parked = await shop();
  await parked.told("payments", "take", "order", 0, { outcome: "applied", failureId: "row-1", attempt: 2 });
  const mended = await shop();
  await mended.letter("payments", "take", "order", 0, { failureId: "f-1" });
  await mended.told("payments", "take", "order", 0, { outcome: "applied", failureId: "f-1", attempt: 5 });
  const named = await Promise.all([parked, mended].map(async (log) => (await why(t, log, "payment")).hop?.handler));
  assert.deepEqual(
    named.map((handler) => [handler?.outcome, handler?.failureId, handler?.error]),
    [
      ["applied", null, null],
      ["applied", "f-1", null],
    ],
  );
});
