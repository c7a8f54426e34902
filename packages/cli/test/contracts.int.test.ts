import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { type ContractsLock, parseContractsLock } from "throughline/contracts";
import { freePorts } from "../../../scripts/services/free-ports.ts";
import { projectFolder, RegistryProcess, startCommand, writeService } from "./contracts-processes.ts";

const text = { type: "string" };
const many = Object.fromEntries(
  Array.from({ length: 60 }, (_, n) => [`thing.made-${String(n).padStart(2, "0")}`, { note: text }]),
);

async function registryIn(t: Parameters<typeof projectFolder>[0], folder: string): Promise<RegistryProcess> {
  const [port = 0] = await freePorts(1);
  return new RegistryProcess(t, folder, port).start();
}

const lockIn = (folder: string): ContractsLock =>
  parseContractsLock(readFileSync(join(folder, "contracts.lock.json"), "utf8"), "contracts.lock.json");

/** The ids of a lock by type. */
const idsOf = ({ contracts }: ContractsLock): Record<string, number | undefined> =>
  Object.fromEntries(Object.entries(contracts).map(([type, versions]) => [type, versions[1]?.registered?.id]));

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + 30_000;
  while (!(await condition())) {
    assert.ok(performance.now() < endsAt, what);
    await pause(2);
  }
}

test("push, check and pull go together, by exit code and as JSON", { timeout: 120_000 }, async (t) => {
  const folder = projectFolder(t);
  const { url } = await registryIn(t, folder);
  const env = { THROUGHLINE_REGISTRY: url };
  const run = (...args: string[]) => startCommand(["contracts", ...args], { cwd: folder, env }).ended;
  mkdirSync(join(folder, "services"));
  writeService(join(folder, "services"), "orders", { "order.created": { note: text } });

  const unlocked = await run("check");
  assert.deepEqual([unlocked.code, /1 is new; the lock is out of date/.test(unlocked.stdout)], [1, true], unlocked.stderr);
  const pushed = await run("push", "--json");
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.partialDeepStrictEqual(JSON.parse(pushed.stdout), {
    ok: true,
    registry: url,
    lock: { file: "contracts.lock.json", changed: true },
    contracts: [{ type: "order.created", outcome: "registered", registered: { version: 1, id: 1 } }],
  });
  assert.equal((await run("check")).code, 0);

  writeService(join(folder, "services"), "orders", { "order.created": { note: { type: "integer" } } });
  const broken = await run("check", "--json");
  assert.equal(broken.code, 1);
  assert.partialDeepStrictEqual(JSON.parse(broken.stdout), {
    ok: false,
    contracts: [{ status: "breaking", differences: [{ kind: "type_narrowed", pointer: "/properties/note/type" }] }],
    lock: { isStale: true },
  });
  const refused = await run("push");
  assert.equal(refused.code, 1);
  assert.match(
    refused.stdout,
    /Refused, and not registered:\n {2}order\.created version 1, published by orders\n {4}- "\/note" must be integer/,
  );
  assert.equal((await run("push", "--registry", "nowhere")).code, 1);
  assert.equal((await startCommand(["contracts", "push"], { cwd: folder }).ended).code, 2);
});

