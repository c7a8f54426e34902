import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { ControlApp } from "@throughline/control";
import { testControl } from "./control-server.ts";
import { failingBilling, until } from "./failing-billing.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- its shape is what each test asserts
type Answer = { readonly status: number; readonly body: any };

async function api(t: TestContext, orders: number) {
  const billing = await failingBilling(t);
  for (let o = 0; o < orders; o++) await billing.publish(`o-${o}`, -1);
  await billing.letters(orders);
  const { app, indexer } = await testControl(t, billing.log);
  await indexer.catchUp();
  const post = async (path: string, body: unknown): Promise<Answer> => {
    const answer = await app.inject({ method: "POST", url: `/api/v1${path}`, payload: body as object });
    return { status: answer.statusCode, body: answer.json() };
  };
  const get = async (path: string): Promise<Answer> => {
    const answer = await app.inject({ method: "GET", url: `/api/v1${path}` });
    return { status: answer.statusCode, body: answer.json() };
  };
  return { billing, app, get, post };
}

const all = { action: "redrive", selection: { query: {} } };

test("a plan is made, looked at and confirmed, and its job followed to the end, over HTTP", async (t) => {
  const { billing, app, get, post } = await api(t, 4);
  billing.mend();
  const { status, body: plan } = await post("/redrive-plans", all);
  assert.deepEqual([status, plan.total, plan.by, plan.consumers[0].handler], [201, 4, "local", "create-invoice"]);
  assert.deepEqual((await get(`/redrive-plans/${plan.id}`)).body, plan);
  assert.deepEqual((await get(`/redrive-plans/${plan.id}/left-out`)).body, { items: [], next: null });
  assert.equal((await get(`/jobs/${plan.id}`)).status, 404);
  const confirmed = await post(`/redrive-plans/${plan.id}/confirm`, { reason: "mended", ratePerSecond: 100 });
  assert.deepEqual([confirmed.status, confirmed.body.state, confirmed.body.reason], [202, "running", "mended"]);
  const live = await liveJob(app, plan.id);
  assert.equal(live[0].id, plan.id);
  assert.deepEqual([live.at(-1).state, live.at(-1).counts], ["done", { applied: 4 }]);
  assert.deepEqual((await get("/jobs")).body.items, [live.at(-1)]);
  const first = (await get(`/jobs/${plan.id}/results?limit=3`)).body;
  const second = (await get(`/jobs/${plan.id}/results?limit=3&cursor=${first.next}`)).body;
  assert.deepEqual(
    [...first.items, ...second.items].map(({ subject, state }: { subject: string; state: string }) => `${subject} ${state}`),
    ["o-0 applied", "o-1 applied", "o-2 applied", "o-3 applied"],
  );
  assert.equal(second.next, null);
});

/** The live view of a job, from its first event to the end of the stream. */
// oxlint-disable-next-line typescript/no-explicit-any -- its shape is what each test asserts
async function liveJob(app: ControlApp, id: string): Promise<any[]> {
  const { body } = await app.inject({ method: "GET", url: `/api/v1/jobs/${id}/live` });
  return body
    .split("\n")
    .filter((line) => line.startsWith("data: "))
    .map((line) => JSON.parse(line.slice("data: ".length)) as unknown);
}

test("a job is paused, resumed and cancelled over HTTP, and a wrong order says why", async (t) => {
  const { billing, get, post } = await api(t, 5);
  billing.mend();
  const { body: plan } = await post("/redrive-plans", all);
  await post(`/redrive-plans/${plan.id}/confirm`, { ratePerSecond: 0.01 });
  const job = `/jobs/${plan.id}`;
  assert.equal((await post(`${job}/pause`, { reason: "wait" })).body.state, "paused");
  const again = await post(`${job}/pause`, {});
  assert.deepEqual([again.status, again.body.code], [409, "REDRIVE_JOB_STATE"]);
  assert.equal((await post(`${job}/continue`, {})).status, 409);
  assert.equal((await post(`${job}/resume`, {})).body.state, "running");
  assert.equal((await post(`${job}/cancel`, {})).body.state, "cancelled");
  await until("it ends", async () => (await get(job)).body.endedAtMs !== null);
  const results = (await get(`${job}/results?state=cancelled`)).body.items;
  assert.ok(results.length >= 2);
});

test("what is wrong is refused with a code, and changes nothing", async (t) => {
  const { get, post } = await api(t, 1);
  const refused = async (path: string, body: unknown): Promise<unknown[]> => {
    const answer = await post(path, body);
    return [answer.status, answer.body.code];
  };
  assert.deepEqual(await refused("/redrive-plans", { action: "redrive" }), [400, "CONTROL_REQUEST_INVALID"]);
  assert.deepEqual(await refused("/redrive-plans", { ...all, selection: { query: {}, failureIds: ["f"] } }), [
    400,
    "CONTROL_REQUEST_INVALID",
  ]);
  assert.deepEqual(await refused("/redrive-plans", { ...all, selection: { query: { servce: "billing" } } }), [
    400,
    "CONTROL_REQUEST_INVALID",
  ]);
  assert.deepEqual(await refused("/redrive-plans", { ...all, payloadBase64: "e30=" }), [400, "REDRIVE_SELECTION_INVALID"]);
  assert.deepEqual(await refused("/redrive-plans/none/confirm", {}), [404, "REDRIVE_NO_SUCH_JOB"]);
  const { body: discard } = await post("/redrive-plans", { ...all, action: "discard" });
  assert.deepEqual(await refused(`/redrive-plans/${discard.id}/confirm`, {}), [400, "REDRIVE_TERMS_INVALID"]);
  assert.deepEqual(await refused(`/redrive-plans/${discard.id}/confirm`, { ratePerSecond: 0 }), [400, "CONTROL_REQUEST_INVALID"]);
  assert.deepEqual((await get("/jobs")).body, { items: [], next: null });
  assert.equal((await get("/jobs/none/live")).status, 404);
});
