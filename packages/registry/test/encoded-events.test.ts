import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  createMemoryLog,
  createMemoryStore,
  createService,
  defineEvent,
  defineReader,
  type EventContract,
  jsonSchema,
  type MemoryLog,
  type MemoryTx,
  type Service,
  type ServiceOptions,
  systemSurroundings,
} from "throughline";
import { plannedContract, registeredForm, registrySubjectOf, type ContractsLock } from "throughline/contracts";
import { isThroughlineError, type LogRecord, type SchemaRegistry, type Surroundings } from "throughline/seams";
import { readContracts, readDeadLetter, redriveRecord, commandRecord, servicesTopic } from "throughline/system-topics";
import * as z from "zod";
import { avro } from "../src/encodings/avro/index.ts";
import { protobuf } from "../src/encodings/protobuf/index.ts";
import { openSchemaRegistry, startRegistry } from "../src/index.ts";

const data = z.object({ order_id: z.string(), total: z.int(), note: z.string().optional() });
const fields = [
  { name: "order_id", type: "string" },
  { name: "total", type: "long" },
  { name: "note", type: ["null", "string"], default: null },
];
const record = { type: "record", name: "Order", fields };
const order = { version: 1, subject: "order_id", data } as const;
const AvroOrder = defineEvent("order.avro", { ...order, encoding: avro(record) });
const ProtoOrder = defineEvent("order.proto", {
  ...order,
  encoding: protobuf('syntax = "proto3"; message Order { string order_id = 1; int64 total = 2; optional string note = 3; }'),
});
const JsonOrder = defineEvent("order.json", order);