test("a push to what is not there, or is no registry, leaves the lock as it is", { timeout: 120_000 }, async (t) => {
  const folder = projectFolder(t);
  const { url } = await registryIn(t, folder);
  mkdirSync(join(folder, "services"));
  writeService(join(folder, "services"), "orders", { "order.created": { note: text } });
  const push = (registry: string) => startCommand(["contracts", "push", "--registry", registry], { cwd: folder }).ended;
  const [free = 0] = await freePorts(1);
  const nobody = `http://127.0.0.1:${free}`;
  const page = createServer((_request, response) => response.end("null")).listen(0, "127.0.0.1");
  t.after(() => page.close());
  await once(page, "listening");
  const noRegistry = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
  const file = join(folder, "contracts.lock.json");

  assert.equal((await push(nobody)).code, 1);
  assert.equal(existsSync(file), false);
  assert.equal((await push(url)).code, 0);
  const before = readFileSync(file, "utf8");
  for (const [registry, why] of [
    [nobody, /is away/],
    [noRegistry, /is no schema registry/],
  ] as const) {
    const { code, stdout, stderr } = await push(registry);
    assert.equal(code, 1);
    assert.match(stderr, why);
    assert.match(stdout, /contracts\.lock\.json stays as it is\./);
    assert.equal(readFileSync(file, "utf8"), before);
  }
  const checked = await startCommand(["contracts", "check", "--registry", noRegistry], { cwd: folder }).ended;
  assert.equal(checked.code, 1);
  assert.match(checked.stderr, /is no schema registry/);
});

test(
  "two pushes at once of two teams lose nothing of each other, and two of one team are one",
  { timeout: 120_000 },
  async (t) => {
    const folder = projectFolder(t);
    const registry = await registryIn(t, folder);
    for (const team of ["a", "b"]) {
      mkdirSync(join(folder, team));
      writeService(
        join(folder, team),
        `of-${team}`,
        Object.fromEntries(Object.entries(many).map(([type, each]) => [`${team}${type}`, each])),
      );
    }
    const pushes = ["a", "b", "a", "b"].map((team) =>
      startCommand(["contracts", "push", team, "--registry", registry.url], { cwd: folder }),
    );
    for (const { ended } of pushes) {
      const { code, stdout, stderr } = await ended;
      assert.equal(code, 0, stdout + stderr);
    }
    const ids = idsOf(lockIn(folder));
    assert.equal(Object.keys(ids).length, 120);
    assert.equal(new Set(Object.values(ids)).size, 120);
    assert.deepEqual(readdirSync(folder).toSorted(), ["a", "b", "contracts.lock.json", "registry"]);
    for (const team of ["a", "b"]) {
      const { code, stdout } = await startCommand(["contracts", "check", team, "--registry", registry.url], { cwd: folder })
        .ended;
      assert.deepEqual([code, /all 60 are as agreed/.test(stdout)], [0, true], stdout);
    }
  },
);

test(
  "a push that is killed leaves no half of a lock, and is finished by the next one, with the same ids",
  { timeout: 180_000 },
  async (t) => {
    const folder = projectFolder(t);
    const registry = await registryIn(t, folder);
    mkdirSync(join(folder, "services"));
    writeService(join(folder, "services"), "things", many);
    const push = () => startCommand(["contracts", "push", "--registry", registry.url], { cwd: folder });
    for (const killedAt of [1, 20, 45]) {
      const { child, ended } = push();
      await until(`${killedAt} are registered`, async () => (await registry.subjects()).length >= killedAt);
      child.kill("SIGKILL");
      assert.equal((await ended).code, null);
      assert.equal(existsSync(join(folder, "contracts.lock.json")), false);
    }
    const before = await registry.subjects();
    assert.ok(before.length < 60, "it was killed too late");
    const ids = await Promise.all(
      before.map(async (subject) => {
        const { id } = (await (await fetch(`${registry.url}/subjects/${subject}/versions/1`)).json()) as { id: number };
        return [subject.replace(/\.v1$/, ""), id] as const;
      }),
    );
    const { code, stdout, stderr } = await push().ended;
    assert.equal(code, 0, stdout + stderr);
    const finished = idsOf(lockIn(folder));
    assert.equal(Object.keys(finished).length, 60);
    for (const [type, id] of ids) assert.equal(finished[type], id);
    const text = readFileSync(join(folder, "contracts.lock.json"), "utf8");
    assert.match((await push().ended).stdout, /60 were there already\.\ncontracts\.lock\.json stays as it is\./);
    assert.equal(readFileSync(join(folder, "contracts.lock.json"), "utf8"), text);
  },
);

