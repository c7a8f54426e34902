import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import {
  createService,
  defineEvent,
  type MemoryLog,
  runWithCorrelation,
  type ServiceOptions,
  type MemoryTx,
} from "../src/index.ts";
import { logsTopic, readShippedLines, type ShippedLine, type ShippedLines } from "../src/system-topics/index.ts";
import { eventRecord, memory, OrderCompleted, readAll, service, until } from "./harness.ts";

async function withOrders(): Promise<ReturnType<typeof memory>> {
  const parts = memory();
  await parts.log.createTopics([{ name: "order" }]);
  return parts;
}

/** A service that ships its lines, and what it writes itself. */
function shipping(parts: ReturnType<typeof memory>, options: Partial<ServiceOptions<MemoryTx>> = {}) {
  const written: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void written.push(JSON.parse(line) as Record<string, unknown>) };
  return {
    written,
    billing: service("billing", parts.log, parts.store, { log: { destination, ship: true }, version: "1.4.0", ...options }),
  };
}

async function records(log: MemoryLog): Promise<ShippedLines[]> {
  return (await readAll(log, logsTopic)).map(({ value }) => readShippedLines(value)!);
}
const lines = async (log: MemoryLog): Promise<ShippedLine[]> => (await records(log)).flatMap((record) => record.lines);
const line = async (log: MemoryLog, message: string): Promise<ShippedLine> => {
  await until(`"${message}" is shipped`, async () => (await lines(log)).some((one) => one.message === message));
  return (await lines(log)).find((one) => one.message === message)!;
};

test("a handler's line stands in the log with its event, handler, attempt, story, trace and fields", async () => {
  const parts = await withOrders();
  const { billing, written } = shipping(parts);
  billing.on(OrderCompleted, "create-invoice", (event, ctx) => ctx.log.warn({ total: event.data.total }, "expensive"));
  await using _ = await billing.start();
  await parts.log.append([eventRecord(OrderCompleted, { order_id: "o-1", total: 7 }, null, { id: "e-1" })]);
  const shipped = await line(parts.log, "expensive");
  const own = written.find(({ msg }) => msg === "expensive")!;
  assert.deepEqual(shipped, {
    atMs: own["time"],
    level: "warn",
    message: "expensive",
    handler: "create-invoice",
    correlationId: "c-o-1",
    eventId: "e-1",
    attempt: 1,
    fields: { total: 7 },
  });
  const [record] = await records(parts.log);
  assert.deepEqual([record?.service, record?.version, record?.instance], ["billing", "1.4.0", own["instance"]]);
});

test("what a rolled-back attempt logged is shipped with its mark and the number of the attempt", async () => {
  const parts = await withOrders();
  const { billing } = shipping(parts);
  let runs = 0;
  billing.on(OrderCompleted, "create-invoice", (_, ctx) => {
    ctx.log.info(`run ${++runs}`);
    if (runs < 3) throw new Error("not yet");
  });
  await using _ = await billing.start();
  await parts.log.append([eventRecord(OrderCompleted, { order_id: "o-1", total: 7 }, null)]);
  const last = await line(parts.log, "run 3");
  const [first, second] = [await line(parts.log, "run 1"), await line(parts.log, "run 2")];
  assert.deepEqual([first.attempt, second.attempt, last.attempt], [1, 2, 3]);
  assert.deepEqual([first.rolledBack, second.rolledBack, last.rolledBack], [true, true, undefined]);
});

test("a call and a set-based handler name the event that each line is about", async () => {
  const parts = await withOrders();
  const { billing } = shipping(parts);
  billing.on(
    OrderCompleted,
    "charge",
    {
      call: async (_event, ctx) => ctx.log.info("charging"),
      commit: async (_result, _event, ctx) => ctx.log.info("charged"),
    },
    { replay: "run" },
  );
  billing.onBatch(OrderCompleted, "count", (events, ctx) => {
    for (const event of events) ctx.logFor(event).info("counting");
  });
  await using _ = await billing.start();
  await parts.log.append([eventRecord(OrderCompleted, { order_id: "o-1", total: 7 }, null, { id: "e-9" })]);
  for (const [message, handler] of [
    ["charging", "charge"],
    ["charged", "charge"],
    ["counting", "count"],
  ] as const) {
    const found = await line(parts.log, message);
    assert.deepEqual([found.eventId, found.correlationId, found.handler], ["e-9", "c-o-1", handler], message);
    assert.equal(found.fields, undefined, message);
  }
});

