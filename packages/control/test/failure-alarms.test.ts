import assert from "node:assert/strict";
import { test } from "node:test";
import { systemSurroundings } from "throughline";
import {
  type FailingCause,
  failuresOfIndex,
  indexFile,
  type IncidentView,
  openSqliteIndex,
  openSqliteLagStore,
  type ReadFailures,
  startLagWatcher,
} from "../src/index.ts";
import { incidentLink } from "../src/server/incident-link.ts";
import { until } from "./failing-billing.ts";
import { testControl } from "./control-server.ts";
import { Fleet } from "./fleet.ts";
import { SmallLog } from "./small-log.ts";

const minute = 60;

/** What the index would say, as the test wants it. */
class Failures {
  readonly unanswered = new Map<string, FailingCause>();
  isBehind = false;
  isWhole = true;
  readonly #fleet: Fleet;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  readonly read: ReadFailures = async () => ({
    causes: [...this.unanswered.values()].filter(({ unanswered }) => unanswered > 0),
    isBehind: this.isBehind,
    isWhole: this.isWhole,
  });

  set(name: string, unanswered: number, more: Partial<FailingCause> = {}): void {
    const [service = "", handler = "", error = ""] = name.split("/");
    const cause = { fingerprint: name, service, handler, error, lastMs: this.#fleet.nowMs, owner: "team-warehouse", since: null };
    this.unanswered.set(name, { ...cause, unanswered, ...more });
  }
}

async function watched(
  options: Parameters<Fleet["watch"]>[0] = {},
): Promise<{ fleet: Fleet; failures: Failures } & AsyncDisposable> {
  const fleet = new Fleet();
  const failures = new Failures(fleet);
  await fleet.watch({
    failures: failures.read,
    linkTo: ({ failures }) => `http://console/${failures?.causes.join("+")}`,
    ...options,
  });
  return { fleet, failures, [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose]() };
}

test("one failed event is one alert within 15 s, and one recovery when all of its cause are answered", async () => {
  await using watch = await watched();
  const { fleet, failures } = watch;
  await fleet.run(20);
  const failedAtMs = fleet.nowMs;
  failures.set("inventory/move-stock/TypeError", 1, { since: { version: "1.1.0", deployedAtMs: failedAtMs - 1000 } });
  await fleet.run(15);
  assert.deepEqual(fleet.toldKinds, ["inventory alert"]);
  const [alert] = fleet.told;
  assert.equal(alert!.title, "inventory/move-stock failed for good on 1 event, with TypeError.");
  assert.equal(alert!.about, "failures");
  assert.equal(alert!.url, "http://console/inventory/move-stock/TypeError");
  assert.match(
    alert!.lines.join("\n"),
    /^It fails so since version 1\.1\.0, .*\nteam-warehouse looks after it\.\nThey wait until/,
  );
  for (const [count, seconds] of [
    [6, 5 * minute],
    [3, minute],
    [0, 20],
    [2, minute],
  ] as const) {
    failures.set("inventory/move-stock/TypeError", count);
    await fleet.run(seconds);
  }
  assert.deepEqual(fleet.toldKinds, ["inventory alert"], "it was well for 20 s only");
  failures.set("inventory/move-stock/TypeError", 0);
  await fleet.run(45);
  assert.deepEqual(fleet.toldKinds, ["inventory alert", "inventory recovery"]);
  assert.match(
    fleet.told[1]!.title,
    /^No failed event of inventory\/move-stock waits for an answer any more, after \d+m \d+s\.$/,
  );
  assert.match(fleet.told[1]!.lines[0]!, /6 events waited/);
  assert.equal(fleet.told[1]!.incidentId, alert!.incidentId);
  await fleet.run(10 * minute);
  assert.equal(fleet.told.length, 2);
});

test("causes that come together are one alert; a new cause is another one, five minutes after the last of its service at the earliest", async () => {
  await using watch = await watched();
  const { fleet, failures } = watch;
  failures.set("inventory/move-stock/TypeError", 4);
  failures.set("inventory/restock/RangeError", 9);
  failures.set("billing/invoice/TypeError", 1);
  await fleet.run(20);
  assert.deepEqual(fleet.toldKinds.toSorted(), ["billing alert", "inventory alert"]);
  const both = fleet.told.find(({ group }) => group === "inventory")!;
  assert.equal(both.title, "inventory failed for good on 13 events, for 2 causes.");
  assert.deepEqual(both.lines.slice(0, 2), ["move-stock: 4 events with TypeError.", "restock: 9 events with RangeError."]);
  failures.set("inventory/move-stock/SyntaxError", 2);
  failures.set("inventory/move-stock/EvalError", 2);
  await fleet.run(4 * minute);
  assert.equal(fleet.told.length, 2);
  await fleet.run(minute);
  assert.equal(fleet.told.length, 3);
  assert.equal(fleet.told[2]!.title, "inventory/move-stock failed for good on 4 events, for 2 causes.");
  failures.set("inventory/move-stock/TypeError", 0);
  failures.set("inventory/restock/RangeError", 0);
  await fleet.run(45);
  assert.deepEqual(fleet.toldKinds.slice(3), ["inventory recovery"], "each incident ends by itself");
});

