import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import {
  createMemoryLog,
  createMemoryStore,
  createService,
  defineEvent,
  defineReader,
  jsonSchema,
  type MemoryLog,
} from "throughline";
import { runCommand } from "./run-command.ts";

interface Order {
  order_id: string;
  total: number;
  email: string;
}
const text = { type: "string" };
const OrderCompleted = defineEvent<"order.completed", Order>("order.completed", {
  version: 1,
  subject: "order_id",
  data: {
    type: "object",
    properties: { order_id: text, total: { type: "integer" }, email: text },
    required: ["order_id", "total", "email"],
  },
});
const reading = (name: "total" | "email") =>
  defineReader(OrderCompleted, {
    data: jsonSchema<Partial<Order>>({
      type: "object",
      properties: { [name]: OrderCompleted.schema["properties"]![name as never] },
      required: [name],
    }),
  });

/** The code of two services, as a deploy would have it. */
function code(t: TestContext, orders: string, mails: string): string {
  const folder = mkdtempSync(join(import.meta.dirname, "deploys-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const imports = `import { createMemoryLog, createMemoryStore, createService, defineEvent, defineReader, jsonSchema } from "throughline";
    const eventLog = (): never => { throw new Error("opened"); };
    const text = { type: "string" }, whole = { type: "integer" };
    const order = (properties: Record<string, object>, required: string[], more: object = {}) =>
      defineEvent<"order.completed", { order_id: string }>("order.completed", {
        version: 1, subject: "order_id", data: { type: "object", properties: { order_id: text, ...properties }, required: ["order_id", ...required] }, ...more });\n`;
  writeFileSync(join(folder, "orders.service.ts"), `${imports} ${orders}`);
  writeFileSync(join(folder, "mails.service.ts"), `${imports} ${mails}`);
  return folder;
}

const publishing = (contract: string): string =>
  `void createService({ name: "orders", version: "2.0.0", eventLog, publishes: [${contract}] }).start();`;
const mailing = (field: string): string => `
  const mails = createService({ name: "mails", version: "2.0.0", eventLog, store: createMemoryStore(), from: "latest" });
  mails.on(defineReader(order({}, []), { data: jsonSchema<object>({ properties: { ${field}: text }, required: ["${field}"] }) }), "send-receipt", () => undefined);
  void mails.start();`;

/** What runs: orders, billing that reads the total, and mails that reads the address. */
async function shop(t: TestContext, names: readonly string[] = ["orders", "billing", "mails"]): Promise<MemoryLog> {
  const log = createMemoryLog({ defaultPartitions: 1 });
  const of = (name: string) =>
    createService({
      name,
      version: "1.0.0",
      eventLog: log,
      store: createMemoryStore(),
      from: "earliest",
      publishes: name === "orders" ? [OrderCompleted] : [],
      log: { silent: true },
    });
  const billing = of("billing").on(reading("total"), "create-invoice", () => undefined);
  const mails = of("mails").on(reading("email"), "send-receipt", () => undefined);
  for (const service of [of("orders"), billing, mails].filter(({ name }) => names.includes(name))) {
    const running = await service.start();
    t.after(() => running.close());
  }
  return log;
}

const run = (log: MemoryLog, args: string[]) =>
  runCommand(log, args, { nowMs: Date.now(), env: { PATH: process.env["PATH"] ?? "" } });

describe("can-deploy", () => {
  test("says yes where nobody reads what changes", async (t) => {
    const log = await shop(t);
    const folder = code(
      t,
      publishing(`order({ total: whole, email: text, note: text }, ["total", "email", "note"])`),
      mailing("email"),
    );
    const { stdout, exitCode, stderr } = await run(log, ["can-deploy", "orders", folder]);
    assert.equal(stderr, "There is no contracts.lock.json: what may still stand in the log was not asked.\n");
    assert.equal(
      stdout,
      `orders: yes
It was compared with 2 running handlers of what it publishes, and 0 handlers of its own with what they will read.
`,
    );
    assert.equal(exitCode, 0);
  });

  test("says no, names who breaks and why, and what to deploy first", async (t) => {
    const log = await shop(t);
    const folder = code(t, publishing(`order({ total: whole, mail: text }, ["total", "mail"])`), mailing("mail"));
    const { stdout, exitCode } = await run(log, ["can-deploy", "orders", folder]);
    assert.equal(
      stdout,
      `orders: no
It was compared with 2 running handlers of what it publishes, and 0 handlers of its own with what they will read.

It would break:
  mails 1.0.0, handler "send-receipt" reads order.completed version 1:
    "/email" must be there in mails 1.0.0, handler "send-receipt"; orders does not require it (required_added of /email, at /required of its schema)
    The code of mails at hand is not broken by it: deploy mails first.
`,
    );
    assert.equal(exitCode, 1);
    const json = (await run(log, ["can-deploy", "orders", folder, "--json"])).json();
    assert.deepEqual(
      [json.answer, json.breaks.length, json.breaks[0].consumer, json.breaks[0].kind, json.breaks[0].path],
      ["no", 1, { service: "mails", version: "1.0.0", handler: "send-receipt" }, "required_added", "/email"],
    );
    assert.equal(json.lock, null);
    assert.deepEqual(
      json.running.map((each: { service: string; tells: boolean }) => [each.service, each.tells]),
      [
        ["billing", true],
        ["mails", true],
        ["orders", true],
      ],
    );
    // Read first, then published: the consumer's new version cannot read what runs now.
    const first = await run(log, ["can-deploy", "mails", folder]);
    assert.match(
      first.stdout,
      /^mails: no\n.*"\/mail" must be there in mails 2\.0\.0, handler "send-receipt"; orders 1\.0\.0 does not/s,
    );
    assert.equal(first.exitCode, 1);
  });

  test("asks the lock what may still stand in the log", async (t) => {
    const log = await shop(t, ["orders"]);
    const folder = code(t, publishing(`order({ total: whole, email: text }, ["total", "email"])`), mailing("email"));
    const lock = join(folder, "contracts.lock.json");
    const older = {
      published: true,
      service: "orders",
      owner: null,
      stream: "order",
      subject: "order_id",
      tenant: null,
      personal: [],
      description: null,
      compacted: false,
      registrySubject: "order.completed.v1",
      registered: null,
      data: OrderCompleted.schema,
      encoding: null,
      before: [
        { registered: null, data: { type: "object", properties: { order_id: text }, required: ["order_id"] }, encoding: null },
      ],
    };
    writeFileSync(lock, JSON.stringify({ lockVersion: 1, registry: null, contracts: { "order.completed": { 1: older } } }));
    const found = await run(log, ["can-deploy", "mails", folder, "--lock", lock]);
    assert.match(
      found.stdout,
      /"\/email" must be there in mails 2\.0\.0, handler "send-receipt"; version 1 as it was agreed does not/,
    );
    assert.equal(found.exitCode, 1);
    assert.equal((await run(log, ["can-deploy", "mails", folder, "--lock", join(folder, "none.json")])).exitCode, 0);
  });

  test("cannot tell of a consumer that never announced itself, and goes on only if told so", async (t) => {
    const log = await shop(t);
    const group = await log.connect().subscribe({
      group: "legacy-reports",
      topics: ["order"],
      onAssigned: async (partitions) => partitions.map(() => null),
      onBatch: async () => undefined,
      onRevoked: async () => undefined,
      onLost: () => undefined,
      onError: () => undefined,
    });
    t.after(() => group.close());
    const folder = code(t, publishing(`order({ total: whole, email: text, note: text }, ["total", "email"])`), mailing("email"));
    const found = await run(log, ["can-deploy", "orders", folder]);
    assert.match(
      found.stdout,
      /^orders: cannot tell\n.*legacy-reports reads order\.completed version 1:.*never announced itself/s,
    );
    assert.equal(found.exitCode, 1);
    assert.equal((await run(log, ["can-deploy", "orders", folder, "--allow-unknown"])).exitCode, 0);
  });

  test("says which services there are where it is asked for another", async (t) => {
    const folder = code(t, publishing("order({}, [])"), mailing("email"));
    const { stderr, exitCode } = await run(createMemoryLog(), ["can-deploy", "order", folder]);
    assert.match(stderr, /no service "order" is in .*; name one of mails, orders/);
    assert.equal(exitCode, 1);
    assert.match((await run(createMemoryLog(), ["can-deploy", "--help"])).stdout, /--allow-unknown/);
  });
});

describe("contracts check --against-consumers", () => {
  test("names every running consumer that what is in the code would break, after what was agreed", async (t) => {
    const log = await shop(t);
    const folder = code(t, publishing(`order({ total: text }, ["total"])`), mailing("email"));
    const lock = ["--lock", join(folder, "contracts.lock.json")];
    await run(log, ["contracts", "push", folder, "--lock-only", ...lock]);
    const alone = await run(log, ["contracts", "check", folder, ...lock]);
    assert.equal(alone.exitCode, 0, alone.stdout + alone.stderr);
    const { stdout, exitCode } = await run(log, ["contracts", "check", folder, "--against-consumers", ...lock]);
    assert.match(stdout, /^# Consumers: 2 handlers would break$/m);
    assert.match(
      stdout,
      /^- billing 1\.0\.0, handler "create-invoice" reads order\.completed version 1:\n  - "\/total" must be integer/m,
    );
    assert.match(stdout, /^- mails 1\.0\.0, handler "send-receipt" reads/m);
    assert.equal(exitCode, 1);
    const json = (await run(log, ["contracts", "check", folder, "--against-consumers", "--json", ...lock])).json();
    assert.deepEqual(json.consumers.breaks.map((each: { consumer: { service: string } }) => each.consumer.service).toSorted(), [
      "billing",
      "mails",
    ]);
  });

  test("is well where none breaks", async (t) => {
    const log = await shop(t);
    const folder = code(t, publishing(`order({ total: whole, email: text }, ["total", "email"])`), mailing("email"));
    const lock = ["--lock", join(folder, "contracts.lock.json")];
    await run(log, ["contracts", "push", folder, "--lock-only", ...lock]);
    const { stdout, exitCode } = await run(log, ["contracts", "check", folder, "--against-consumers", ...lock]);
    assert.match(stdout, /^# Consumers: none breaks\n\nCompared with 2 running handlers/m);
    assert.equal(exitCode, 0);
  });
});
