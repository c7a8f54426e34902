import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as z from "zod";
import { createService, defineReader, type MemoryLog, seededSurroundings } from "../src/index.ts";
import { createLogger } from "../src/logging/index.ts";
import { PublisherAnnouncer } from "../src/service/publisher-announcer.ts";
import { forgetAnnouncements } from "../src/service/forget-announcements.ts";
import {
  announcedContracts,
  announcementRecord,
  type ContractsAnnouncement,
  contractsRecord,
  readAnnouncement,
  readContracts,
  type ServiceAnnouncement,
  type ServiceContracts,
  servicesTopic,
  systemTopicSpecs,
} from "../src/system-topics/index.ts";
import { InvoiceCreated, memory, OrderCompleted, readAll, service, until } from "./harness.ts";

const Total = defineReader(OrderCompleted, { data: z.object({ total: z.int() }) });
const dayMs = 86_400_000;

function bound(target: MemoryLog, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name, target);
  return typeof value === "function" ? value.bind(target) : value;
}

async function said(log: MemoryLog) {
  const records = (await readAll(log, servicesTopic)).filter(({ value }) => value !== null);
  return {
    contracts: records.map(({ value }) => readContracts(value)).filter((each) => each !== null),
    instances: records.map(({ value }) => readAnnouncement(value)).filter((each) => each !== null),
  };
}

describe("what a service publishes and reads is announced", () => {
  it("once, as a record of its own that its announcements name", async () => {
    const { log, store } = memory(1);
    const billing = service("billing", log, store, { publishes: [InvoiceCreated] });
    billing.on(Total, "create-invoice", () => undefined);
    billing.on(OrderCompleted, "count", () => undefined, { order: "any" });
    {
      await using _running = await billing.start();
      await until("it is announced", async () => (await said(log)).instances.length > 0);
    }
    const { contracts, instances } = await said(log);
    assert.equal(contracts.length, 1);
    assert.ok(instances.length >= 2 && instances.every(({ contracts: hash }) => hash === contracts[0]?.hash));
    const [{ publishes, handlers }] = contracts.map((each) => each.contracts) as [ServiceContracts];
    assert.deepEqual(
      publishes.map(({ type, version, stream, subject, tenant, personal }) => ({
        type,
        version,
        stream,
        subject,
        tenant,
        personal,
      })),
      [{ type: "invoice.created", version: 1, stream: "invoice", subject: "order_id", tenant: null, personal: [] }],
    );
    assert.equal(publishes[0]?.schema["additionalProperties"], false);
    assert.deepEqual(
      handlers.map(({ name, order }) => ({ name, order })),
      [
        { name: "count", order: "any" },
        { name: "create-invoice", order: "sequential" },
      ],
    );
    const read = handlers[1]?.reads[0];
    assert.deepEqual(read?.schema["required"], ["total"]);
    assert.equal(read?.schema["additionalProperties"], undefined);
  });

  it("also by a service without a store, which says when it stops", async () => {
    const { log } = memory(1);
    const quotes = createService({ name: "quotes", eventLog: log, publishes: [InvoiceCreated], log: { silent: true } });
    const running = await quotes.start();
    await until("it is announced", async () => (await said(log)).instances.length === 1);
    await running.close();
    const { contracts, instances } = await said(log);
    assert.deepEqual(
      instances.map(({ state }) => state),
      ["running", "stopped"],
    );
    assert.deepEqual(
      contracts[0]?.contracts.publishes.map(({ type }) => type),
      ["invoice.created"],
    );
  });

  it("again where the topic was deleted and made anew", async () => {
    const { log, store } = memory(1);
    const billing = service("billing", log, store);
    billing.on(Total, "create-invoice", () => undefined);
    await using running = await billing.start();
    await until("it is announced", async () => (await said(log)).instances.length > 0);
    await log.append([...Array(5)].map(() => ({ topic: servicesTopic, key: Buffer.from("x/y"), value: null, headers: [] })));
    log.deleteTopic(servicesTopic);
    await log.createTopics(systemTopicSpecs);
    await running.close();
    const { contracts, instances } = await said(log);
    assert.deepEqual(
      contracts.map(({ hash }) => hash),
      instances.slice(-1).map(({ contracts: hash }) => hash),
    );
  });

  it("goes on without where the log takes no record so large, and says so once", async () => {
    const { log, store } = memory(1);
    const lines: string[] = [];
    const refusing = new Proxy(log, {
      get(target, name) {
        if (name !== "append") return bound(target, name);
        return async (records: Parameters<MemoryLog["append"]>[0]) => {
          const isContracts = (value: Uint8Array | null) => value !== null && Buffer.from(value).includes('"kind":"contracts"');
          const taken = await target.append(records.filter(({ value }) => !isContracts(value)));
          const error = Object.assign(new Error("too large"), { code: "LOG_RECORD_TOO_LARGE", retryable: false });
          return records.map(({ value }) => (isContracts(value) ? { ok: false as const, error } : taken.shift()!));
        };
      },
    });
    const billing = service("billing", refusing, store, {
      log: { level: "warn", destination: { write: (line: string) => void lines.push(line) } },
    });
    billing.on(Total, "create-invoice", () => undefined);
    {
      await using _running = await billing.start();
    }
    const { instances } = await said(log);
    assert.equal(instances.at(-1)?.state, "stopped");
    assert.equal(instances.at(-1)?.contracts, undefined);
    assert.equal(lines.filter((line) => line.includes("cannot tell what it publishes and reads")).length, 1);
  });
});