test("a service has a limit of its own, or none, and at half of it the incident ends", async () => {
  await using watch = await watched({ rules: { groups: { "batch-*": { maxFailures: 100 }, lab: { maxFailures: null } } } });
  const { fleet, failures } = watch;
  failures.set("lab/try/Error", 5_000);
  failures.set("batch-1/run/Error", 100);
  await fleet.run(minute);
  assert.deepEqual(fleet.toldKinds, []);
  failures.set("batch-1/run/Error", 101);
  await fleet.run(minute);
  failures.set("batch-1/run/Error", 51);
  await fleet.run(minute);
  assert.deepEqual(fleet.toldKinds, ["batch-1 alert"]);
  failures.set("batch-1/run/Error", 50);
  await fleet.run(minute);
  assert.deepEqual(fleet.toldKinds, ["batch-1 alert", "batch-1 recovery"]);
});

test("restarts of the control plane repeat no alert and lose no recovery", async () => {
  await using watch = await watched();
  const { fleet, failures } = watch;
  failures.set("inventory/move-stock/TypeError", 6);
  await fleet.run(20);
  await fleet.kill();
  await fleet.watch({ failures: failures.read });
  await fleet.run(minute);
  assert.deepEqual(fleet.toldKinds, ["inventory alert"]);
  failures.set("inventory/move-stock/TypeError", 0);
  await fleet.run(10);
  await fleet.kill();
  await fleet.watch({ failures: failures.read });
  await fleet.run(90);
  assert.deepEqual(fleet.toldKinds, ["inventory alert", "inventory recovery"]);
});

test("while the index is behind, old failures begin no incident, new ones do, and none ends", async () => {
  await using watch = await watched();
  const { fleet, failures } = watch;
  await fleet.run(30 * minute);
  failures.isBehind = true;
  failures.set("billing/invoice/Error", 80, { lastMs: fleet.nowMs - 20 * minute * 1000 });
  failures.set("inventory/move-stock/TypeError", 1);
  await fleet.run(minute);
  assert.deepEqual(fleet.toldKinds, ["inventory alert"]);
  failures.set("inventory/move-stock/TypeError", 0);
  await fleet.run(5 * minute);
  assert.deepEqual(fleet.toldKinds, ["inventory alert"], "what answers them may not be all that there is");
  failures.isBehind = false;
  failures.set("billing/invoice/Error", 0);
  failures.isWhole = false;
  await fleet.run(minute);
  assert.deepEqual(fleet.toldKinds, ["inventory alert"], "the cause may be one of those that were not read");
  failures.isWhole = true;
  await fleet.run(minute);
  assert.deepEqual(fleet.toldKinds, ["inventory alert", "inventory recovery"]);
});

test("a silence keeps it back, whoever acknowledges ends its escalation, and lag of the same service is an incident of its own", async () => {
  const told: string[] = [];
  const channel = (name: string) => ({
    name,
    kind: "test",
    send: async ({ kind, title }: { kind: string; title: string }) => void told.push(`${name}: ${kind}: ${title}`),
  });
  await using watch = await watched({
    channels: [channel("team"), channel("pager")],
    rules: {
      default: {
        escalation: [
          { afterMs: 0, channels: ["team"] },
          { afterMs: 600_000, channels: ["pager"] },
        ],
      },
    },
  });
  const { fleet, failures } = watch;
  await fleet.topic("order");
  await (await fleet.reader("inventory", ["order"])).read(0);
  const untilMs = fleet.nowMs + 60_000;
  await fleet.store.silence({ id: "s-1", groups: "inv*", fromMs: fleet.nowMs, untilMs, reason: "deploy", by: "eva" });
  failures.set("inventory/move-stock/TypeError", 6);
  await fleet.run(50);
  assert.deepEqual(told, []);
  await fleet.run(30);
  assert.deepEqual(told, ["team: alert: inventory/move-stock failed for good on 6 events, with TypeError."]);
  await fleet.publish("order", 20_000);
  await fleet.run(20);
  assert.equal(told.length, 2);
  assert.match(told[1]!, /^team: alert: inventory is 20,000 events behind/);
  const open = await fleet.store.incidents({ isOpen: true });
  assert.deepEqual(open.map(({ cause }) => cause).toSorted(), ["behind", "failures"]);
  const { id } = open.find(({ cause }) => cause === "behind")!;
  await fleet.store.acknowledge(id, { by: "eva", note: null, atMs: fleet.nowMs });
  await fleet.run(12 * minute);
  assert.equal(told.length, 3);
  assert.match(
    told[2]!,
    /^pager: escalation: inventory\/move-stock has 6 events that failed for good still unanswered, 1\dm \d+s after its incident began, and nobody has acknowledged it\.$/,
  );
});

