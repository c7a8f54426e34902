import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { announceOrder, orderRecord } from "./announced-order.ts";
import { testControl } from "./control-server.ts";
import { readLive } from "./live-events.ts";
import { eventRecord, SmallLog } from "./small-log.ts";

interface Item {
  readonly key: string;
  readonly event: { readonly id: string; readonly type: string } | null;
}
const idsOf = (items: readonly Item[]) => items.map(({ event }) => event?.id ?? null);

/** Two topics whose events come in turns. */
async function browsed(t: TestContext, count = 6) {
  const small = new SmallLog();
  await announceOrder(small);
  const began = Date.now() - 60_000;
  for (let n = 0; n < count; n++) {
    const atMs = began + n * 1_000;
    const tenantId = n % 3 === 0 ? "acme" : "zenith";
    if (n % 2 === 0)
      await small.append(
        orderRecord(`{"order_id":"o-${n}","total":${n},"customer":{"email":"ada${n}@example.org"}}`, {
          id: `e-${n}`,
          subject: `o-${n}`,
          tenantId,
          atMs,
        }),
      );
    else await small.event({ id: `e-${n}`, type: "invoice.created", source: "billing", subject: `o-${n}`, tenantId, atMs });
  }
  const control = await testControl(t, small.log);
  await control.indexer.catchUp();
  return { small, began, ...control };
}

test("events come newest first or oldest first, and a page goes on where the one before it ended", async (t) => {
  const { get, small } = await browsed(t);
  for (const [order, wanted] of [
    ["newest", [5, 4, 3, 2, 1, 0]],
    ["oldest", [0, 1, 2, 3, 4, 5]],
  ] as const) {
    const seen: string[] = [];
    let next: string | null = null;
    do {
      const { body }: { body: { items: Item[]; next: string | null } } = await get(
        `/events?order=${order}&limit=2${next === null ? "" : `&cursor=${next}`}`,
      );
      seen.push(...(idsOf(body.items) as string[]));
      next = body.next;
      // What comes meanwhile is on none of the next pages that go back in time.
      if (order === "newest") await small.event({ id: "late", type: "order.updated", atMs: Date.now() });
    } while (next !== null);
    assert.deepEqual(
      seen.filter((id) => id !== "late"),
      wanted.map((n) => `e-${n}`),
    );
    if (order === "newest") assert.ok(!seen.includes("late"));
  }
});

test("events are found by topic, type, subject, tenant, source and time", async (t) => {
  const { get, began } = await browsed(t);
  const found = async (query: string) => idsOf((await get(`/events?order=oldest&${query}`)).body.items);
  assert.deepEqual(await found("topic=invoice"), ["e-1", "e-3", "e-5"]);
  assert.deepEqual(await found("type=order.*"), ["e-0", "e-2", "e-4"]);
  assert.deepEqual(await found("subject=o-3"), ["e-3"]);
  assert.deepEqual(await found("tenantId=acme"), ["e-0", "e-3"]);
  assert.deepEqual(await found("source=billing&tenantId=acme"), ["e-3"]);
  assert.deepEqual(await found(`sinceMs=${began + 2_000}&untilMs=${began + 4_000}`), ["e-2", "e-3"]);
  assert.deepEqual(await found("topic=throughline.services"), []);
});

test("a text is found in what is shown of the data: a personal value only by who may see it", async (t) => {
  const { get } = await browsed(t);
  const found = async (query: string) => idsOf((await get(`/events?${query}`)).body.items);
  assert.deepEqual(await found("text=o-4"), ["e-4"]);
  assert.deepEqual(await found("text=ADA2@example.org"), []);
  assert.deepEqual(await found("text=ADA2@example.org&unmasked=true"), ["e-2"]);
});

test("one event is shown whole, and what is none as what it is", async (t) => {
  const { get, small, app } = await browsed(t);
  await small.append({ topic: "order", key: null, value: Buffer.from("no event"), headers: [] });
  const { body } = await get("/events/order/0/1");
  assert.equal(body.record.event.id, "e-2");
  assert.equal(body.flow, "flow-1");
  assert.match(body.traceparent, /^00-/);
  assert.deepEqual(body.contract.problems, []);
  assert.deepEqual(body.payload.masked, ["/customer/email"]);
  const foreign = (await get("/events/order/0/3")).body;
  assert.equal(foreign.record.event, null);
  assert.equal(foreign.payload.kind, "hidden");
  assert.equal(typeof foreign.problem, "string");
  const raw = await app.inject({ url: "/api/v1/events/order/0/3/payload" });
  assert.equal(raw.body, "no event");
  for (const path of ["/events/order/0/99", "/events/order/7/0", "/events/nothing/0/0", "/events/throughline.services/0/0"])
    assert.equal((await get(path)).status, 404, path);
  assert.equal((await get("/events?cursor=AAAA")).body.code, "CONTROL_REQUEST_INVALID");
});

test("a live tail shows what comes, and counts what is more than it shows", async (t) => {
  const { app, small } = await browsed(t, 1);
  const url = await app.listen({ port: 0 });
  const seen: string[] = [];
  let leftOut = 0;
  for await (const { event, data } of readLive(`${url}/api/v1/events/live?type=order.*&perSecond=5`)) {
    if (event === "open")
      await small.append(
        ...Array.from({ length: 50 }, (_, n) => eventRecord({ id: `new-${n}`, type: "order.updated", atMs: Date.now() })),
        eventRecord({ id: "other", type: "invoice.created" }),
      );
    if (event === "event") seen.push((data as Item).event!.id);
    if (event === "left-out") leftOut += (data as { count: number }).count;
    if (seen.length + leftOut >= 50) break;
  }
  assert.ok(leftOut >= 40, `${leftOut} left out`);
  assert.ok(seen.length >= 5 && seen.every((id) => id.startsWith("new-")));
});

test("a flow has the traces of its events beside it, and is found by a tenant's subject alone", async (t) => {
  const small = new SmallLog();
  await small.append(orderRecord("{}", { id: "e-1", subject: "o-1", tenantId: "acme" }));
  await small.event({ id: "e-2", type: "invoice.created", atMs: Date.now() });
  await small.event({
    id: "e-3",
    type: "order.completed",
    subject: "o-1",
    correlationId: "flow-2",
    tenantId: "zenith",
    atMs: Date.now(),
  });
  const { get, indexer } = await testControl(t, small.log);
  await indexer.catchUp();
  const { body } = await get("/flows/flow-1/traces");
  assert.deepEqual(body.items.map(({ key, traceId }: { key: string; traceId: string | null }) => [key, traceId]).toSorted(), [
    ["invoice/0/0", null],
    ["order/0/0", "4bf92f3577b34da6a3ce929d0e0e4736"],
  ]);
  assert.equal((await get("/flows/nothing/traces")).status, 404);
  const flowsOf = async (query: string) =>
    (await get(`/flows?subject=o-1${query}`)).body.flows.map(({ correlationId }: { correlationId: string }) => correlationId);
  assert.deepEqual((await flowsOf("")).toSorted(), ["flow-1", "flow-2"]);
  assert.deepEqual(await flowsOf("&tenantId=zenith"), ["flow-2"]);
});
