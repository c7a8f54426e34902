import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Grant } from "../src/access/grants.ts";
import { announceOrder, orderRecord } from "./announced-order.ts";
import { asToken } from "./as-token.ts";
import { testControl } from "./control-server.ts";
import { readLive } from "./live-events.ts";
import { SmallLog } from "./small-log.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- its shape is what each test asserts
type Body = any;

/**
 * Orders publishes order.completed, which billing and analytics handle and both failed on; analytics published figure.counted because of
 * it, which mailer handles. Only orders announced a contract. Another flow is of analytics and mailer alone.
 */
async function shop(t: TestContext) {
  const small = new SmallLog();
  const atMs = Date.now();
  await announceOrder(small, "create-invoice");
  await small.announce("analytics", [{ name: "count", state: "failing", problem: "SECRET problem" }], {
    publishes: ["figure.counted"],
    atMs,
  });
  const counted = { types: [{ type: "figure.counted", version: 1 }], streams: ["figure"] };
  await small.announce("mailer", [{ name: "report", ...counted }], { atMs });
  await small.append(orderRecord('{"order_id":"o-1","total":1,"customer":{"name":"SECRET payload"}}'));
  const figure = { type: "figure.counted", source: "analytics", subject: "SECRET-figure", tenantId: "SECRET-tenant", atMs };
  await small.event({ ...figure, id: "SECRET-id", causationId: "e-1" });
  await small.event({ ...figure, id: "other", correlationId: "flow-2" });
  await small.letter("billing", "create-invoice", "order", 0, { failedAtMs: atMs });
  const error = { name: "Error", code: null, message: "SECRET error", stack: "SECRET stack" };
  await small.letter("analytics", "count", "order", 0, { failedAtMs: atMs, error });
  const { app, get, indexer } = await testControl(t, small.log);
  await indexer.catchUp();
  const as = (services: readonly string[] | null, role: Grant["role"] = "viewer") => asToken(app, [{ role, services }]);
  return { app, get, as };
}

const seenOf = ({ body }: { body: Body }) =>
  body.events.map(({ type, handlers, closedHandlers, isBehindClosed, causedBy }: Body) => [
    type,
    handlers.map(({ service, handler }: Body) => `${service}/${handler}`).join(),
    closedHandlers,
    isBehindClosed,
    causedBy,
  ]);

test("who may see billing sees its hop of a flow, and of the others a closed box", async (t) => {
  const { as, get } = await shop(t);
  const billing = await as(["billing"]);
  const flow = await billing("/flows/flow-1");
  assert.deepEqual(seenOf(flow), [["order.completed", "billing/create-invoice", 1, false, null]]);
  assert.deepEqual(flow.body.closed, { events: 1, handlers: 2 });
  assert.match(
    flow.body.sentence,
    /^Of what you may see: Not complete, .*billing\/create-invoice failed for good.* 1 event and 2 handlers of services that you may not see are closed\.$/,
  );
  assert.deepEqual(seenOf(await (await as(["mailer"]))("/flows/flow-1")), [["figure.counted", "mailer/report", 0, true, null]]);
  assert.deepEqual(seenOf(await (await as(["orders", "mailer"]))("/flows/flow-1")), [
    ["order.completed", "", 2, false, null],
    ["figure.counted", "mailer/report", 0, true, "order/0/0"],
  ]);
  const whole = await get("/flows/flow-1");
  assert.deepEqual(seenOf(whole), [
    ["order.completed", "analytics/count,billing/create-invoice", 0, false, null],
    ["figure.counted", "mailer/report", 0, false, "order/0/0"],
  ]);
  assert.deepEqual([whole.body.closed, /may see/.test(whole.body.sentence)], [{ events: 0, handlers: 0 }, false]);
});

test("a flow in which one may see nothing is not there, nor is one that is named by what one may not see", async (t) => {
  const { as } = await shop(t);
  const billing = await as(["billing"]);
  for (const id of ["flow-2", "other", "SECRET-id", "nothing-of-the-kind"]) {
    const { status, body } = await billing(`/flows/${id}`);
    assert.deepEqual([status, body.code], [404, "CONTROL_NOT_FOUND"], id);
  }
  assert.equal((await billing("/flows/e-1")).status, 200, "by the id of an event that it handles");
  const bySubject = async (subject: string) => (await billing(`/flows?subject=${subject}`)).body.flows.length;
  assert.deepEqual([await bySubject("o-1"), await bySubject("SECRET-figure")], [1, 0]);
  assert.deepEqual((await billing("/flows?subject=o-1&tenantId=SECRET-tenant")).body.flows, []);
  assert.deepEqual(
    (await billing("/flows/flow-1/traces")).body.items.map(({ key }: Body) => key),
    ["order/0/0"],
  );
  const figure = await billing("/flows/flow-1/absence?wanted=figure.counted");
  assert.match(figure.body.sentence, /^As far as you may see: No service says that it publishes an event like/);
});

