import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, test } from "node:test";
import * as z from "zod";
import {
  type ContractsLock,
  lockedContract,
  lockedSchemaById,
  plannedContract,
  readContractsLock,
  registeredData,
  registeredFacts,
  registeredForm,
} from "../src/contracts-lock/index.ts";
import { decodeEvent, defineEvent, type EventContract } from "../src/index.ts";
import { createService } from "../src/service/index.ts";
import { memory, OrderCompleted, OrderCreated, readAll, service, until } from "./harness.ts";

function lockOf(contracts: readonly EventContract[], registry: string | null = "http://registry:8081"): ContractsLock {
  const versions = contracts.map((contract, index) => {
    const { type, version, stream, subject, tenant, personal, description, compacted, schema } = plannedContract(contract);
    const registered = registry === null ? null : { version: 2, id: 7 + index };
    const facts = { published: true, service: "orders", owner: null, stream, subject, tenant, personal, description, compacted };
    const before = registry === null ? [] : [{ registered: { version: 1, id: 3 }, data: { type: "object" }, encoding: null }];
    const entry = { ...facts, registrySubject: `${type}.v${version}`, registered, data: schema, encoding: null, before };
    return [type, { [version]: entry }] as const;
  });
  return { lockVersion: 1, registry, contracts: Object.fromEntries(versions) };
}

const place = "http://registry:8081/subjects/order.completed.v1/versions/2/schema";

/** Where events that a service publishes say that their schema is; from a route, and from a handler. */
async function schemasOf(contractsLock: ContractsLock | string | URL): Promise<(string | null)[]> {
  const { log, store } = memory(1);
  const orders = service("orders", log, store, { contractsLock, publishes: [OrderCreated, OrderCompleted] });
  orders.on(OrderCreated, "complete", (event, ctx) => ctx.publish(OrderCompleted, event.data).then(() => undefined));
  await using _running = await orders.start();
  await orders.publish(OrderCreated, { order_id: "o-1", total: 1 }, { tx: "none" });
  const read = async (): Promise<(string | null)[]> =>
    (await readAll(log, "order")).map((record) => decodeEvent(record).dataSchema);
  let found: (string | null)[] = [];
  await until("both events are on the log", async () => (found = await read()).length === 2);
  return found;
}

