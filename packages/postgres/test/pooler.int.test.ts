import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import pg from "pg";
import { systemSurroundings } from "throughline";
import { freePorts } from "../../../scripts/services/free-ports.ts";
import { postgres } from "../src/index.ts";
import { until } from "./child-process.ts";
import { outboxRow, put, registerHandler, tables } from "./store-fixture.ts";
import { testServer } from "./test-server.ts";

const isInstalled = spawnSync("pgbouncer", ["--version"]).status === 0;
const { server, database } = await testServer({ settings: { fsync: "off" } });

/** PgBouncer in transaction mode before the server, with two connections to it. */
async function pooler(t: TestContext, address: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-pgbouncer-"));
  const [port = 0] = await freePorts(1);
  const url = new URL(address);
  await writeFile(join(folder, "users"), `"${url.username}" "${url.password}"\n`);
  await writeFile(
    join(folder, "pgbouncer.ini"),
    `[databases]
* = host=127.0.0.1 port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${join(folder, "users")}
pool_mode = transaction
default_pool_size = 2
`,
  );
  const asUser = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  if ("uid" in asUser) for (const name of ["", "users", "pgbouncer.ini"]) await chown(join(folder, name), 65_534, 65_534);
  const child: ChildProcess = spawn("pgbouncer", [join(folder, "pgbouncer.ini")], { ...asUser, stdio: "ignore" });
  t.after(async () => {
    if (child.exitCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  });
  url.port = String(port);
  await until("it answers", async () => {
    const client = new pg.Client({ connectionString: url.href });
    client.on("error", () => undefined);
    const answers = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => undefined);
    return answers;
  });
  return url.href;
}

test(
  "behind PgBouncer in transaction mode everything works, and a warning tells what it costs",
  { skip: isInstalled ? false : "pgbouncer is not installed" },
  async (t) => {
    const url = await pooler(t, await database());
    const warnings: string[] = [];
    const store = postgres({ url, tables, onWarning: (message) => warnings.push(message) });
    t.after(() => store.close());
    await store.open({ service: "billing", surroundings: systemSurroundings });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /through a pooler/);
    assert.ok(!warnings[0]?.includes("@"));

    let wakes = 0;
    t.after(store.onCommitted(() => (wakes += 1)).stop);
    const run = await registerHandler(store);
    const cursor = { ...run, topicId: "t", partition: 0 };
    const row = { ...cursor, topic: "t", offset: 0, originOffset: 0, untilOffset: null, logTimeMs: 0, reportedOffset: 0 };
    await store.unitOfWork((unit) => unit.cursors.add([row]));
    for (let n = 0; n < 20; n += 1)
      await store.unitOfWork(async (unit) => {
        assert.equal((await unit.cursors.lock(cursor))?.offset, n);
        await unit.positions.lock(run, "order", [`o-${n % 5}`], { wait: false });
        await unit.isolate(
          async (tx) => {
            // Its name is taken off: the next transaction may run where it was not prepared.
            await tx.query({ name: "put", text: put, values: [`k-${n}`, n] });
            await store.publishIn(tx, [outboxRow(n)]);
          },
          { savepoint: true, alone: false },
        );
        await unit.cursors.move(cursor, n, n + 1, 0);
      });
    await Promise.all(
      Array.from({ length: 8 }, (_, w) =>
        store.transaction(async (tx) => {
          await tx.query({ name: "put", text: put, values: [`w-${w}`, w] });
          await tx.query("SELECT pg_sleep(0.01)");
          await store.publishIn(tx, [outboxRow(100 + w)]);
        }),
      ),
    );
    const rows = await store.unitOfWork((unit) => unit.outbox.number(100));
    assert.deepEqual(
      rows.map(({ sequence }) => sequence),
      Array.from({ length: 28 }, (_, i) => i + 1),
    );
    assert.ok(wakes >= 20, "its own commits wake it at once");
    const { rows: settings } = await store.query("SELECT setting FROM pg_settings WHERE name = 'transaction_timeout'");
    assert.deepEqual(settings, [{ setting: "0" }], "nothing is left on the server's connections");
  },
);
