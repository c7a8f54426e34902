import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openSqliteLog } from "@throughline/sqlite";
import { createMemoryLog, encodeEvent } from "throughline";
import { startPostgres, unsynced } from "../../../scripts/services/postgres.ts";
import { runCommand } from "./run-command.ts";

const server = await startPostgres({ settings: unsynced });
after(() => server.close());
const folder = mkdtempSync(join(tmpdir(), "throughline-console-store-"));
after(() => rmSync(folder, { recursive: true, force: true }));

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + 60_000;
  while (!(await condition())) {
    assert.ok(Date.now() < endsAt, `it did not happen within 60 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("two consoles on one database index one log together, and the one that is left goes on", async () => {
  const file = join(folder, "events.db");
  const log = await openSqliteLog({ path: file });
  await log.createTopics([{ name: "order", partitions: 1 }]);
  const publish = async (id: string): Promise<void> => {
    const event = { id, source: "orders", type: "order.completed", subject: "o-1", timeMs: Date.now(), dataVersion: 1, data: {} };
    const { key, value, headers } = encodeEvent({ ...event, correlationId: "flow-1", causationId: null, tenantId: null });
    await log.append([{ topic: "order", key, value, headers }]);
  };
  for (let n = 0; n < 500; n++) await publish(`e-${n}`);
  const open = async (n: number) => {
    const stop = new AbortController();
    const listening = Promise.withResolvers<string>();
    const args = ["console", "--port", "0", "--data", join(folder, `control-${n}`), "--events", `sqlite:${file}`, "--json"];
    const ended = runCommand(createMemoryLog(), args, {
      env: { THROUGHLINE_CONTROL_STORE: server.url() },
      signal: stop.signal,
      onOutput: (text) => listening.resolve(text),
    });
    const { url } = JSON.parse(await Promise.race([listening.promise, ended.then(({ stderr }) => assert.fail(stderr))])) as {
      url: string;
    };
    const close = async (): Promise<void> => {
      stop.abort();
      const { exitCode, stderr } = await ended;
      assert.deepEqual([exitCode, stderr], [0, ""]);
    };
    const events = async (): Promise<number> => {
      const response = await fetch(`${url}/api/v1/flows/flow-1`);
      return response.ok ? ((await response.json()) as { events: object[] }).events.length : 0;
    };
    return { url, close, events };
  };
  const [one, two] = await Promise.all([open(1), open(2)]);
  for (const console of [one, two]) await until("the flow is whole", async () => (await console.events()) === 500);
  // The registry below it is one for all of them, too.
  const registered = await fetch(`${one.url}/registry/subjects/s/versions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ schema: '"string"' }),
  });
  assert.deepEqual(await registered.json(), { id: 1 });
  assert.deepEqual(await (await fetch(`${two.url}/registry/subjects`)).json(), ["s"]);
  await one.close();
  await publish("e-500");
  await until("the other one goes on", async () => (await two.events()) === 501);
  await two.close();
  await log.close();
});

test("a store that is none is refused with what it takes", async () => {
  const { exitCode, stderr } = await runCommand(createMemoryLog(), [
    "console",
    "--store",
    "sqlite:x.db",
    "--events",
    "sqlite:y.db",
  ]);
  assert.equal(exitCode, 2);
  assert.match(stderr, /--store takes postgres:\/\/user:password@host:5432\/database/);
});