describe("a service that was given the lock", () => {
  test("says of its events where their schema is, wherever they are published, and only of what is agreed", async () => {
    assert.deepEqual(await schemasOf(lockOf([OrderCompleted])), [null, place]);
  });

  test("says nothing where no registry has the schemas", async () => {
    assert.deepEqual(await schemasOf(lockOf([OrderCreated, OrderCompleted], null)), [null, null]);
  });

  test("reads it from a file, by its path or its URL", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "throughline-lock-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "contracts.lock.json");
    writeFileSync(file, JSON.stringify(lockOf([OrderCompleted])));
    assert.deepEqual(await schemasOf(file), [null, place]);
    assert.deepEqual(await schemasOf(pathToFileURL(file)), [null, place]);
  });

  test("reads the one that the environment names, unless it is given another", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "throughline-lock-"));
    process.env["THROUGHLINE_CONTRACTS_LOCK"] = join(folder, "contracts.lock.json");
    t.after(() => {
      delete process.env["THROUGHLINE_CONTRACTS_LOCK"];
      rmSync(folder, { recursive: true, force: true });
    });
    writeFileSync(join(folder, "contracts.lock.json"), JSON.stringify(lockOf([OrderCompleted], "http://from-outside")));
    const { log } = memory(1);
    const gate = createService({ name: "gate", eventLog: log, log: { silent: true }, publishes: [OrderCompleted] });
    await using _running = await gate.start();
    await gate.publish(OrderCompleted, { order_id: "o-1", total: 1 });
    const [record] = await readAll(log, "order");
    assert.equal(decodeEvent(record!).dataSchema, "http://from-outside/subjects/order.completed.v1/versions/2/schema");
    assert.deepEqual(await schemasOf(lockOf([OrderCompleted])), [null, place]);
  });

  test("says at start what is not as agreed and what to do, starts all the same, and names no schema for it", async () => {
    const Wider = defineEvent("order.completed", {
      version: 1,
      subject: "order_id",
      data: z.object({ order_id: z.string(), total: z.number(), note: z.string().optional() }),
    });
    const lines: string[] = [];
    const { log, store } = memory(1);
    const orders = service("orders", log, store, {
      contractsLock: lockOf([OrderCompleted]),
      publishes: [Wider, OrderCreated],
      log: { destination: { write: (line: string) => void lines.push(line) } },
    });
    await using _running = await orders.start();
    const warnings = lines
      .map((line) => JSON.parse(line) as { level: string; msg: string })
      .filter(({ level }) => level === "warn");
    assert.equal(warnings.length, 2);
    assert.match(
      warnings[0]?.msg ?? "",
      /contract order\.completed version 1 is not what was agreed: .*\/data\/properties\/note is only in the code/,
    );
    assert.match(warnings[0]?.msg ?? "", /throughline contracts check.*throughline contracts push/);
    assert.match(warnings[1]?.msg ?? "", /contract order\.created version 1 .*the lock does not have it/);
    await orders.publish(Wider, { order_id: "o-1", total: 0.5 }, { tx: "none" });
    await until("it is on the log", async () => (await readAll(log, "order")).length === 1);
    assert.deepEqual(
      (await readAll(log, "order")).map((record) => decodeEvent(record).dataSchema),
      [null],
    );
  });

  test("does not start where it must match, and says every contract that does not", async () => {
    const { log, store } = memory(1);
    const orders = service("orders", log, store, {
      contractsLock: lockOf([OrderCompleted]),
      contractsMustMatch: true,
      publishes: [OrderCreated, OrderCompleted],
    });
    await assert.rejects(orders.start(), {
      code: "SERVICE_CANNOT_START",
      message: /order\.created version 1 is not what was agreed: the lock does not have it.*contracts push/,
    });
  });

  test("does not start with a lock that is none, and says what is wrong with it", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "throughline-lock-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "contracts.lock.json");
    const start = async (): Promise<unknown> => {
      const { log, store } = memory(1);
      return service("orders", log, store, { contractsLock: file, publishes: [OrderCreated] }).start();
    };
    await assert.rejects(start(), { code: "SERVICE_CANNOT_START", message: /contracts\.lock\.json.* cannot be read \(ENOENT\)/ });
    for (const [text, message] of [
      ["<<<<<<< HEAD\n{}\n", /marks of a merge conflict.*contracts push/],
      ["{", /is no JSON/],
      ['{"lockVersion":2}', /a newer Throughline wrote/],
      ['{"lockVersion":1,"registry":null,"contracts":{"a.b":{"1":{"stream":3}}}}', /\/contracts\/a\.b\/1\/stream must be/],
    ] as const) {
      writeFileSync(file, text);
      await assert.rejects(start(), { code: "SERVICE_CANNOT_START", message });
    }
  });

  test("without a store says so, too", async () => {
    const { log } = memory(1);
    const gate = createService({
      name: "gate",
      eventLog: log,
      log: { silent: true },
      contractsLock: lockOf([OrderCompleted]),
      publishes: [OrderCompleted],
    });
    await using _running = await gate.start();
    await gate.publish(OrderCompleted, { order_id: "o-1", total: 1 });
    assert.deepEqual(
      (await readAll(log, "order")).map((record) => decodeEvent(record).dataSchema),
      [place],
    );
  });
});

describe("the lock", () => {
  test("is found by type and version, and by an id of any schema that a version had", () => {
    const lock = lockOf([OrderCreated, OrderCompleted]);
    assert.equal(lockedContract(lock, "order.completed", 1)?.registered?.id, 8);
    assert.equal(lockedContract(lock, "order.completed", 2), null);
    assert.equal(lockedContract(lock, "constructor", 1), null);
    assert.equal(lockedSchemaById(lock, 8)?.type, "order.completed");
    assert.deepEqual(lockedSchemaById(lock, 3)?.schema.data, { type: "object" });
    assert.equal(lockedSchemaById(lock, 99), null);
  });

  test("is taken as parsed JSON, and one with more in it than is known", () => {
    const lock = lockOf([OrderCompleted]);
    assert.deepEqual(readContractsLock(JSON.parse(JSON.stringify(lock)) as object), lock);
    assert.ok(readContractsLock({ ...lock, more: 1 }));
  });

  test("what is registered of a contract is for readers, says what it is, and reads back as the publishers' schema", () => {
    const [locked] = Object.values(lockOf([OrderCompleted]).contracts["order.completed"] ?? {});
    const form = registeredForm("order.completed", 1, locked!);
    const registered = JSON.parse(form.schema) as Record<string, unknown>;
    assert.equal(registered["additionalProperties"], undefined);
    assert.deepEqual(registeredFacts(form), {
      type: "order.completed",
      version: 1,
      service: "orders",
      owner: null,
      stream: "order",
      subject: "order_id",
      tenant: null,
      personal: [],
      description: null,
    });
    assert.deepEqual(registeredData(form), JSON.parse(JSON.stringify(OrderCompleted.schema)));
    for (const foreign of [{}, { "x-throughline": 1 }, { "x-throughline": { type: "a.b", version: "1" } }])
      assert.equal(registeredFacts({ schemaType: "JSON", schema: JSON.stringify(foreign) }), null);
  });
});
