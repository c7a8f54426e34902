import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { auditRecord } from "throughline/system-topics";
import { testControl } from "./control-server.ts";
import { failingBilling } from "./failing-billing.ts";

async function failures(t: TestContext) {
  const { log, publish, letters } = await failingBilling(t);
  for (let n = 0; n < 4; n++) await publish(`o-${n}`, -1 - n);
  await letters(4);
  const { app, get, indexer } = await testControl(t, log);
  await indexer.catchUp();
  const { items } = (await get("/failures?state=open")).body as {
    items: { failureId: string; group: string; handler: string }[];
  };
  const post = async (body: object) => {
    const answer = await app.inject({ method: "POST", url: "/api/v1/rehearsed-builds", payload: body });
    return { status: answer.statusCode, body: answer.json() };
  };
  const report = (outcomes: readonly string[], more: object = {}) => ({
    service: "billing",
    version: "2.4.1",
    startedAtMs: 1_700_000_000_000,
    letters: items.slice(0, outcomes.length).map(({ failureId, handler }, n) => ({
      failureId,
      handler,
      outcome: outcomes[n],
      ...(outcomes[n] === "failed" ? { error: { name: "Error", code: null, message: "<b>no account</b>" } } : {}),
    })),
    ...more,
  });
  return { log, get, post, report, indexer, items };
}

test("a rehearsal that is reported stands in the audit, and is told of its cause and service, after a rebuilt index too", async (t) => {
  const { log, get, post, report, indexer, items } = await failures(t);
  const { status, body } = await post(report(["applied", "failed", "duplicate", "calls"]));
  assert.equal(status, 201, JSON.stringify(body));
  assert.deepEqual(body.counts, { letters: 4, passed: 2, calls: 1 });
  await indexer.catchUp();
  const again = await testControl(t, log);
  await again.indexer.catchUp();
  const group = items[0]!.group;
  for (const ask of [get, again.get]) {
    const found = (await ask(`/rehearsed-builds?service=billing&group=${group}`)).body.items;
    assert.equal(found.length, 1);
    assert.deepEqual([found[0].version, found[0].counts.letters, found[0].by], ["2.4.1", 4, "local"]);
    assert.deepEqual(
      found[0].others.map(({ outcome, why }: { outcome: string; why: string | null }) => [outcome, why]),
      [
        ["failed", "Error: <b>no account</b>"],
        ["calls", null],
      ],
    );
    assert.deepEqual((await ask("/rehearsed-builds?service=billing&group=none")).body.items, []);
    assert.deepEqual((await ask("/rehearsed-builds?service=shipping")).body.items, []);
    const { items: entries } = (await ask("/audit?action=rehearse")).body;
    assert.match(entries[0].detail, /build 2\.4\.1 was rehearsed: 2 of 4 would pass, and 1 make calls/);
  }
  // It asks nobody for anything: what was rehearsed is as open as before.
  assert.equal((await get("/failures?state=open")).body.items.length, 4);
});

test("a report of another service's failures, of one letter twice, or of none is refused, and nothing is written", async (t) => {
  const { get, post, report, indexer } = await failures(t);
  const one = report(["applied"]);
  for (const [body, why] of [
    [report(["applied"], { service: "shipping" }), /is a failure of "billing", not of "shipping"/],
    [{ ...one, letters: [one.letters[0], one.letters[0]] }, /twice/],
    [{ ...one, letters: [] }, /0 letters/],
  ] as const) {
    const answer = await post(body);
    assert.equal(answer.status, 422);
    assert.equal(answer.body.code, "REHEARSAL_REPORT_INVALID");
    assert.match(answer.body.detail, why);
  }
  await indexer.catchUp();
  assert.deepEqual((await get("/audit?action=rehearse")).body.items, []);
});

test("an audit record that has not the form of a rehearsal is passed over", async (t) => {
  const { log, get, post, report, indexer } = await failures(t);
  const base = {
    action: "rehearse",
    service: "billing",
    handler: "*",
    by: "eve",
    reason: null,
    atMs: Date.now(),
    id: "x",
  } as const;
  const rehearsals = [
    undefined,
    null,
    7,
    { version: 1 },
    { ...strange, total: { letters: -1, passed: 0, calls: 0 } },
    { ...strange, others: [{}] },
  ];
  await log.append(rehearsals.map((rehearsal) => auditRecord({ ...base, rehearsal } as never)));
  assert.equal((await post(report(["applied"]))).status, 201);
  await indexer.catchUp();
  const { status, body } = await get("/rehearsed-builds?service=billing");
  assert.deepEqual([status, body.items.length], [200, 1]);
});

const strange = { version: "1", startedAtMs: 1, total: { letters: 1, passed: 1, calls: 0 }, groups: {}, others: [] };
