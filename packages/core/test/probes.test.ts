import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  createService,
  isThroughlineError,
  type MemoryTx,
  type Running,
  type ServiceOptions,
  systemSurroundings,
} from "../src/index.ts";
import type { Clock, EventLog } from "../src/seams/index.ts";
import { ask } from "./controls-harness.ts";
import { eventRecord, isSettled, memory, OrderUpdated, service, until } from "./harness.ts";

const numbered = (n: number, subject = "o") => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);

async function get(running: Running, path: string): Promise<{ status: number; type: string; text: string }> {
  const response = await fetch(`http://127.0.0.1:${running.probesPort}${path}`);
  return { status: response.status, type: response.headers.get("content-type") ?? "", text: await response.text() };
}

async function started(options: Partial<ServiceOptions<MemoryTx>> = {}) {
  const { log, store } = memory(1);
  await log.createTopics([{ name: "order" }]);
  const reader = service("reader", log, store, { probes: { port: 0 }, ...options });
  reader.on(OrderUpdated, "note", ({ subject }) => {
    if (subject === "bad") throw new Error("broken");
  });
  return { log, store, running: await reader.start() };
}

/** The value of a sample, by its name and labels as they stand in the text. */
function sample(text: string, nameAndLabels: string): number {
  const line = text.split("\n").find((one) => one.startsWith(`${nameAndLabels} `));
  assert.ok(line !== undefined, `${nameAndLabels} is not in\n${text}`);
  return Number(line.slice(nameAndLabels.length + 1));
}

