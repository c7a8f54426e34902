import assert from "node:assert/strict";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { type Alert, type AlertChannel, createAudit, slackChannel } from "@throughline/control";
import { readTopic } from "@throughline/control/reading";
import { testControl, type TestControl } from "./control-server.ts";
import { Fleet, type Reader } from "./fleet.ts";

interface Watched extends TestControl {
  readonly fleet: Fleet;
  readonly reader: Reader;
  send(method: "POST" | "DELETE", path: string, body?: object): ReturnType<TestControl["get"]>;
}

const pager: AlertChannel = { name: "pager", kind: "test", target: "pager.example.com", send: async () => undefined };

/** Billing, which may be 10 events behind, and the API on what watches it. */
async function watched(t: TestContext, channels: readonly AlertChannel[] = [pager]): Promise<Watched> {
  const fleet = new Fleet();
  await fleet.topic("order");
  const reader = await fleet.reader("billing", ["order"]);
  await reader.read(0);
  const { log, surroundings } = fleet;
  const rules = { default: { maxBehind: 10 }, groups: { "batch-*": { maxBehind: null } } };
  const watcher = await fleet.watch({ channels, rules });
  const parts = { lag: { watcher, store: fleet.store }, surroundings, audit: createAudit({ log, surroundings }) };
  const control = await testControl(t, log, parts);
  t.after(() => fleet[Symbol.asyncDispose]());
  return {
    ...control,
    fleet,
    reader,
    send: async (method, path, body) => {
      const answer = await control.app.inject({ method, url: `/api/v1${path}`, ...(body ? { payload: body } : {}) });
      return { status: answer.statusCode, body: answer.body === "" ? null : answer.json() };
    },
  };
}

async function auditOf({ fleet }: Watched): Promise<unknown[]> {
  const entries: unknown[] = [];
  for await (const { value } of readTopic(fleet.log, "throughline.audit")) {
    const { action, about, by, reason, outcome } = JSON.parse(Buffer.from(value!).toString());
    entries.push([action, about, by, reason, ...(outcome === undefined ? [] : [outcome])]);
  }
  return entries;
}

async function openIncident({ fleet, get }: Watched): Promise<string> {
  await fleet.publish("order", 30);
  await fleet.run(20);
  const { body } = await get("/incidents?open=true");
  assert.equal(body.items.length, 1);
  return body.items[0].id;
}

test("whoever acknowledges an incident is named by it and by the audit", async (t) => {
  const control = await watched(t);
  const id = await openIncident(control);
  const { status, body } = await control.send("POST", `/incidents/${id}/acknowledge`, { note: "mine" });
  assert.equal(status, 200);
  const acknowledgement = { by: "local", note: "mine", atMs: control.fleet.nowMs };
  assert.deepEqual(body.acknowledgement, acknowledgement);
  const { body: shown } = await control.get(`/incidents/${id}`);
  assert.deepEqual(shown.incident.acknowledgement, acknowledgement);
  assert.deepEqual(
    shown.deliveries.map(({ kind, channel, state }: Record<string, string>) => [kind, channel, state]),
    [["alert", "pager", "delivered"]],
  );
  assert.deepEqual(await auditOf(control), [["acknowledge", "billing", "local", "mine"]]);
});

test("an incident that has ended, or that there is not, cannot be acknowledged", async (t) => {
  const control = await watched(t);
  const id = await openIncident(control);
  await control.fleet.run(90, () => control.reader.read(100));
  const { status, body } = await control.send("POST", `/incidents/${id}/acknowledge`, {});
  assert.deepEqual([status, body.code], [409, "CONTROL_ENDED"]);
  const unknown = await control.send("POST", "/incidents/i-0/acknowledge", {});
  assert.deepEqual([unknown.status, unknown.body.code], [404, "CONTROL_NOT_FOUND"]);
  assert.deepEqual(await auditOf(control), []);
});

test("a silence is made, counts, is shown with its rule, and ends when it is told to", async (t) => {
  const control = await watched(t);
  const { fleet } = control;
  const made = await control.send("POST", "/silences", {
    groups: "bill*",
    untilMs: fleet.nowMs + 3_600_000,
    reason: "import",
  });
  assert.equal(made.status, 201);
  assert.deepEqual((await control.get("/silences")).body.items, [made.body]);
  assert.deepEqual((await control.get("/lag-rules/billing")).body.silences, [made.body]);
  await openIncident(control);
  assert.deepEqual((await control.get("/deliveries")).body.items, []);
  assert.equal((await control.send("DELETE", `/silences/${made.body.id}`)).status, 204);
  await fleet.run(10);
  assert.equal((await control.get("/deliveries")).body.items.length, 1);
  assert.equal((await control.send("DELETE", `/silences/${made.body.id}`)).status, 404);
  assert.deepEqual(await auditOf(control), [
    ["silence", "bill*", "local", "import"],
    ["unsilence", "bill*", "local", null],
  ]);
});

test("a silence needs a reason and an end that is to come, within 90 days", async (t) => {
  const control = await watched(t);
  const { nowMs } = control.fleet;
  const whole = { groups: "billing", untilMs: nowMs + 1000, reason: "import" };
  for (const wrong of [
    { reason: " " },
    { reason: undefined },
    { untilMs: nowMs - 1 },
    { fromMs: nowMs + 2000 },
    { untilMs: nowMs + 91 * 86_400_000 },
    { groups: "" },
    { untilMs: 1e300 },
    { fromMs: -1 },
    { by: "eva" },
  ]) {
    const { status, body } = await control.send("POST", "/silences", { ...whole, ...wrong });
    assert.deepEqual([status, body.code], [400, "CONTROL_REQUEST_INVALID"], JSON.stringify(wrong));
  }
  assert.deepEqual(await auditOf(control), []);
});