describe("a record of contracts", () => {
  const wide = Object.fromEntries(
    Array.from({ length: 3_000 }, (_, n) => [`property_${n}`, { type: "string", title: `no ${n}` }]),
  );
  const facts = { type: "a.b", version: 1, stream: "a", subject: "id", tenant: null };
  const contracts = (properties: object): ServiceContracts => ({
    publishes: [{ ...facts, compacted: false, schema: { type: "object", properties } }],
    handlers: [{ name: "h", order: "any", reads: [{ ...facts, schema: { properties }, lifts: [], adopted: false }] }],
  });

  it("is read as it was written, packed where it is large", () => {
    for (const properties of [{ id: {} }, wide]) {
      const told = announcedContracts("billing", contracts(properties));
      const record = contractsRecord(told);
      assert.deepEqual(readContracts(record.value), told);
      assert.ok(record.value!.length < 64 * 1024);
      assert.equal(readAnnouncement(record.value), null);
    }
  });

  it("has the same name for the same content, in whatever order it is said", () => {
    const one = contracts({ a: { type: "string", minLength: 1 }, b: {} });
    const same = contracts({ b: {}, a: { minLength: 1, type: "string" } });
    assert.equal(announcedContracts("billing", one).hash, announcedContracts("billing", same).hash);
    assert.notEqual(announcedContracts("billing", one).hash, announcedContracts("billing", contracts({ a: {}, b: {} })).hash);
  });

  it("is nothing where its content is not what its name says, and an older announcement stays one", () => {
    const record = contractsRecord(announcedContracts("billing", contracts({ id: { type: "string" } })));
    assert.equal(readContracts(Buffer.from(Buffer.from(record.value!).toString().replace('"string"', '"integer"'))), null);
    assert.equal(readContracts(Buffer.from("null")), null);
    const old = instance("a", null, 5);
    assert.deepEqual(readAnnouncement(announcementRecord(old).value), old);
    assert.equal(readContracts(announcementRecord(old).value), null);
  });
});

function instance(name: string, hash: string | null, atMs: number, of = "billing"): ServiceAnnouncement {
  return {
    service: of,
    instance: name,
    version: "1.0.0",
    owner: null,
    state: "running",
    startedAtMs: 0,
    atMs,
    publishes: [],
    handlers: [],
    outbox: null,
    ...(hash === null ? {} : { contracts: hash }),
  };
}