async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const endsAt = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endsAt) throw new Error(`it did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function readAll(log: MemoryLog, topic: string): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for (const { partition, end } of await log.offsets(topic).catch(() => []))
    for await (const batch of log.read({ topic, partition, fromOffset: 0, toOffset: end })) found.push(...batch);
  return found;
}

/** A lock in which these contracts are registered under ids that are given. */
function lockOf(registry: string | null, ids: readonly (readonly [EventContract, number])[]): ContractsLock {
  const contracts: Record<string, Record<string, unknown>> = {};
  for (const [contract, id] of ids) {
    const { type, version, schema, upcasts: _, isAdopted: __, ...facts } = plannedContract(contract);
    const locked = { ...facts, published: true, service: "orders", owner: null, data: schema };
    const registrySubject = registrySubjectOf(type, version);
    contracts[type] = { [version]: { ...locked, registrySubject, registered: { version: 1, id }, before: [] } };
  }
  return { lockVersion: 1, registry, contracts } as unknown as ContractsLock;
}

interface World {
  readonly log: MemoryLog;
  readonly orders: Service<never>;
  readonly reader: Service<MemoryTx>;
  readonly lines: string[];
  /** What the reader's handler was given. */
  readonly handled: unknown[];
}

function world(options: Partial<ServiceOptions<MemoryTx>>, contracts: readonly EventContract[] = [AvroOrder, ProtoOrder]): World {
  const log = createMemoryLog({ defaultPartitions: 1 });
  const lines: string[] = [];
  const common = {
    eventLog: log,
    log: { destination: { write: (line: string) => void lines.push(line) } },
    retryDelaysMs: [5],
    ...options,
  };
  const orders = createService<never>({
    ...common,
    store: undefined,
    name: "orders",
    publishes: contracts,
  } as never);
  const reader = createService({ ...common, name: "reader", store: createMemoryStore(), from: "earliest" });
  const handled: unknown[] = [];
  reader.on(contracts, "keep", ({ data: given, subject }) => {
    if ((given as { note?: string }).note === "fail") throw new Error("it fails");
    handled.push(given);
    assert.equal(subject, (given as { order_id: string }).order_id);
  });
  return { log, orders, reader, lines, handled };
}

const warnings = (lines: readonly string[], what: RegExp): number =>
  lines.filter((line) => /"level":(?:"(?:warn|error)"|[45]0)/.test(line) && what.test(line)).length;

const lock = lockOf(null, [
  [AvroOrder, 7],
  [ProtoOrder, 300],
]);

describe("events in Avro and Protobuf", () => {
  for (const [contract, id, contentType] of [
    [AvroOrder, 7, "application/avro"],
    [ProtoOrder, 300, "application/protobuf"],
  ] as const)
    test(`are published and handled with the ids of the lock alone: ${contract.type}`, async () => {
      const { log, orders, reader, handled, lines } = world({ contractsLock: lock });
      await using _ = await orders.start();
      await using __ = await reader.start();
      await orders.publish(contract, { order_id: "o-1", total: 2 ** 40 });
      await orders.publish(contract, { order_id: "o-1", total: 0, note: "a" });
      await until("both are handled", () => handled.length === 2);
      assert.deepEqual(handled, [
        { order_id: "o-1", total: 2 ** 40 },
        { order_id: "o-1", total: 0, note: "a" },
      ]);
      const [first] = await readAll(log, "order");
      const value = Buffer.from(first?.value ?? []);
      assert.deepEqual([value[0], value.readUInt32BE(1)], [0, id]);
      const headers = new Map(first?.headers.map(([name, bytes]) => [name, Buffer.from(bytes ?? []).toString()]));
      assert.equal(headers.get("content-type"), contentType);
      assert.equal(headers.get("ce_type"), contract.type);
      assert.equal(headers.get("ce_dataversion"), "1");
      assert.equal(warnings(lines, /./), 0);
    });

  test("hold for a reader's contract what it names, and tell how they are written where services announce themselves", async () => {
    const { log, orders, reader } = world({ contractsLock: lock });
    const seen: unknown[] = [];
    for (const contract of [AvroOrder, ProtoOrder])
      reader.on(
        defineReader(contract, { data: z.object({ total: z.int() }) }),
        contract.type,
        ({ data: given }) => void seen.push(given),
      );
    await using _ = await orders.start();
    await using __ = await reader.start();
    for (const contract of [AvroOrder, ProtoOrder]) await orders.publish(contract, { order_id: "o-1", total: 5, note: "a" });
    await until("both are handled", () => seen.length === 2);
    assert.deepEqual(seen, [{ total: 5 }, { total: 5 }]);
    const told = (await readAll(log, servicesTopic)).flatMap(({ value }) => readContracts(value) ?? []);
    const read = told.flatMap(({ contracts }) => contracts.handlers).find(({ name }) => name === "order.avro");
    assert.deepEqual(read?.reads[0]?.encoding, { schemaType: "AVRO", schema: AvroOrder.encoding?.schema });
  });

  test("are refused with the place where their form cannot hold the data, and nothing is written", async () => {
    const Narrow = defineEvent("order.narrow", {
      ...order,
      data: z.object({ order_id: z.string(), total: z.number(), tags: z.array(z.string()).optional() }),
      encoding: avro({ ...record, fields: [fields[0], { name: "total", type: "int" }] }),
    });
    const { log, orders } = world({ contractsLock: lockOf(null, [[Narrow, 1]]) }, [Narrow]);
    await using _ = await orders.start();
    const refusal = async (given: { order_id: string; total: number; tags?: string[] }): Promise<unknown> => {
      const error: unknown = await orders.publish(Narrow, given).then(
        () => null,
        (reason: unknown) => reason,
      );
      assert.ok(isThroughlineError(error, "EVENT_INVALID"));
      return error.details["problems"];
    };
    assert.deepEqual(await refusal({ order_id: "1", total: 1.5, tags: ["a"] }), [
      { pointer: "/total", message: "must be a whole number, for Avro's int, but is a number" },
      { pointer: "/tags", message: "has no field in the Avro record Order, and would be lost" },
    ]);
    assert.deepEqual(await refusal({ order_id: "1", total: 2 ** 31 }), [
      { pointer: "/total", message: "does not fit 32 bits, as Avro's int has them" },
    ]);
    assert.deepEqual(await readAll(log, "order"), []);
  });

  test("are refused where what is left out would read as what the contract refuses", async () => {
    const Defaulted = defineEvent("order.defaulted", {
      ...order,
      data: z.object({ order_id: z.string(), total: z.int().min(1).optional() }),
      encoding: avro({ ...record, fields: [fields[0], { name: "total", type: "long", default: 0 }] }),
    });
    const { orders, reader, handled } = world({ contractsLock: lockOf(null, [[Defaulted, 1]]) }, [Defaulted]);
    await using _ = await orders.start();
    await using __ = await reader.start();
    await assert.rejects(orders.publish(Defaulted, { order_id: "1" }), /\/total must be at least 1, but is 0/);
    await orders.publish(Defaulted, { order_id: "1", total: 1 });
    await until("it is handled", () => handled.length === 1);
  });

  test("of an older version are lifted as they were written", async () => {
    const Newer = defineEvent("order.avro", {
      version: 2,
      subject: "order_id",
      data: z.object({ order_id: z.string(), cents: z.int() }),
      upcast: { 1: ({ order_id, total }: { order_id: string; total: number }) => ({ order_id, cents: total * 100 }) },
      encoding: avro({ ...record, fields: [fields[0], { name: "cents", type: "long" }] }),
    });
    const { log, orders } = world({ contractsLock: lock });
    await using _ = await orders.start();
    const newer = lockOf(null, [[Newer, 8]]);
    const before = lock.contracts["order.avro"]?.["1"];
    const both = { ...newer, contracts: { "order.avro": { ...newer.contracts["order.avro"], 1: before } } };
    const { reader, handled, orders: newOrders } = world({ eventLog: log, contractsLock: both }, [Newer]);
    await using __ = await newOrders.start();
    await using ___ = await reader.start();
    await orders.publish(AvroOrder, { order_id: "o-1", total: 5 });
    await newOrders.publish(Newer, { order_id: "o-1", cents: 7 });
    await until("both are handled", () => handled.length === 2);
    assert.deepEqual(handled, [
      { order_id: "o-1", cents: 500 },
      { order_id: "o-1", cents: 7 },
    ]);
  });

  test("are read as JSON, too, where the contract's events were JSON before", async () => {
    const { log, orders, reader, handled } = world({ contractsLock: lock });
    const before = createService({ name: "before", eventLog: log, log: { silent: true } });
    await using _ = await orders.start();
    await using __ = await before.start();
    await using ___ = await reader.start();
    await before.publish({ ...AvroOrder, encoding: null }, { order_id: "o-1", total: 1 });
    await orders.publish(AvroOrder, { order_id: "o-1", total: 2 });
    await until("both are handled", () => handled.length === 2);
    assert.deepEqual(handled, [
      { order_id: "o-1", total: 1 },
      { order_id: "o-1", total: 2 },
    ]);
  });

  test("keep their bytes through dead letter, redrive and replay, and take an edit in JSON", async () => {
    const { log, orders, reader, handled } = world({ contractsLock: lock });
    await using _ = await orders.start();
    await using __ = await reader.start();
    await orders.publish(AvroOrder, { order_id: "o-1", total: 1, note: "fail" });
    await orders.publish(AvroOrder, { order_id: "o-2", total: 2 });
    await until("one is dead", async () => (await readAll(log, "reader.dlt")).length === 1);
    const letter = readDeadLetter((await readAll(log, "reader.dlt"))[0] as LogRecord);
    const original = (await readAll(log, "order"))[0] as LogRecord;
    assert.ok(letter);
    assert.deepEqual(Buffer.from(letter.original.value ?? []), Buffer.from(original.value ?? []));
    const { handler, failureId } = letter.letter;
    const redrive = (editedValue: Uint8Array | null): Promise<unknown> =>
      log.append([
        redriveRecord({
          requestId: crypto.randomUUID(),
          action: "redrive",
          service: "reader",
          handler,
          failureId,
          by: "ann",
          reason: null,
          atMs: Date.now(),
          original: letter.original,
          editedValue,
          force: false,
        }),
      ]);
    await redrive(null);
    await until("it is dead again", async () => (await readAll(log, "reader.dlt")).length === 2);
    const again = readDeadLetter((await readAll(log, "reader.dlt"))[1] as LogRecord);
    assert.deepEqual(Buffer.from(again?.original.value ?? []), Buffer.from(original.value ?? []));
    await redrive(Buffer.from(JSON.stringify({ order_id: "o-1", total: 9, note: "edited" })));
    await until("the edit is handled", () => handled.length === 2);
    assert.deepEqual(handled, [
      { order_id: "o-2", total: 2 },
      { order_id: "o-1", total: 9, note: "edited" },
    ]);
    await log.append([
      commandRecord({
        command: "replay",
        commandId: crypto.randomUUID(),
        service: "reader",
        handler,
        by: "ann",
        reason: null,
        atMs: Date.now(),
        kind: "rerun",
        range: { fromMs: null, toMs: null, types: null, subjects: ["o-2"] },
        ratePerSecond: null,
        publish: false,
      } as never),
    ]);
    await until("it is handled once more", () => handled.length === 3);
    assert.deepEqual(handled[2], { order_id: "o-2", total: 2 });
  });

  test("that cannot be read are dead letters at once, and the others go on", async () => {
    const { log, orders, reader, handled } = world({ contractsLock: lock });
    await using _ = await orders.start();
    await using __ = await reader.start();
    await orders.publish(AvroOrder, { order_id: "o-1", total: 1 });
    await until("it is handled", () => handled.length === 1);
    const [good] = await readAll(log, "order");
    const headers = (good as LogRecord).headers.map(
      ([name, value]) => [name, name === "ce_id" ? Buffer.from(crypto.randomUUID()) : value] as const,
    );
    for (const value of [Buffer.from([0, 0, 0]), Buffer.from([0, 0, 0, 0, 7, 9]), Buffer.from([0, 0, 0, 1, 44, 0, 0xff])])
      await log.append([
        {
          topic: "order",
          key: null,
          value,
          headers: headers.map(([name, each]) => [name, name === "ce_id" ? Buffer.from(crypto.randomUUID()) : each]),
        },
      ]);
    await orders.publish(ProtoOrder, { order_id: "o-2", total: 2 });
    await until("the next is handled", () => handled.length === 2);
    await until("the others are dead", async () => (await readAll(log, "reader.dlt")).length === 3);
    const letters = (await readAll(log, "reader.dlt")).map((each) => readDeadLetter(each)?.letter);
    assert.deepEqual(
      letters.map((letter) => letter?.reason),
      ["undecodable", "undecodable", "undecodable"],
    );
    assert.match(letters[0]?.error.message ?? "", /the value ends within the id of its schema/);
    assert.match(letters[1]?.error.message ?? "", /the value of schema 7, \/order_id ends too early/);
    assert.match(letters[2]?.error.message ?? "", /was written with a schema of PROTOBUF, and the contract's is of Avro/);
  });

  test("that are nested without end are dead letters, in a few words, and the others go on", async () => {
    const node = { type: "record", name: "N", fields: [{ name: "n", type: ["null", "N"], default: null }] };
    const Deep = defineEvent("order.deep", {
      version: 1,
      subject: "order_id",
      data: jsonSchema<{ order_id: string; total: number; n?: object }>({
        type: "object",
        properties: { order_id: { type: "string" }, total: { type: "integer" }, n: { $ref: "#/$defs/n" } },
        required: ["order_id", "total"],
        $defs: { n: { type: "object", properties: { n: { $ref: "#/$defs/n" } } } },
      }),
      encoding: avro({
        ...record,
        name: "Deep",
        fields: [...fields.slice(0, 2), { name: "n", type: ["null", node], default: null }],
      }),
    });
    const { log, orders, reader, handled } = world({ contractsLock: lockOf(null, [[Deep, 9]]) }, [Deep]);
    await using _ = await orders.start();
    await using __ = await reader.start();
    const inside = (levels: number): object => (levels === 0 ? {} : { n: inside(levels - 1) });
    await orders.publish(Deep, { order_id: "o-1", total: 1, n: inside(400) });
    await until("it is handled", () => handled.length === 1);
    assert.deepEqual(handled, [{ order_id: "o-1", total: 1, n: inside(400) }]);
    await assert.rejects(orders.publish(Deep, { order_id: "o-1", total: 1, n: inside(600) }), { code: "EVENT_INVALID" });
    const [good] = (await readAll(log, "order")) as [LogRecord];
    const head = Buffer.from(good.value ?? []).subarray(0, 5 + 4 + 1);
    const headers = good.headers.map(
      ([name, value]) => [name, name === "ce_id" ? Buffer.from(crypto.randomUUID()) : value] as const,
    );
    await log.append([
      { topic: "order", key: null, value: Buffer.concat([head, Buffer.alloc(300_000, 2), Buffer.alloc(1)]), headers },
    ]);
    await orders.publish(Deep, { order_id: "o-2", total: 2 });
    await until("the next is handled", () => handled.length === 2);
    await until("the other is dead", async () => (await readAll(log, "reader.dlt")).length === 1);
    const [letter] = (await readAll(log, "reader.dlt")).map((each) => readDeadLetter(each)?.letter);
    assert.equal(letter?.reason, "undecodable");
    assert.match(letter.error.message, /the value of schema 9, is nested deeper than 500 levels/);
  });
});

describe("with a registry", () => {
  const register = async (registry: SchemaRegistry, contract: EventContract): Promise<number> => {
    const { type, version } = contract;
    const { data: _, ...facts } = { ...plannedContract(contract), service: "orders", owner: "money", data: null };
    const form = registeredForm(type, version, { ...facts, data: contract.schema });
    return (await registry.register(registrySubjectOf(type, version), form)).id;
  };

  test("ids are looked up at the start, and what is known goes on when it is away: one warning, one metric", async () => {
    const server = await startRegistry({ store: "sqlite::memory:", port: 0 });
    const registry = openSchemaRegistry({ url: server.url, retryDelaysMs: [] });
    const id = await register(registry, AvroOrder);
    await register(registry, ProtoOrder);
    const { log, orders, reader, handled, lines } = world({ schemaRegistry: registry });
    await using _ = await orders.start();
    await using running = await reader.start();
    await orders.publish(AvroOrder, { order_id: "o-1", total: 1 });
    await until("it is handled", () => handled.length === 1);
    assert.equal(Buffer.from((await readAll(log, "order"))[0]?.value ?? []).readUInt32BE(1), id);
    assert.match(await running.metrics(), /throughline_schema_registry_up\{[^}]*\} 1/);
    assert.equal(warnings(lines, /./), 0);

    await server.close();
    for (let n = 2; n < 6; n++) await orders.publish(AvroOrder, { order_id: "o-1", total: n });
    await until("all are handled", () => handled.length === 5);
    // An event whose schema nobody here has read yet.
    await orders.publish(ProtoOrder, { order_id: "o-2", total: 1 });
    await until("it is parked", () => warnings(lines, /waits for the registry/) === 1);
    await orders.publish(AvroOrder, { order_id: "o-1", total: 6 });
    await until("the others go on", () => handled.length === 6);
    assert.equal(warnings(lines, /does not answer/), 1);
    assert.match(await running.metrics(), /throughline_schema_registry_up\{[^}]*\} 0/);
  });

  test("that has no id publishing is refused, and it goes on when there is one", async () => {
    await using server = await startRegistry({ store: "sqlite::memory:", port: 0 });
    const registry = openSchemaRegistry({ url: server.url, retryDelaysMs: [] });
    const { orders, reader, handled } = world({ schemaRegistry: registry }, [AvroOrder]);
    await using _ = await orders.start();
    await using __ = await reader.start();
    await assert.rejects(orders.publish(AvroOrder, { order_id: "o-1", total: 1 }), (error: unknown) => {
      assert.ok(isThroughlineError(error, "SCHEMA_ID_UNKNOWN"));
      assert.ok(error.retryable);
      assert.match(error.message, /does not have it; register it with "throughline contracts push"/);
      return true;
    });
    await register(registry, AvroOrder);
    // It is asked again after some seconds.
    await until("it is published", () =>
      orders.publish(AvroOrder, { order_id: "o-1", total: 1 }).then(
        () => true,
        () => false,
      ),
    );
    await until("it is handled", () => handled.length === 1);
  });

  test("an event of a schema that nobody knows is parked, its subject with it, and is handled by itself when somebody does", async () => {
    await using server = await startRegistry({ store: "sqlite::memory:", port: 0 });
    const registry = openSchemaRegistry({ url: server.url });
    const withLock = world({
      contractsLock: lockOf(server.url, [
        [AvroOrder, 1],
        [ProtoOrder, 2],
      ]),
    });
    const { reader, handled, lines } = world({ eventLog: withLock.log, schemaRegistry: registry, surroundings: hurried(20) });
    const json = createService({ name: "orders", eventLog: withLock.log, log: { silent: true } });
    await using _ = await withLock.orders.start();
    await using __ = await reader.start();
    await using ___ = await json.start();
    await withLock.orders.publish(AvroOrder, { order_id: "o-1", total: 1 });
    await json.publish({ ...ProtoOrder, encoding: null }, { order_id: "o-2", total: 2 });
    await until("the other subject is handled", () => handled.length === 1);
    await until("it is parked", () => warnings(lines, /waits for the registry/) === 1);
    assert.deepEqual(handled, [{ order_id: "o-2", total: 2 }]);
    assert.equal(await register(registry, AvroOrder), 1);
    await until("it is handled", () => handled.length === 2);
    assert.deepEqual(handled[1], { order_id: "o-1", total: 1 });
    assert.deepEqual(await readAll(withLock.log, "reader.dlt"), []);
  });

  test("that is away for long is one warning, and one line when it is back", async () => {
    let asked = 0;
    let isAway = true;
    const answer = (): Promise<never> => Promise.reject(new Error("away"));
    const registry: SchemaRegistry = {
      url: "http://away",
      byId: () => (asked++, isAway ? answer() : Promise.resolve({ schemaType: "AVRO", schema: JSON.stringify(record) })),
      register: answer,
      bySubject: answer,
      versions: answer,
      subjects: answer,
      lookUp: answer,
      check: answer,
      setCompatibility: answer,
    };
    const publisher = world({ contractsLock: lock });
    const { reader, handled, lines } = world({
      eventLog: publisher.log,
      schemaRegistry: registry,
      surroundings: hurried(20),
    });
    await using _ = await publisher.orders.start();
    await using __ = await reader.start();
    await publisher.orders.publish(AvroOrder, { order_id: "o-1", total: 1 });
    await until("it was asked again and again", () => asked >= 3);
    assert.equal(warnings(lines, /does not answer/), 1);
    isAway = false;
    await until("it is handled", () => handled.length === 1);
    assert.equal(lines.filter((line) => line.includes("answers again")).length, 1);
    assert.equal(warnings(lines, /does not answer/), 1);
  });

  test("the ids of a lock hold only where they were given", async () => {
    await using server = await startRegistry({ store: "sqlite::memory:", port: 0 });
    const registry = openSchemaRegistry({ url: server.url });
    await register(registry, ProtoOrder);
    const id = await register(registry, AvroOrder);
    const elsewhere = lockOf("http://elsewhere:8081", [[AvroOrder, 7]]);
    const { log, orders, reader, handled, lines } = world({ schemaRegistry: registry, contractsLock: elsewhere }, [AvroOrder]);
    await using _ = await orders.start();
    await using __ = await reader.start();
    await orders.publish(AvroOrder, { order_id: "o-1", total: 1 });
    await until("it is handled", () => handled.length === 1);
    assert.equal(Buffer.from((await readAll(log, "order"))[0]?.value ?? []).readUInt32BE(1), id);
    assert.ok(warnings(lines, /hold in another registry/) > 0);
  });
});

test("a contract that is not encoded needs neither a lock nor a registry", async () => {
  const { orders, reader, handled } = world({}, [JsonOrder]);
  await using _ = await orders.start();
  await using running = await reader.start();
  await orders.publish(JsonOrder, { order_id: "o-1", total: 1 });
  await until("it is handled", () => handled.length === 1);
  assert.doesNotMatch(await running.metrics(), /throughline_schema_registry_up/);
});

test("a contract whose encoding is none, or has a schema that is none, is refused", () => {
  assert.throws(
    () => defineEvent("order.bad", { ...order, encoding: avro({ type: "record", name: "X" }) }),
    /\/encoding.* is a record without a list of "fields"/,
  );
  assert.throws(
    () => defineEvent("order.bad", { ...order, encoding: "avro" as never }),
    /\/encoding must be made by avro or protobuf/,
  );
});

/** Time that passes so many times as fast. */
function hurried(factor: number): Surroundings {
  const { clock, random } = systemSurroundings;
  const begin = Date.now();
  return {
    random,
    clock: {
      now: () => begin + (Date.now() - begin) * factor,
      monotonic: () => performance.now() * factor,
      after: (delayMs, callback) => clock.after(delayMs / factor, callback),
    },
  };
}