test("the map has the services that one may see, and all others in one closed box", async (t) => {
  const { as, get } = await shop(t);
  const { body: map } = await (await as(["billing", "analytics"]))("/map");
  const lines = ({ edges }: Body) => edges.map(({ from, to, handler, type, health }: Body) => [from, to, handler, type, health]);
  const others = "services you may not see";
  assert.deepEqual(lines(map), [
    ["analytics", others, "", "figure.counted", "unknown"],
    [others, "analytics", "count", "order.completed", "failing"],
    [others, "billing", "create-invoice", "order.completed", "failing"],
  ]);
  assert.deepEqual(
    map.nodes.map(({ name, kind }: Body) => [name, kind]),
    [
      ["analytics", "service"],
      ["billing", "service"],
      [others, "closed"],
    ],
  );
  assert.equal((await get("/map")).body.nodes.length, 4);
});

test("events are those of topics of services that one may see, and their data asks for the right on these", async (t) => {
  const { as, get } = await shop(t);
  const orders = await as(["orders"]);
  const topics = async (ask: typeof orders, path = "/events"): Promise<string[]> => [
    ...new Set<string>((await ask(path)).body.items.map(({ topic }: Body) => topic)),
  ];
  assert.deepEqual(await topics(orders), ["order"]);
  assert.deepEqual((await topics(get)).toSorted(), ["figure", "order"]);
  assert.equal((await orders("/events/order/0/0")).status, 200);
  assert.match((await orders("/events/order/0/0")).body.payload.text ?? "", /SECRET payload/, "no personal field");
  assert.equal((await orders("/events/order/0/0?unmasked=true")).status, 403);
  assert.equal((await orders("/events/order/0/0/payload")).status, 403);
  const operator = await as(["orders"], "operator");
  assert.equal((await operator("/events/order/0/0?unmasked=true")).status, 200);
  // Nobody announced a contract for the topic "figure": an event's own word on its source gives nobody the right to see it.
  const billing = await as(["billing"], "operator");
  for (const ask of [orders, await as(["analytics"]), billing]) {
    for (const path of ["/events?topic=figure", "/events/figure/0/0", "/events?topic=order&topic=figure", "/events?topic=none"]) {
      const { status, body } = await ask(path);
      assert.deepEqual([status, body.code], [403, "ACCESS_FORBIDDEN"], path);
    }
  }
  assert.deepEqual((await billing("/events")).body, { items: [], next: null, looked: { records: 0, reachedMs: null } });
  assert.equal((await billing("/events?topic=throughline.audit")).status, 403);
});

test("no answer to who may see one service holds a word of the others, nor does what comes live", async (t) => {
  const { as, app } = await shop(t);
  const token = await app.inject({
    method: "POST",
    url: "/api/v1/tokens",
    payload: { name: "live", grants: [{ role: "operator", services: ["billing"] }], expiresAtMs: Date.now() + 3_600_000 },
  });
  const billing = await as(["billing"], "operator");
  const paths = [
    "/flows/flow-1",
    "/flows?id=flow-1",
    "/flows?subject=o-1",
    "/flows/flow-1/absence?wanted=figure.counted",
    "/flows/flow-1/absence?wanted=order.completed",
    "/flows/flow-1/traces",
    "/map",
    "/events",
    "/overview",
    "/services",
    "/search?q=SECRET",
    "/failures?service=billing",
  ];
  const bodies = await Promise.all(paths.map(async (path) => [path, JSON.stringify((await billing(path)).body)] as const));
  const url = await app.listen({ port: 0 });
  const authorization = `Bearer ${token.json<{ secret: string }>().secret}`;
  for await (const { event, data } of readLive(`${url}/api/v1/flows/flow-1/live`, { authorization })) {
    assert.equal(event, "flow");
    bodies.push(["live", JSON.stringify(data)]);
    break;
  }
  // What somebody asked for by name may come back in a sentence; nothing else.
  for (const [path, body] of bodies)
    for (const word of ["SECRET", "analytics", "mailer", "figure/0", "/count"]) {
      const asked = decodeURIComponent(path);
      if (!asked.includes(word)) assert.ok(!body.includes(word), `${path} tells of ${word}: ${body}`);
    }
});
