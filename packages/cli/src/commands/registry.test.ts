import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createMemoryLog } from "throughline";
import { runCommand } from "../../test/run-command.ts";

test("the registry listens until it is stopped, and finds again what it was told", async (t) => {
  const data = mkdtempSync(join(tmpdir(), "throughline-registry-"));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  const run = async (ask: (url: string) => Promise<unknown>): Promise<unknown> => {
    const stop = new AbortController();
    const listening = Promise.withResolvers<string>();
    const running = runCommand(createMemoryLog(), ["registry", "--port", "0", "--data", data, "--json"], {
      signal: stop.signal,
      onOutput: (text) => listening.resolve(text),
    });
    const { url, store } = JSON.parse(await listening.promise) as { url: string; store: string };
    assert.equal(store, join(data, "registry.db"));
    const answer = await ask(url);
    stop.abort();
    assert.equal((await running).exitCode, 0);
    await assert.rejects(fetch(url));
    return answer;
  };
  const send = async (url: string, method = "GET", body?: string): Promise<unknown> => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, body === undefined ? { method } : { method, headers, body });
    return response.json();
  };
  const schema = JSON.stringify({ schema: '"string"' });
  assert.deepEqual(await run((url) => send(`${url}/subjects/s/versions`, "POST", schema)), { id: 1 });
  assert.deepEqual(await run((url) => send(`${url}/subjects/s/versions/1`)), {
    subject: "s",
    version: 1,
    id: 1,
    schema: '"string"',
  });
});

test("a port that is taken is one clear error", async (t) => {
  const data = mkdtempSync(join(tmpdir(), "throughline-registry-"));
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  t.after(() => {
    other.close();
    rmSync(data, { recursive: true, force: true });
  });
  const { port } = other.address() as { port: number };
  const { exitCode, stderr } = await runCommand(createMemoryLog(), ["registry", "--port", String(port), "--data", data]);
  assert.equal(exitCode, 1);
  assert.match(stderr, new RegExp(`it cannot listen at 127.0.0.1:${port} \\(EADDRINUSE\\)`));
});

test("a store of no known kind is wrong usage, and its password is not shown", async () => {
  const { exitCode, stderr } = await runCommand(createMemoryLog(), ["registry", "--store", "mysql://a:secret@b/c"]);
  assert.equal(exitCode, 2);
  assert.match(stderr, /"mysql:\/\/…@b\/c" is no store/);
  assert.doesNotMatch(stderr, /secret/);
});