test("a registry that is killed in the middle of a push and comes back costs no id", { timeout: 180_000 }, async (t) => {
  const folder = projectFolder(t);
  const registry = await registryIn(t, folder);
  mkdirSync(join(folder, "services"));
  writeService(join(folder, "services"), "things", many);
  const push = () => startCommand(["contracts", "push", "--registry", registry.url], { cwd: folder });
  const first = push();
  await until("some are registered", async () => (await registry.subjects()).length >= 10);
  await registry.kill();
  await registry.start();
  const { code, stdout, stderr } = await first.ended;
  // Back in time, it went on; else it said so, and the lock has what was registered.
  if (code !== 0) {
    assert.match(stderr, /is away/);
    assert.match(stdout, /Not asked for:/);
  }
  const before = idsOf(lockIn(folder));
  const { code: again, stdout: said } = await push().ended;
  assert.equal(again, 0, stdout + stderr + said);
  const after = idsOf(lockIn(folder));
  assert.equal(Object.keys(after).length, 60);
  for (const [type, id] of Object.entries(before)) assert.equal(after[type], id);
  assert.equal(new Set(Object.values(after)).size, 60);
});

test(
  "what is pulled compiles by the house's strict settings, works, and is never written over what is not its own",
  { timeout: 180_000 },
  async (t) => {
    const folder = projectFolder(t);
    const { url } = await registryIn(t, folder);
    mkdirSync(join(folder, "services"));
    writeFileSync(join(folder, "services", "orders.service.ts"), orders);
    const run = (...args: string[]) => startCommand(["contracts", ...args, "--registry", url], { cwd: folder }).ended;
    assert.equal((await run("push")).code, 0);
    // As a client of another language registers it: by a name of its own, and with nothing said of a contract.
    const foreign = { type: "object", properties: { sku: text, left: { type: "integer" } }, required: ["sku"] };
    for (const [subject, body] of [
      [
        "stock-value",
        { schemaType: "JSON", schema: JSON.stringify({ $schema: "http://json-schema.org/draft-06/schema#", ...foreign }) },
      ],
      [
        "old-value",
        { schemaType: "JSON", schema: JSON.stringify({ $schema: "http://json-schema.org/draft-04/schema#", ...foreign }) },
      ],
    ] as const) {
      const headers = { "content-type": "application/vnd.schemaregistry.v1+json" };
      assert.equal(
        (await fetch(`${url}/subjects/${subject}/versions`, { method: "POST", headers, body: JSON.stringify(body) })).status,
        200,
      );
    }
    const pulled = await run("pull", "order.placed", "order.changed", "--out", "pulled");
    assert.equal(pulled.code, 0, pulled.stderr);
    const said = await run(
      "pull",
      "stock-value",
      "--type",
      "stock.counted",
      "--subject",
      "sku",
      "--stream",
      "stock",
      "--out",
      "pulled",
    );
    assert.equal(said.code, 0, said.stdout + said.stderr);
    for (const [args, why] of [
      [["stock-value"], /says of no contract what it is; say --type <type>, --subject <property>, --stream <topic>/],
      [
        ["old-value", "--type", "old.one", "--subject", "sku", "--stream", "old"],
        /left out {3}old-value: it is written in ".*draft-04/,
      ],
      [
        ["stock-value", "--type", "stock.counted", "--subject", "left", "--stream", "stock"],
        /left out .*must be a required property/,
      ],
      [["no.such"], /left out {3}no\.such: there is no contract of this type/],
    ] as const) {
      const { code, stdout } = await run("pull", ...args, "--out", "pulled");
      assert.equal(code, 1);
      assert.match(stdout, why);
    }
    const clicks = {
      type: "record",
      name: "Click",
      fields: [
        { name: "id", type: "string" },
        { name: "n", type: "long" },
      ],
    };
    const headers = { "content-type": "application/vnd.schemaregistry.v1+json" };
    const body = JSON.stringify({ schema: JSON.stringify(clicks) });
    assert.equal((await fetch(`${url}/subjects/clicks-value/versions`, { method: "POST", headers, body })).status, 200);
    const inAvro = ["clicks-value", "--type", "click.made", "--subject", "id", "--stream", "clicks"];
    assert.equal((await run("pull", ...inAvro, "--out", "pulled")).code, 0);
    const files = ["click-made.ts", "order-changed.ts", "order-placed.ts", "stock-counted.ts"];
    assert.deepEqual(readdirSync(join(folder, "pulled")).toSorted(), files);
    writeFileSync(join(folder, "pulled", "use.ts"), use);
    const settings = { extends: "../../../../../tsconfig.base.json", compilerOptions: { noEmit: true }, include: ["*.ts"] };
    writeFileSync(join(folder, "pulled", "tsconfig.json"), JSON.stringify(settings));
    const compiler = join(import.meta.dirname, "../../../node_modules/.bin/tsc");
    await promisify(execFile)(compiler, ["-p", join(folder, "pulled"), "--pretty", "false"]).catch(
      ({ stdout }: { stdout: string }) =>
        assert.fail(`${stdout}\n${readFileSync(join(folder, "pulled", "order-placed.ts"), "utf8")}`),
    );
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--conditions=throughline-source",
      join(folder, "pulled", "use.ts"),
    ]);
    assert.deepEqual(JSON.parse(stdout), ["fine", "EVENT_INVALID", "EVENT_INVALID"]);

    // Nothing new: nothing is written. Formatted: still its own. Changed, or somebody's: left as it is.
    const file = join(folder, "pulled", "order-placed.ts");
    assert.match((await run("pull", "order.placed", "--out", "pulled")).stdout, /^unchanged/);
    const formatted = readFileSync(file, "utf8").replaceAll("\n    ", "\n\t\t").replaceAll('"', "'");
    writeFileSync(
      file,
      formatted.replace(/^\/\/ Written by 'throughline contracts pull'/, `// Written by "throughline contracts pull"`),
    );
    assert.match((await run("pull", "order.placed", "--out", "pulled")).stdout, /^written/);
    for (const [change, why] of [
      [(before: string) => before.replace("id: string", "id: number"), /it was changed since it was written/],
      [() => "export const mine = 1;\n", /"throughline contracts pull" did not write it/],
    ] as const) {
      const changed = change(readFileSync(file, "utf8"));
      writeFileSync(file, changed);
      const { code, stderr } = await run("pull", "order.placed", "--out", "pulled");
      assert.equal(code, 1);
      assert.match(stderr, why);
      assert.equal(readFileSync(file, "utf8"), changed);
    }
  },
);

