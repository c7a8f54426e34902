import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sqlite, type SqliteTx } from "@throughline/sqlite";
import { createIndexer, indexFile, openSqliteIndex, startControl } from "@throughline/control";
import { systemSurroundings } from "throughline";
import { failedOrders } from "./rehearse-fixture.ts";

test("letters come from a console by their cause, and it is told what came of them", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-rehearse-console-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "billing.db");
  const failed = await failedOrders<SqliteTx>(t, [1, 2, 3], {
    store: () => sqlite({ file }),
    source: {
      imports: `import { sqlite } from ${JSON.stringify(import.meta.resolve("@throughline/sqlite"))};`,
      store: "sqlite(process.env.THROUGHLINE_STORE)",
    },
    env: { THROUGHLINE_STORE: `sqlite:${file}` },
  });
  const index = openSqliteIndex(indexFile(folder));
  const indexer = createIndexer({ log: failed.log, store: index });
  t.after(async () => {
    await indexer.close();
    await index.close();
  });
  await indexer.catchUp();
  await using server = await startControl({ log: failed.log, dataDir: folder, surroundings: systemSurroundings, port: 0 });
  const { url } = server;
  // oxlint-disable-next-line typescript/no-explicit-any -- its shape is what the test asserts
  const get = async (path: string): Promise<any> => (await fetch(`${url}/api/v1${path}`)).json();
  const group = (await get("/failure-groups")).items[0].fingerprint as string;
  const handle = `if (data.total === 2) throw new Error("no account");`;
  const { exitCode, stdout } = await failed.rehearse(handle, "--console", url, "--group", group);
  assert.equal(exitCode, 1);
  assert.match(stdout, /2 of 3 would pass; 1 would fail/);
  await indexer.catchUp();
  const { items } = await get(`/rehearsed-builds?service=billing&group=${group}`);
  assert.deepEqual(
    [items[0].version, items[0].counts, items[0].others[0].why],
    ["2.4.1", { letters: 3, passed: 2, calls: 0 }, "Error: no account"],
  );

  const none = await failed.rehearse("", "--console", url, "--group", "no-such-group");
  assert.deepEqual([none.exitCode, none.stdout.includes("Nothing to rehearse")], [0, true]);
  assert.equal((await failed.rehearse("", "--group", group)).exitCode, 2);
  assert.equal((await failed.rehearse("", "--console", "localhost")).exitCode, 2);
  const unknown = await failed.rehearse("", "no-such-failure", "--console", url);
  assert.match(unknown.stderr, /the console at http.* did not do it: .*no-such-failure.*CLI_CONSOLE_FAILED/s);
  const away = await failed.rehearse("", "--console", "http://127.0.0.1:9", "--token-file", tokenFile(folder));
  assert.match(away.stderr, /the console at http:\/\/127\.0\.0\.1:9 did not do it/);
});

function tokenFile(folder: string): string {
  const file = join(folder, "token");
  writeFileSync(file, "tl_secret\n");
  return file;
}