const version = (n: number, of = "billing"): ContractsAnnouncement =>
  announcedContracts(of, { publishes: [], handlers: [{ name: `handler-${n}`, order: "any", reads: [] }] });

describe("what nobody needs of the announcements", () => {
  const nowMs = 100 * dayMs;
  const scope = (log: MemoryLog) => ({
    log,
    identity: {
      service: "billing",
      instance: "new",
      formerNames: ["old-billing"],
      isInstanceNamed: true,
      version: "2",
      owner: null,
    },
    surroundings: seededSurroundings(1, nowMs),
  });
  const filled = async (): Promise<MemoryLog> => {
    const { log } = memory(1);
    await log.createTopics(systemTopicSpecs);
    await log.append([
      contractsRecord(version(1)),
      announcementRecord(instance("gone", version(1).hash, nowMs - 8 * dayMs)),
      contractsRecord(version(2)),
      announcementRecord(instance("running", version(2).hash, nowMs - 1)),
      contractsRecord(version(3)),
      contractsRecord(version(4)),
      announcementRecord(instance("new", version(4).hash, nowMs)),
      contractsRecord(version(5, "old-billing")),
      contractsRecord(version(6, "billing-reports")),
    ]);
    return log;
  };
  const left = async (log: MemoryLog): Promise<string[]> => {
    log.compact(servicesTopic);
    const names = new Map(
      [1, 2, 3, 4]
        .map((n) => [version(n).hash, String(n)])
        .concat([
          [version(5, "old-billing").hash, "5"],
          [version(6, "billing-reports").hash, "6"],
        ]) as [string, string][],
    );
    const { contracts, instances } = await said(log);
    return [...contracts.map(({ hash }) => names.get(hash) ?? hash), ...instances.map((each) => each.instance)].toSorted();
  };

  it("is taken out: of instances that are long gone, and contracts that no other names; and of no other service", async () => {
    const log = await filled();
    assert.equal(await forgetAnnouncements(scope(log), version(4).hash), 4);
    assert.deepEqual(await left(log), ["2", "4", "6", "new", "running"]);
    assert.equal(await forgetAnnouncements(scope(log), version(4).hash), 0);
  });

  it("is taken out by an instance that has run for a minute or two", async () => {
    const log = await filled();
    const { clock } = scope(log).surroundings;
    const here = { ...scope(log), surroundings: { ...scope(log).surroundings, clock } };
    const logger = createLogger({ service: "billing", silent: true });
    const announcer = new PublisherAnnouncer({ ...here, logger, shipper: null }, []);
    await announcer.announce();
    const tombstones = async (): Promise<number> =>
      (await readAll(log, servicesTopic)).filter(({ value }) => value === null).length;
    await clock.advance(59_000);
    assert.equal(await tombstones(), 0);
    await clock.advance(62_000);
    await until("it is taken out", async () => (await tombstones()) > 0);
    await announcer.close();
  });

  it("stays where an instance that starts at the same moment says it again", async () => {
    for (const when of ["before the tombstone", "after it"]) {
      const log = await filled();
      const starting = [contractsRecord(version(3)), announcementRecord(instance("rolled-back", version(3).hash, nowMs))];
      const racing = new Proxy(log, {
        get(target, name) {
          if (name !== "append") return bound(target, name);
          return async (records: Parameters<MemoryLog["append"]>[0]) => {
            const isTombstone = records.some(({ value }) => value === null);
            if (isTombstone && when === "before the tombstone") await target.append(starting);
            const results = await target.append(records);
            if (isTombstone && when === "after it") await target.append(starting);
            return results;
          };
        },
      });
      await forgetAnnouncements(scope(racing), version(4).hash);
      assert.ok((await left(log)).includes("3"), when);
    }
  });
});