describe("probes (R17)", () => {
  it("are closed unless somebody asks for them", async () => {
    const { log, store } = memory(1);
    await using running = await service("reader", log, store).start();
    assert.equal(running.probesPort, null);
  });

  it("say live and ready of a service that has joined, also while it is paused or behind", async () => {
    const { log, running } = await started();
    await using _running = running;
    await until("ready", async () => (await get(running, "/readyz")).status === 200);
    await ask(log, { command: "pause", handler: "*", untilMs: null });
    for (let n = 1; n <= 50; n++) await log.append([numbered(n)]);
    const { status, text } = await get(running, "/readyz");
    assert.deepEqual([status, JSON.parse(text)], [200, { ok: true, problems: ["every handler is paused by ann: an incident"] }]);
    assert.equal((await get(running, "/livez")).status, 200);
    assert.equal((await get(running, "/")).status, 404);
  });

  it("say not ready, and live, while the store is away, and again ready when it is back", async () => {
    const { store, running } = await started();
    await until("ready", async () => (await get(running, "/readyz")).status === 200);
    store.unavailable(true);
    const { status, text } = await get(running, "/readyz");
    assert.equal(status, 503);
    assert.match(text, /cannot be reached/);
    assert.equal((await get(running, "/livez")).status, 200);
    assert.match((await get(running, "/metrics")).text, /^throughline_store_up\{service="reader"\} 0$/m);
    store.unavailable(false);
    await until("ready again", async () => (await get(running, "/readyz")).status === 200);
    await running.close();
  });

  it("say not live, and still ready, while a loop stands still, and live again when it moves", async () => {
    let jumpMs = 0;
    let hold: Promise<void> | null = null;
    const gate = Promise.withResolvers<void>();
    const clock: Clock = {
      now: () => systemSurroundings.clock.now(),
      monotonic: () => systemSurroundings.clock.monotonic() + jumpMs,
      after: (delayMs, callback) => systemSurroundings.clock.after(delayMs, callback),
    };
    const { log, store } = memory(1);
    const hanging = new Proxy<EventLog>(log, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (name === "append")
          return async (records: Parameters<EventLog["append"]>[0]) => {
            if (records.some(({ topic }) => topic === "order")) await hold;
            return target.append(records);
          };
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const orders = service("orders", hanging, store, { probes: { port: 0 }, surroundings: { ...systemSurroundings, clock } });
    await using running = await orders.start();
    await until("ready", async () => (await get(running, "/readyz")).status === 200);
    hold = gate.promise;
    await orders.publish(OrderUpdated, { order_id: "o", total: 1 }, { tx: "none" });
    await until("it waits for the log", async () => {
      jumpMs += 61_000;
      return (await get(running, "/livez")).status === 503;
    });
    assert.match((await get(running, "/livez")).text, /the outbox relay stands still: it has not moved for \d+ s/);
    assert.equal((await get(running, "/readyz")).status, 200);
    gate.resolve();
    await until("live again", async () => (await get(running, "/livez")).status === 200);
  });

  it("cannot be opened on a port that is taken: the start says so", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", () => resolve()));
    const { port } = other.address() as AddressInfo;
    const problems = await started({ probes: { port } }).then(
      () => assert.fail("it started"),
      (error: unknown) => (isThroughlineError(error, "SERVICE_CANNOT_START") ? String(error.message) : ""),
    );
    assert.match(problems, new RegExp(`its probes cannot be opened on 127.0.0.1:${port} \\(EADDRINUSE\\)`));
    await new Promise((resolve) => other.close(resolve));
  });

  it("of a service that only publishes are answered, too", async () => {
    const { log } = memory(1);
    const orders = createService({ name: "orders", eventLog: log, log: { silent: true }, probes: { port: 0 } });
    await using running = await orders.start();
    assert.equal((await get(running, "/readyz")).status, 200);
    assert.match((await get(running, "/metrics")).text, /throughline_info\{service="orders"/);
  });
});

describe("metrics (R17)", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/reference/metrics.md"), "utf8");

  it("count what handlers did, and say how far they are", async () => {
    const { log, store, running } = await started({ retryDelaysMs: [5] });
    await using _running = running;
    const duplicate = numbered(1, "a");
    await log.append([duplicate, numbered(2, "a"), numbered(1, "b"), duplicate, numbered(1, "bad"), numbered(2, "bad")]);
    await until("a dead letter", () =>
      store.unitOfWork(async (unit) => (await unit.parked.counts()).some(({ state }) => state === "dead")),
    );
    await until("read to the end", async () => (await running.metrics()).includes('partition="0"} 0'));
    const { text, type } = await get(running, "/metrics");
    assert.equal(type, "text/plain; version=0.0.4; charset=utf-8");
    const of = (name: string, more = ""): number => sample(text, `${name}{service="reader",handler="note"${more}}`);
    assert.equal(of("throughline_events_applied_total"), 3);
    assert.equal(of("throughline_events_duplicate_total"), 1);
    assert.equal(of("throughline_event_failures_total"), 2);
    assert.equal(of("throughline_dead_letters_total"), 1);
    assert.equal(of("throughline_events_parked_total"), 1);
    assert.ok(of("throughline_transactions_total") >= 2);
    assert.ok(of("throughline_rollbacks_total") >= 1);
    assert.equal(of("throughline_handler_duration_seconds_count"), 3);
    assert.equal(of("throughline_handler_duration_seconds_bucket", ',le="+Inf"'), 3);
    assert.equal(of("throughline_parked_events", ',state="dead",reason="failed"'), 1);
    assert.equal(of("throughline_handler_lag_events", ',topic="order",partition="0"'), 0);
    await ask(log, { command: "pause", handler: "note", untilMs: null });
    await log.append([numbered(3, "a")]);
    const paused = await running.metrics();
    assert.equal(sample(paused, 'throughline_handler_paused{service="reader",handler="note"}'), 1);
    assert.equal(
      sample(paused, 'throughline_handler_lag_events{service="reader",handler="note",topic="order",partition="0"}'),
      1,
    );
  });

  it("of the outbox say what waits, and that nothing is left", async () => {
    const { log, store } = memory(1);
    const orders = service("orders", log, store);
    await using running = await orders.start();
    await orders.publish(OrderUpdated, { order_id: "o", total: 1 }, { tx: "none" });
    await until("sent", async () => sample(await running.metrics(), 'throughline_outbox_rows{service="orders"}') === 0);
    assert.ok(sample(await running.metrics(), 'throughline_relay_sent_total{service="orders"}') >= 1);
    assert.equal(await isSettled(log, store, []), true);
  });

  it("are those of the reference, by name and type", async () => {
    const { running, log } = await started();
    await using _running = running;
    await ask(log, { command: "limit", handler: "note", perSecond: 5, untilMs: null });
    const told = [...(await running.metrics()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    // Of the registry only those services tell that have one, of log lines those that ship them, and of the control plane it tells itself.
    const others = /^\| `throughline_(?:schema_registry_up|log_lines_\w+)`.*\n/gm;
    const [ofServices = ""] = page.replace(others, "").split("\n## ");
    const written = [...ofServices.matchAll(/^\| `(throughline_\w+)` +\| (\w+)/gm)].map(([, name, type]) => `${name} ${type}`);
    assert.deepEqual(told.toSorted(), written.toSorted());
  });
});
