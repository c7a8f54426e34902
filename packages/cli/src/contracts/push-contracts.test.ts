import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { avro } from "@throughline/registry/avro";
import type { SchemaRegistry } from "throughline/seams";
import { contractOf, openRegistry, planOf, temporaryFolder } from "../../test/contracts-fixture.ts";
import { readLockFile } from "./lock-file.ts";
import { type Push, runPush } from "./run-push.ts";

const text = { type: "string" };
const number = { type: "integer" };
const orders = planOf("orders", [contractOf("order.created", { note: text }), contractOf("order.completed")], "checkout");
const billing = planOf("billing", [contractOf("invoice.created", { total: number })]);

const outcomes = ({ contracts }: Push): string[] =>
  contracts.map(
    ({ contract, outcome, registered }) => `${contract.type} ${outcome} ${registered?.version ?? "-"}/${registered?.id ?? "-"}`,
  );

/** A registry of which some calls do something else. */
function changed(registry: SchemaRegistry, change: Partial<SchemaRegistry>): SchemaRegistry {
  const { url } = registry;
  const bound = ["register", "byId", "bySubject", "subjects", "versions", "lookUp", "check", "setCompatibility"] as const;
  const calls = Object.fromEntries(bound.map((name) => [name, registry[name].bind(registry)]));
  return { url, ...calls, ...change } as SchemaRegistry;
}