test(
  "in development contracts are registered when services start, and a registry that is away is one warning",
  { timeout: 120_000 },
  async (t) => {
    const folder = projectFolder(t);
    mkdirSync(join(folder, "services"));
    writeService(join(folder, "services"), "orders", { "order.created": { note: text } });
    writeService(join(folder, "services"), "billing", { "invoice.created": {} });
    const [port = 0] = await freePorts(1);
    const registry = new RegistryProcess(t, folder, port);
    const env = { THROUGHLINE_REGISTRY: registry.url };
    const dev = async (until: (output: string) => boolean): Promise<string> => {
      const { child, ended, output } = startCommand(["dev"], { cwd: folder, env });
      t.after(() => child.kill("SIGKILL"));
      const endsAt = performance.now() + 30_000;
      while (!until(output())) {
        assert.ok(performance.now() < endsAt && child.exitCode === null, output());
        await pause(10);
      }
      child.kill("SIGINT");
      return (await ended).stdout;
    };
    const started = / up$/gm;
    const away = await dev((output) => output.match(started)?.length === 2 && output.includes("is away"));
    assert.equal(
      away.match(/contracts are not registered: the schema registry at .* is away .*Services run all the same/g)?.length,
      1,
    );
    await registry.start();
    const there = await dev((output) => (output.match(/INFO +registered/g)?.length ?? 0) === 2);
    assert.match(there, /INFO +registered order\.created version 1 \(id [12]\)/);
    assert.deepEqual(await registry.subjects(), ["invoice.created.v1", "order.created.v1"]);
    writeService(join(folder, "services"), "orders", { "order.created": { note: { type: "integer" } } });
    const refused = await dev(
      (output) => output.includes("is not registered, for it breaks") && output.match(started)?.length === 2,
    );
    assert.match(
      refused,
      /WARN +contract order\.created version 1 of orders is not registered, .*"\/note" must be integer.*define version 2/,
    );
  },
);

