import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { contractOf, openRegistry, planOf, temporaryFolder } from "../../../test/contracts-fixture.ts";
import { readLockFile } from "../lock-file.ts";
import { runPush } from "../run-push.ts";
import { findInLock, findInRegistry, pullContracts } from "./pull-contracts.ts";

const text = { type: "string" };
const first = contractOf("order.created", { total: text }, { required: ["total"] });
const second = contractOf(
  "order.created",
  { cents: { type: "integer" } },
  { version: 2, required: ["cents"], upcast: { 1: (old) => ({ ...old, cents: 0 }) } },
);

test("the newest version is pulled, or the one that is wanted, from a registry and from a lock alike", async (t) => {
  await using opened = await openRegistry();
  const folder = temporaryFolder(t);
  const lockFile = join(folder, "contracts.lock.json");
  await runPush({ plans: [planOf("orders", [first, second])], registry: opened.registry, lockFile, dryRun: false });
  const texts: string[] = [];
  for (const find of [findInRegistry(opened.registry), findInLock((await readLockFile(lockFile))!, lockFile)]) {
    for (const [version, wanted] of [
      [2, null],
      [1, 1],
    ] as const) {
      const out = join(folder, `${texts.length}`);
      const [pulled] = await pullContracts(find, ["order.created"], { folder: out, version: wanted, said: {} });
      assert.deepEqual([pulled?.outcome, pulled?.version], ["written", version]);
      texts.push(readFileSync(join(out, "order-created.ts"), "utf8").replaceAll(/^ \* From .*$|^\/\/ Checksum.*$/gm, ""));
    }
  }
  assert.deepEqual(texts.slice(0, 2), texts.slice(2));
  assert.match(texts[0]!, /^ {2}version: 2,$/m);
  assert.match(texts[1]!, /^ {2}version: 1,$/m);
});

test("of a version whose older events must be lifted says so, has their types, and takes the upcasters that stand beside it", async (t) => {
  await using opened = await openRegistry();
  const folder = temporaryFolder(t);
  const lockFile = join(folder, "contracts.lock.json");
  await runPush({ plans: [planOf("orders", [first, second])], registry: opened.registry, lockFile, dryRun: false });
  const pull = () => pullContracts(findInRegistry(opened.registry), ["order.created"], { folder, version: null, said: {} });
  const upcasts = join(folder, "order-created.upcast.ts");
  const [lacking] = await pull();
  assert.deepEqual(lacking?.lacks, { versions: [1], file: upcasts });
  const file = join(folder, "order-created.ts");
  assert.match(readFileSync(file, "utf8"), /^export interface OrderCreatedDataV1 \{\n {2}id: string;\n {2}total: string;\n\}$/m);
  assert.doesNotMatch(readFileSync(file, "utf8"), /upcast/);
  writeFileSync(upcasts, "export const upcast = {};\n");
  const [complete] = await pull();
  assert.deepEqual([complete?.outcome, complete?.lacks], ["written", null]);
  assert.match(readFileSync(file, "utf8"), /^import \{ upcast \} from "\.\/order-created\.upcast\.ts";$/m);
  assert.match(readFileSync(file, "utf8"), /^ {2}upcast,$/m);
  assert.equal((await pull())[0]?.outcome, "unchanged");
});

test("an older version that can be read as it is needs nothing", async (t) => {
  await using opened = await openRegistry();
  const folder = temporaryFolder(t);
  const lockFile = join(folder, "contracts.lock.json");
  const wider = contractOf("order.created", { total: text, more: text }, { version: 2 });
  await runPush({ plans: [planOf("orders", [first, wider])], registry: opened.registry, lockFile, dryRun: false });
  const [pulled] = await pullContracts(findInRegistry(opened.registry), ["order.created"], { folder, version: null, said: {} });
  assert.equal(pulled?.lacks, null);
  assert.doesNotMatch(readFileSync(join(folder, "order-created.ts"), "utf8"), /DataV1/);
});

test("two types whose names make one file's name do not write over each other", async (t) => {
  await using opened = await openRegistry();
  const folder = temporaryFolder(t);
  const lockFile = join(folder, "contracts.lock.json");
  const types = ["order.line-added", "order.line.added"];
  await runPush({
    plans: [
      planOf(
        "orders",
        types.map((type) => contractOf(type)),
      ),
    ],
    registry: opened.registry,
    lockFile,
    dryRun: false,
  });
  const pull = (type: string) => pullContracts(findInRegistry(opened.registry), [type], { folder, version: null, said: {} });
  await pull(types[0]!);
  await assert.rejects(pull(types[1]!), { code: "CLI_FILE_NOT_OURS", message: /the contract of another type/ });
});

test("what a registry says of a contract is not taken on trust", async (t) => {
  await using opened = await openRegistry();
  const folder = temporaryFolder(t);
  const facts = { type: 'a.b"; process.exit(1); //', version: 1, service: "x", owner: null, stream: "a", subject: "id" };
  const data = { type: "object", properties: { id: text }, required: ["id"] };
  const evil = { ...data, "x-throughline": { ...facts, tenant: null, personal: [], description: "*/ process.exit(1); /*" } };
  await opened.registry.register("a.b.v1", { schemaType: "JSON", schema: JSON.stringify(evil) });
  const [pulled] = await pullContracts(findInRegistry(opened.registry), ["a.b"], { folder, version: null, said: {} });
  assert.equal(pulled?.outcome, "left-out");
  assert.match(pulled?.why ?? "", /must be dot-separated words/);
});