test("nothing is silenced that could not be written down", async (t) => {
  const control = await watched(t);
  const { fleet } = control;
  const audit = () => Promise.reject(Object.assign(new Error("no"), { code: "CONTROL_AUDIT_UNWRITTEN" }));
  const parts = { lag: { watcher: fleet.watcher, store: fleet.store }, surroundings: fleet.surroundings, audit };
  const { app, get } = await testControl(t, fleet.log, parts);
  const payload = { groups: "billing", untilMs: fleet.nowMs + 1000, reason: "import" };
  const { statusCode } = await app.inject({ method: "POST", url: "/api/v1/silences", payload });
  assert.ok(statusCode >= 500);
  assert.deepEqual((await get("/silences")).body.items, []);
});

test("a channel is shown by its host, tried by a test, and says why it takes nothing", async (t) => {
  const tried: Alert[] = [];
  const works: AlertChannel = { ...pager, send: async (alert) => void tried.push(alert) };
  const url = "https://hooks.example.com/services/T0/B0/veryverysecret";
  const team = slackChannel({
    name: "team",
    url,
    resolveHost: (_name, answer) => answer(null, [{ address: "10.0.0.1", family: 4 }]),
  });
  const control = await watched(t, [works, team]);
  const { body } = await control.get("/channels");
  assert.deepEqual(
    body.items.map(({ name, kind, target }: Record<string, string>) => [name, kind, target]),
    [
      ["pager", "test", "pager.example.com"],
      ["team", "slack", "hooks.example.com"],
    ],
  );
  assert.doesNotMatch(JSON.stringify(body), /veryverysecret/);
  const good = await control.send("POST", "/channels/pager/test");
  assert.deepEqual([good.status, good.body.ok, tried[0]?.kind], [200, true, "test"]);
  assert.match(tried[0]!.title, /asked for by local/);
  const bad = await control.send("POST", "/channels/team/test");
  assert.deepEqual([bad.status, bad.body.ok], [200, false]);
  assert.match(bad.body.sentence, /10\.0\.0\.1 is an address of the inside/);
  assert.doesNotMatch(bad.body.sentence, /veryverysecret/);
  assert.equal((await control.send("POST", "/channels/nobody/test")).status, 404);
  assert.deepEqual(await auditOf(control), [
    ["test-alert", "pager", "local", null],
    ["test-alert", "team", "local", null],
  ]);
});

test("deliveries go on where their page ended, by channel and by incident", async (t) => {
  const control = await watched(t, [pager, { ...pager, name: "mail" }]);
  const id = await openIncident(control);
  await control.fleet.run(90, () => control.reader.read(100));
  const seen: string[] = [];
  for (let next: string | null = ""; next !== null;) {
    const { body } = await control.get(`/deliveries?incident=${id}&limit=3${next === "" ? "" : `&cursor=${next}`}`);
    seen.push(...body.items.map(({ channel, kind }: Record<string, string>) => `${channel} ${kind}`));
    next = body.next;
  }
  assert.deepEqual(seen, ["mail recovery", "pager recovery", "mail alert", "pager alert"]);
  const { body: mail } = await control.get("/deliveries?channel=mail");
  assert.deepEqual(
    mail.items.map(({ kind }: Record<string, string>) => kind),
    ["recovery", "alert"],
  );
  assert.deepEqual((await control.get("/channels")).body.items[1].counts, { waiting: 0, delivered: 2, givenUp: 0 });
});

test("the rules are shown, and which of them a group has", async (t) => {
  const control = await watched(t);
  const { body: rules } = await control.get("/lag-rules");
  assert.equal(rules.default.maxBehind, 10);
  assert.deepEqual(rules.default.escalation, [{ afterMs: 0, channels: ["pager"] }]);
  assert.deepEqual(rules.groups[0].pattern, "batch-*");
  const { body: nightly } = await control.get("/lag-rules/batch-nightly");
  assert.deepEqual([nightly.pattern, nightly.rule.maxBehind, nightly.rule.opensAfterSamples], ["batch-*", null, 2]);
  assert.equal((await control.get("/lag-rules/billing")).body.pattern, null);
});

test("what is watched live hears of a sample, an incident and an acknowledgement", async (t) => {
  const control = await watched(t);
  const url = await control.app.listen({ port: 0 });
  const leaving = new AbortController();
  const response = await fetch(`${url}/api/v1/incidents/live`, { signal: leaving.signal });
  const seen: { lag: { groups: { behind: number }[] }; incidents: { id: string; acknowledgement: object | null }[] }[] = [];
  const wanted = new EventTarget();
  const reading = (async () => {
    let text = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
        text = text.slice(end + 2);
        if (data !== undefined) seen.push(JSON.parse(data));
        wanted.dispatchEvent(new Event("sent"));
      }
    }
  })().catch(() => undefined);
  const until = async (isThere: () => boolean): Promise<void> => {
    while (!isThere()) await once(wanted, "sent");
  };
  await until(() => seen.length > 0);
  const id = await openIncident(control);
  await until(() => seen.at(-1)!.incidents[0]?.id === id);
  assert.equal(seen.at(-1)!.lag.groups[0]!.behind, 30);
  await control.send("POST", `/incidents/${id}/acknowledge`, {});
  await until(() => seen.at(-1)!.incidents[0]!.acknowledgement !== null);
  leaving.abort();
  await reading;
});