const orders = `
import { createMemoryLog, createService, defineEvent, runUntilSignal } from "throughline";
const line = { type: "object", properties: { sku: { type: "string" }, parts: { type: "array", items: { $ref: "#/$defs/line" } } }, required: ["sku"] };
const placed = defineEvent<"order.placed", { id: string; tenant_id?: string }>("order.placed", {
  version: 1, subject: "id", tenant: "tenant_id", personal: ["mail"], description: "Somebody wants something.\\nAnd pays */ later.",
  data: {
    type: "object",
    properties: {
      id: { type: "string", description: "Never reused." },
      tenant_id: { type: "string" },
      mail: { type: "string", format: "email" },
      "ship-to": { anyOf: [{ type: "object", properties: { city: { type: "string" } }, required: ["city"] }, { type: "null" }] },
      lines: { type: "array", items: { $ref: "#/$defs/line" } },
      state: { enum: ["open", "closed"] },
      __proto__2: { type: "string" },
    },
    required: ["id", "lines"],
    $defs: { line },
  },
});
const changed = defineEvent<"order.changed", { id: string; what: string }>("order.changed", {
  version: 1, subject: "id", stream: "order-changes",
  data: {
    type: "object", properties: { id: { type: "string" } }, required: ["id", "what"],
    oneOf: [
      { properties: { what: { const: "price" }, price: { type: "number" } }, required: ["what", "price"] },
      { properties: { what: { const: "note" }, note: { type: "string" } }, required: ["what"] },
    ],
  },
});
process.exitCode = await runUntilSignal(createService({ name: "orders", owner: "checkout", eventLog: createMemoryLog(), publishes: [placed, changed] }));
`;

const use = `
import { createMemoryLog, createService } from "throughline";
import { OrderChanged, type OrderChangedData } from "./order-changed.ts";
import { OrderPlaced, type OrderPlacedData } from "./order-placed.ts";
import { ClickMade, type ClickMadeData } from "./click-made.ts";
import { StockCounted } from "./stock-counted.ts";

const click: ClickMadeData = { id: "c", n: 7 };
const encoded = ClickMade.encoding?.encode(click);
if (encoded === undefined || !("bytes" in encoded) || encoded.bytes.length !== 3) throw new Error("it is not written in Avro");

const service = createService({ name: "orders", eventLog: createMemoryLog(), publishes: [OrderPlaced, OrderChanged, StockCounted], log: { silent: true } });
await using _running = await service.start();
const order: OrderPlacedData = { id: "o", lines: [{ sku: "a", parts: [{ sku: "b" }] }], state: "open", "ship-to": { city: "Bern" } };
await service.publish(OrderPlaced, order);
const change: OrderChangedData = { id: "o", what: "price", price: 1.5 };
await service.publish(OrderChanged, change);
await service.publish(StockCounted, { sku: "a" });
const code = async (work: () => Promise<unknown>): Promise<string> =>
  work().then(() => "fine", (error: unknown) => (error as { code: string }).code);
// @ts-expect-error a state that there is not
const wrong = await code(() => service.publish(OrderPlaced, { id: "o", lines: [], state: "gone" }));
// @ts-expect-error its id is missing
const missing = await code(() => service.publish(OrderPlaced, { lines: [] }));
console.log(JSON.stringify([await code(() => service.publish(OrderPlaced, order)), wrong, missing]));
`;
