import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openSqliteLog } from "@throughline/sqlite";
import { createMemoryLog, encodeEvent } from "throughline";
import { runCommand } from "../../test/run-command.ts";

function folder(t: { after(end: () => void): void }): string {
  const made = mkdtempSync(join(tmpdir(), "throughline-console-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test("the console indexes the log while it listens, has the registry below it, and stops cleanly", async (t) => {
  const data = folder(t);
  const file = join(data, "events.db");
  const log = await openSqliteLog({ path: file });
  t.after(() => log.close());
  await log.createTopics([{ name: "order", partitions: 1 }]);
  const { key, value, headers } = encodeEvent({
    id: "e-1",
    source: "orders",
    type: "order.completed",
    subject: "o-1",
    timeMs: Date.now(),
    dataVersion: 1,
    data: {},
    correlationId: "flow-1",
    causationId: null,
    tenantId: null,
  });
  await log.append([{ topic: "order", key, value, headers }]);
  const stop = new AbortController();
  const listening = Promise.withResolvers<string>();
  const args = ["console", "--port", "0", "--data", join(data, "control"), "--events", `sqlite:${file}`, "--json"];
  const running = runCommand(createMemoryLog(), args, { signal: stop.signal, onOutput: (text) => listening.resolve(text) });
  const { url } = JSON.parse(await listening.promise) as { url: string };
  const find = (): Promise<Response> => fetch(`${url}/api/v1/flows/flow-1`);
  while (!(await find()).ok) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(((await (await find()).json()) as { events: { id: string }[] }).events[0]!.id, "e-1");
  const registered = await fetch(`${url}/registry/subjects/s/versions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ schema: '"string"' }),
  });
  assert.deepEqual(await registered.json(), { id: 1 });
  stop.abort();
  assert.equal((await running).exitCode, 0);
  await assert.rejects(fetch(url));
});

test("a console on a port that is taken, or on a log that is not there, is one clear error", async (t) => {
  const data = folder(t);
  const file = join(data, "events.db");
  await (await openSqliteLog({ path: file })).close();
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  const on = (events: string, ...more: string[]) =>
    runCommand(createMemoryLog(), ["console", "--data", join(data, "control"), "--events", events, ...more]);
  const taken = await on(`sqlite:${file}`, "--port", String(port));
  assert.equal(taken.exitCode, 1);
  assert.match(taken.stderr, new RegExp(`it cannot listen at 127.0.0.1:${port} \\(EADDRINUSE\\)`));
  const missing = await on(`sqlite:${join(data, "none.db")}`, "--port", "0");
  assert.equal(missing.exitCode, 1);
  assert.match(missing.stderr, /none\.db/);
});

test("a console with a configuration has its channels, keeps their secrets, and refuses one that cannot be", async (t) => {
  const data = folder(t);
  const file = join(data, "events.db");
  await (await openSqliteLog({ path: file })).close();
  const config = join(data, "control.json");
  const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  const pager = { kind: "webhook", url: "https://pager.example.com/hooks/7", secret: { env: "PAGER_SECRET" } };
  writeFileSync(config, JSON.stringify({ alerts: { channels: { pager }, rules: { default: { maxBehind: 50 } } } }));
  const stop = new AbortController();
  const listening = Promise.withResolvers<string>();
  const args = ["console", "--data", join(data, "control"), "--events", `sqlite:${file}`, "--config", config, "--json"];
  const running = runCommand(createMemoryLog(), [...args, "--port", "0"], {
    env: { PAGER_SECRET: secret },
    signal: stop.signal,
    onOutput: (text) => listening.resolve(text),
  });
  const { url } = JSON.parse(await listening.promise) as { url: string };
  const channels = await (await fetch(`${url}/api/v1/channels`)).text();
  assert.match(channels, /"name":"pager","kind":"webhook","target":"pager\.example\.com"/);
  assert.ok(!channels.includes(secret) && !channels.includes("/hooks/7"));
  const rules = (await (await fetch(`${url}/api/v1/lag-rules`)).json()) as { default: { maxBehind: number } };
  assert.equal(rules.default.maxBehind, 50);
  stop.abort();
  assert.equal((await running).exitCode, 0);
  const refused = await runCommand(createMemoryLog(), [...args, "--port", "0"]);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /\/alerts\/channels\/pager\/secret neither PAGER_SECRET nor PAGER_SECRET_FILE is set/);
});