test("personal values are masked in what is shipped, wherever they stand", async () => {
  const email = "ada@example.org";
  const Placed = defineEvent("order.placed", {
    version: 1,
    subject: "order_id",
    data: z.object({ order_id: z.string(), total: z.int(), email: z.string() }),
    personal: ["email"],
  });
  const parts = await withOrders();
  const { billing } = shipping(parts);
  billing.on(Placed, "mail", ({ data }, ctx) => {
    ctx.log.info({ to: data.email, data, handler: data.email, eventId: data.email }, `mail to ${data.email}`);
    ctx.log.error(new Error(`no mailbox ${data.email}`));
  });
  await using _ = await billing.start();
  const data = { order_id: "o-1", total: 7, email };
  await parts.log.append([eventRecord(Placed, data, null, { id: "e-1" })]);
  await line(parts.log, "no mailbox [personal]");
  assert.equal(JSON.stringify(await records(parts.log)).includes(email), false);
  const shipped = await line(parts.log, "mail to [personal]");
  // What a caller names like ours neither takes its place nor is lost.
  assert.deepEqual([shipped.handler, shipped.eventId], ["mail", "e-1"]);
});

test("lines of a request are shipped with its story, those before the start too, and none below the level", async () => {
  const parts = await withOrders();
  const { billing } = shipping(parts, { log: { destination: { write: () => {} }, level: "debug", ship: { level: "warn" } } });
  billing.log.warn("early");
  billing.on(OrderCompleted, "create-invoice", () => {});
  const running = await billing.start();
  runWithCorrelation({ correlationId: "checkout-42", tenantId: "t1" }, () => {
    billing.log.info("fine");
    billing.log.error({ code: 7 }, "bad");
  });
  await running.close();
  const shipped = await lines(parts.log);
  assert.deepEqual(
    shipped.map(({ message, correlationId, tenantId, fields }) => [message, correlationId, tenantId, fields]),
    [
      ["early", undefined, undefined, undefined],
      ["bad", "checkout-42", "t1", { code: 7 }],
    ],
  );
});

test("without the option nothing is shipped, no topic is made, and nothing is announced of it", async () => {
  const parts = memory();
  const quiet = service("billing", parts.log, parts.store).on(OrderCompleted, "create-invoice", () => {});
  await (await quiet.start()).close();
  assert.equal(
    (await parts.log.topics()).some(({ name }) => name === logsTopic),
    false,
  );
  const said = async () => (await readAll(parts.log, "throughline.services")).map(({ value }) => String(Buffer.from(value!)));
  assert.equal(
    (await said()).some((text) => text.includes("shipsLogs")),
    false,
  );
  const { billing } = shipping(parts);
  billing.on(OrderCompleted, "create-invoice", () => {});
  await using _ = await billing.start();
  assert.ok((await said()).some((text) => text.includes('"shipsLogs":{"level":"info"}')));
  assert.ok((await parts.log.topics()).some(({ name, retentionMs }) => name === logsTopic && retentionMs === 7 * 86_400_000));
});

test("a service without a store ships its lines, too", async () => {
  const { log } = memory();
  const orders = createService({ name: "orders", eventLog: log, log: { destination: { write: () => {} }, ship: true } });
  const running = await orders.start();
  runWithCorrelation({ correlationId: "c-1" }, () => orders.log.info("placed"));
  assert.match(await running.metrics(), /throughline_log_lines_dropped_total\{service="orders"\} 0/);
  assert.match(await running.metrics(), /^# TYPE throughline_log_lines_shipped_total counter$/m);
  await running.close();
  assert.ok((await lines(log)).some(({ message, correlationId }) => message === "placed" && correlationId === "c-1"));
});

test("shipping that cannot be is refused at the start, with every reason", async () => {
  const parts = memory();
  const ship = { level: "loud" as "info", maxLinesPerSecond: 0.5 };
  const { billing } = shipping(parts, { log: { silent: true, ship } });
  await assert.rejects(billing.start(), (error: Error) => {
    assert.match(error.message, /log\.ship\.level is "loud", which is no level; use one of trace, debug/);
    assert.match(error.message, /log\.ship\.maxLinesPerSecond is 0\.5; use a whole number from 2 on/);
    return true;
  });
});