describe("contracts push", () => {
  test("registers each contract once, under its own subject with its level, and writes the same lock again", async (t) => {
    await using opened = await openRegistry();
    const { registry } = opened;
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    const push = () => runPush({ plans: [billing, orders], registry, lockFile, dryRun: false });
    const first = await push();
    assert.equal(first.ok, true);
    assert.deepEqual(outcomes(first), [
      "invoice.created registered 1/1",
      "order.completed registered 1/2",
      "order.created registered 1/3",
    ]);
    const written = readFileSync(lockFile, "utf8");
    const again = await push();
    assert.deepEqual(outcomes(again), ["invoice.created known 1/1", "order.completed known 1/2", "order.created known 1/3"]);
    assert.deepEqual([first.lock.changed, again.lock.changed], [true, false]);
    assert.equal(readFileSync(lockFile, "utf8"), written);
    assert.deepEqual(await registry.subjects(""), ["invoice.created.v1", "order.completed.v1", "order.created.v1"]);
    const level = await (await fetch(`${registry.url}/config/order.created.v1`)).json();
    assert.deepEqual(level, { compatibilityLevel: "FULL_TRANSITIVE", compatibilityPolicy: "LENIENT" });
    const lock = await readLockFile(lockFile);
    assert.deepEqual(
      [lock?.registry, Object.keys(lock?.contracts ?? {})],
      [registry.url, ["invoice.created", "order.completed", "order.created"]],
    );
    const { data: _, before: __, ...entry } = lock!.contracts["order.created"]![1]!;
    assert.deepEqual(entry, {
      published: true,
      service: "orders",
      owner: "checkout",
      stream: "order",
      subject: "id",
      tenant: null,
      personal: [],
      description: null,
      compacted: false,
      registrySubject: "order.created.v1",
      registered: { version: 1, id: 3 },
      encoding: null,
    });
  });

  test("keeps what a version had before, and takes optional properties that come and go", async (t) => {
    await using opened = await openRegistry();
    const { registry } = opened;
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    for (const properties of [{}, { note: text }, { total: number }, { note: text }])
      assert.equal(
        (
          await runPush({
            plans: [planOf("orders", [contractOf("order.created", properties)])],
            registry,
            lockFile,
            dryRun: false,
          })
        ).ok,
        true,
      );
    const locked = (await readLockFile(lockFile))?.contracts["order.created"]?.[1];
    assert.deepEqual(locked?.registered, { version: 2, id: 2 });
    assert.deepEqual(
      locked?.before.map(({ registered }) => registered),
      [{ version: 1, id: 1 }],
    );
    assert.deepEqual(await registry.versions("order.created.v1"), [1, 2, 3]);
    // What was compatible with each is so with all: note is a text in the second version.
    const back = await runPush({
      plans: [planOf("orders", [contractOf("order.created", { note: number })])],
      registry,
      lockFile,
      dryRun: false,
    });
    assert.equal(back.ok, false);
    assert.deepEqual(back.contracts[0]?.reasons.map(({ kind, version }) => `${kind} ${version}`).toSorted(), [
      "type_narrowed 2",
      "type_narrowed 2",
    ]);
  });

  test("of a contract that is refused gives every reason and what to do; the others are registered, and the lock has them", async (t) => {
    await using opened = await openRegistry();
    const { registry } = opened;
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    await runPush({ plans: [orders], registry, lockFile, dryRun: false });
    const before = await readLockFile(lockFile);
    const breaking = contractOf("order.completed", { total: number, tax: number }, { required: ["total", "tax"] });
    const pushed = await runPush({ plans: [planOf("orders", [breaking]), billing], registry, lockFile, dryRun: false });
    assert.equal(pushed.ok, false);
    assert.deepEqual(outcomes(pushed), ["invoice.created registered 1/3", "order.completed refused -/-"]);
    const [, refused] = pushed.contracts;
    assert.deepEqual(
      refused?.reasons.map(({ kind, path }) => `${kind} ${path}`),
      ["required_added /total", "required_added /tax"],
    );
    assert.match(refused?.compared?.todo ?? "", /optional.*version: 2, upcast: \{ 1: \(old\) => … \}/);
    assert.deepEqual(await registry.versions("order.completed.v1"), [1]);
    const after = await readLockFile(lockFile);
    assert.deepEqual(after?.contracts["order.completed"], before?.contracts["order.completed"]);
    assert.deepEqual(after?.contracts["invoice.created"]?.[1]?.registered, { version: 1, id: 3 });
  });

  test("refuses what breaks though another registry would take it", async (t) => {
    await using opened = await openRegistry();
    const careless = changed(opened.registry, {
      setCompatibility: async (subject) => opened.registry.setCompatibility(subject, { level: "NONE", policy: null }),
    });
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    await runPush({ plans: [orders], registry: careless, lockFile, dryRun: false });
    const plans = [planOf("orders", [contractOf("order.completed", { total: number }, { required: ["total"] })])];
    assert.equal((await runPush({ plans, registry: careless, lockFile, dryRun: false })).contracts[0]?.outcome, "refused");
    assert.deepEqual(await opened.registry.versions("order.completed.v1"), [1]);
  });

  test("asks a registry without the lenient policy for the direction that it can hold", async (t) => {
    await using opened = await openRegistry();
    const levels: string[] = [];
    const plain = changed(opened.registry, {
      setCompatibility: async (subject, { level }) => {
        levels.push(level);
        return { ...(await opened.registry.setCompatibility(subject, { level, policy: null })), policy: null };
      },
    });
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    for (const properties of [{}, { note: text }]) {
      const plans = [planOf("orders", [contractOf("order.created", properties)])];
      assert.equal((await runPush({ plans, registry: plain, lockFile, dryRun: false })).ok, true);
    }
    assert.deepEqual(levels, ["FULL_TRANSITIVE", "FORWARD_TRANSITIVE", "FULL_TRANSITIVE", "FORWARD_TRANSITIVE"]);
  });

  test("tells in a dry run what would be, and writes nothing", async (t) => {
    await using opened = await openRegistry();
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    const pushed = await runPush({ plans: [orders], registry: opened.registry, lockFile, dryRun: true });
    assert.deepEqual(outcomes(pushed), ["order.completed would-register -/-", "order.created would-register -/-"]);
    assert.deepEqual(await opened.registry.subjects(""), []);
    assert.equal(existsSync(lockFile), false);
  });

  test("a registry that goes away in the middle leaves what was registered in the lock, and says what was not asked for", async (t) => {
    await using opened = await openRegistry();
    const { registry } = opened;
    let calls = 0;
    const leaving = changed(registry, {
      register: async (subject, schema) => {
        if ((calls += 1) > 1) throw Object.assign(new Error("away"), { code: "REGISTRY_UNAVAILABLE", retryable: true });
        return registry.register(subject, schema);
      },
    });
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    const pushed = await runPush({ plans: [orders, billing], registry: leaving, lockFile, dryRun: false });
    assert.deepEqual(outcomes(pushed), [
      "invoice.created registered 1/1",
      "order.completed pending -/-",
      "order.created pending -/-",
    ]);
    assert.equal((pushed.failure as Error & { code?: string }).code, "REGISTRY_UNAVAILABLE");
    assert.deepEqual(Object.keys((await readLockFile(lockFile))?.contracts ?? {}), ["invoice.created"]);
    const again = await runPush({ plans: [orders, billing], registry, lockFile, dryRun: false });
    assert.deepEqual(outcomes(again), [
      "invoice.created known 1/1",
      "order.completed registered 1/2",
      "order.created registered 1/3",
    ]);
  });

  test("another registry that fails replaces nothing that the lock holds, also where it has taken some", async (t) => {
    await using first = await openRegistry();
    await using other = await openRegistry();
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    const push = (registry: SchemaRegistry) => runPush({ plans: [orders, billing], registry, lockFile, dryRun: false });
    const failing = (after: number): SchemaRegistry => {
      let calls = 0;
      return changed(other.registry, {
        async register(subject, schema) {
          if ((calls += 1) > after) throw Object.assign(new Error("away"), { code: "REGISTRY_UNAVAILABLE", retryable: true });
          return other.registry.register(subject, schema);
        },
      });
    };
    assert.equal((await push(failing(0))).lock.changed, false);
    assert.equal(existsSync(lockFile), false);
    await push(first.registry);
    const before = readFileSync(lockFile, "utf8");
    for (const after of [0, 1]) {
      const { ok, lock } = await push(failing(after));
      assert.deepEqual([ok, lock.changed], [false, false]);
      assert.equal(readFileSync(lockFile, "utf8"), before);
    }
  });

  test("keeps in the lock what other services published, and what is published no more", async (t) => {
    await using opened = await openRegistry();
    const { registry } = opened;
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    await runPush({ plans: [orders, billing], registry, lockFile, dryRun: false });
    await runPush({
      plans: [planOf("orders", [contractOf("order.created", { note: text })])],
      registry,
      lockFile,
      dryRun: false,
    });
    const { contracts } = (await readLockFile(lockFile))!;
    const published = Object.entries(contracts).map(([type, versions]) => `${type} ${versions[1]?.published}`);
    assert.deepEqual(published, ["invoice.created true", "order.completed false", "order.created true"]);
  });

  test("with another registry writes its ids, and forgets those of the one before", async (t) => {
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    {
      await using first = await openRegistry();
      await runPush({ plans: [orders, billing], registry: first.registry, lockFile, dryRun: false });
    }
    await using second = await openRegistry();
    await runPush({ plans: [billing], registry: second.registry, lockFile, dryRun: false });
    const lock = await readLockFile(lockFile);
    assert.equal(lock?.registry, second.registry.url);
    assert.deepEqual(lock?.contracts["invoice.created"]?.[1]?.registered, { version: 1, id: 1 });
    assert.equal(lock?.contracts["order.created"]?.[1]?.registered, null);
  });

  test("by the lock alone agrees without a registry, keeps the history, and refuses what breaks", async (t) => {
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    const push = (properties: Record<string, object>, required: string[] = []) => {
      const plans = [planOf("orders", [contractOf("order.created", properties, { required })])];
      return runPush({ plans, registry: null, lockFile, dryRun: false });
    };
    assert.deepEqual(outcomes(await push({})), ["order.created agreed -/-"]);
    assert.deepEqual(outcomes(await push({ note: text })), ["order.created agreed -/-"]);
    assert.deepEqual(outcomes(await push({ note: text })), ["order.created known -/-"]);
    const locked = (await readLockFile(lockFile))?.contracts["order.created"]?.[1];
    assert.deepEqual(
      locked?.before.map(({ data }) => Object.keys(data["properties"] as object)),
      [["id"]],
    );
    assert.deepEqual(outcomes(await push({ note: text }, ["note"])), ["order.created refused -/-"]);
    // It is text in an older schema of this version, whose events stand in the log.
    await push({});
    assert.deepEqual(outcomes(await push({ note: number })), ["order.created refused -/-"]);
  });

  test("keeps what was agreed by the lock alone when it is registered later, and compares with it", async (t) => {
    await using opened = await openRegistry();
    const { registry } = opened;
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    const push = (properties: Record<string, object>, place: SchemaRegistry | null) => {
      return runPush({
        plans: [planOf("orders", [contractOf("order.created", properties)])],
        registry: place,
        lockFile,
        dryRun: false,
      });
    };
    await push({ note: text }, null);
    await push({}, null);
    assert.deepEqual(outcomes(await push({}, registry)), ["order.created registered 1/1"]);
    const locked = (await readLockFile(lockFile))?.contracts["order.created"]?.[1];
    assert.deepEqual(
      locked?.before.map(({ registered, data }) => [registered, Object.keys(data["properties"] as object).length]),
      [[null, 2]],
    );
    assert.deepEqual(outcomes(await push({ note: number }, registry)), ["order.created refused -/-"]);
    assert.equal((await push({}, registry)).lock.changed, false);
  });

  test("refuses another stream though nothing of the schema changed, by the lock and by what is registered", async (t) => {
    await using opened = await openRegistry();
    const { registry } = opened;
    for (const isLocked of [true, false]) {
      const [first, second] = ["first", "second"].map((name) => join(temporaryFolder(t), name));
      const type = isLocked ? "order.created" : "order.updated";
      await runPush({ plans: [planOf("orders", [contractOf(type)])], registry, lockFile: first!, dryRun: false });
      const plans = [planOf("orders", [contractOf(type, {}, { stream: "orders" })])];
      const moved = await runPush({ plans, registry, lockFile: isLocked ? first! : second!, dryRun: false });
      assert.deepEqual(
        moved.contracts[0]?.reasons.map(({ kind }) => kind),
        ["stream_changed"],
      );
    }
  });

  test("with a lock that is none registers nothing", async (t) => {
    await using opened = await openRegistry();
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    writeFileSync(lockFile, "<<<<<<< HEAD\n");
    await assert.rejects(runPush({ plans: [orders], registry: opened.registry, lockFile, dryRun: false }), {
      code: "CONTRACTS_LOCK_INVALID",
    });
    assert.deepEqual(await opened.registry.subjects(""), []);
  });

  test("a subject that the registry does not let change leaves the others as they are", async (t) => {
    await using opened = await openRegistry();
    const { registry } = opened;
    const headers = { "content-type": "application/vnd.schemaregistry.v1+json" };
    const body = JSON.stringify({ mode: "READONLY" });
    await fetch(`${registry.url}/mode/order.completed.v1`, { method: "PUT", headers, body });
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    const pushed = await runPush({ plans: [orders, billing], registry, lockFile, dryRun: false });
    assert.deepEqual(outcomes(pushed), [
      "invoice.created registered 1/1",
      "order.completed refused -/-",
      "order.created registered 1/2",
    ]);
    assert.match(pushed.contracts[1]?.reasons[0]?.message ?? "", /read-only mode/);
  });

  test("a lock that cannot be put in its place is told before anything is registered", async (t) => {
    await using opened = await openRegistry();
    const lockFile = join(temporaryFolder(t), "no", "contracts.lock.json");
    await assert.rejects(runPush({ plans: [orders], registry: opened.registry, lockFile, dryRun: false }), {
      code: "CLI_FILE_UNWRITABLE",
    });
    assert.deepEqual(await opened.registry.subjects(""), []);
  });

  test("a contract in Avro is registered in Avro, is the same the next time, and breaks by what Avro cannot read", async (t) => {
    await using opened = await openRegistry();
    const { registry } = opened;
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    const inAvro = (...fields: object[]) => {
      const all = [{ name: "id", type: "string" }, ...fields];
      const encoding = avro({ type: "record", name: "Order", fields: all });
      return planOf("orders", [contractOf("order.created", { note: text }, { encoding })]);
    };
    const push = (plan: ReturnType<typeof planOf>) => runPush({ plans: [plan], registry, lockFile, dryRun: false });
    const note = { name: "note", type: ["null", "string"], default: null };
    assert.deepEqual(outcomes(await push(inAvro(note))), ["order.created registered 1/1"]);
    const again = await push(inAvro(note));
    assert.deepEqual([outcomes(again), again.contracts[0]?.compared?.status], [["order.created known 1/1"], "same"]);
    assert.equal((await registry.bySubject("order.created.v1", 1))?.schemaType, "AVRO");
    const wider = await push(inAvro(note, { name: "more", type: ["null", "string"], default: null }));
    assert.deepEqual([outcomes(wider), wider.contracts[0]?.compared?.status], [["order.created registered 2/2"], "compatible"]);
    const locked = (await readLockFile(lockFile))?.contracts["order.created"]?.[1];
    assert.deepEqual([locked?.encoding?.schemaType, locked?.before[0]?.registered?.id], ["AVRO", 1]);
    assert.deepEqual(Object.keys(locked?.before[0]?.data["properties"] as object).toSorted(), ["id", "note"]);
    assert.deepEqual(outcomes(await push(inAvro({ name: "note", type: "string" }))), ["order.created refused -/-"]);
    const asJson = await push(planOf("orders", [contractOf("order.created", { note: text })]));
    assert.deepEqual(
      asJson.contracts[0]?.reasons.map(({ kind }) => kind),
      ["encoding_changed"],
    );
  });

  test("refuses two services that have different ideas of one contract, and takes two that share it", async (t) => {
    await using opened = await openRegistry();
    const lockFile = join(temporaryFolder(t), "contracts.lock.json");
    const twice = (other: Record<string, object>) => [
      planOf("a", [contractOf("order.created")]),
      planOf("b", [contractOf("order.created", other)]),
    ];
    await assert.rejects(runPush({ plans: twice({ note: text }), registry: opened.registry, lockFile, dryRun: false }), {
      code: "CLI_CONTRACT_TWICE",
      message: /a and b both publish order\.created version 1/,
    });
    assert.equal((await runPush({ plans: twice({}), registry: opened.registry, lockFile, dryRun: false })).ok, true);
  });
});