test("failures that cannot be read are a problem of the watcher, and hold back no alert of lag", async () => {
  const unreadable: ReadFailures = async () => {
    throw new Error("the index is locked");
  };
  await using watch = await watched({ failures: unreadable });
  const { fleet } = watch;
  await fleet.topic("order");
  await (await fleet.reader("billing", ["order"])).read(0);
  await fleet.publish("order", 20_000);
  await fleet.run(20);
  assert.deepEqual(fleet.toldKinds, ["billing alert"]);
  assert.equal(fleet.watcher.problem, "the index is locked");
});

test("over HTTP, whoever takes the problem takes its incident, and whoever takes the incident has the problem", async (t) => {
  const small = new SmallLog();
  const store = await openSqliteLagStore(":memory:");
  let read: ReadFailures = async () => ({ causes: [], isBehind: true, isWhole: true });
  const watcher = startLagWatcher({
    log: small.log,
    store,
    surroundings: systemSurroundings,
    everyMs: 50,
    failures: (nowMs) => read(nowMs),
  });
  const control = await testControl(t, small.log, { lag: { watcher, store } });
  const index = openSqliteIndex(indexFile(control.dataDir));
  t.after(async () => {
    await watcher.close();
    await store.close();
    await index.close();
  });
  read = failuresOfIndex(index);
  for (const [n, service] of ["billing", "inventory"].entries()) {
    await small.event({ id: `e-${n}`, type: "order.created", subject: "o-1" });
    await small.letter(service, "handle", "order", n, { failedAtMs: Date.now() });
  }
  await control.indexer.catchUp();
  const open = async (): Promise<IncidentView[]> => (await control.get("/incidents?open=true")).body.items;
  await until("both services have an incident", async () => (await open()).length === 2);
  const incidents = await open();
  const of = (service: string): IncidentView => incidents.find(({ group }) => group === service)!;
  assert.deepEqual(of("billing").failures?.handlers, ["handle"]);
  assert.equal(of("billing").failures?.worstUnanswered, 1);
  const send = (url: string, note: string) => control.app.inject({ method: "POST", url: `/api/v1${url}`, payload: { note } });
  const problem = encodeURIComponent(`failures:${of("billing").failures!.causes[0]!}`);
  assert.equal((await send(`/overview/problems/${problem}/acknowledgement`, "by the problem")).statusCode, 200);
  assert.equal((await send(`/incidents/${of("inventory").id}/acknowledge`, "by the incident")).statusCode, 200);
  await control.indexer.catchUp();
  const taken = (await open()).map(({ group, acknowledgement }) => [group, acknowledgement?.note]).toSorted();
  assert.deepEqual(taken, [
    ["billing", "by the problem"],
    ["inventory", "by the incident"],
  ]);
  const { broken } = (await control.get("/overview")).body;
  const problems = broken.filter(({ kind }: { kind: string }) => kind === "failures");
  assert.deepEqual(
    problems
      .map(({ service, acknowledged }: { service: string; acknowledged: { note: string } }) => [service, acknowledged.note])
      .toSorted(),
    taken,
  );
});

test("an alert leads to its cause, to the causes of its service, or to its group, below where people reach the page", () => {
  const link = incidentLink(() => new URL("https://throughline.example.com"));
  const failures = (...causes: string[]) => ({ causes, handlers: ["h"], unansweredAtOpen: 1, worstUnanswered: 1 });
  assert.deepEqual(
    [
      link({ id: "i-1", group: "inventory", failures: failures("a/b") }),
      link({ id: "i-1", group: "in&out", failures: failures("a", "b") }),
      link({ id: "i-1", group: "bil/ling" }),
    ],
    [
      "https://throughline.example.com/failures/groups/a%2Fb?incident=i-1",
      "https://throughline.example.com/failures?service=in%26out&incident=i-1",
      "https://throughline.example.com/lag/bil%2Fling?incident=i-1",
    ],
  );
  assert.equal(incidentLink(() => null)({ id: "i-1", group: "billing" }), null);
});
