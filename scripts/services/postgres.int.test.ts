import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { startPostgres } from "./postgres.ts";

const countOn = async (url: string, sql: string): Promise<number> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ count: number }>(sql)).rows[0]?.count ?? 0;
  } finally {
    await client.end();
  }
};

describe("startPostgres", () => {
  it("starts a server that keeps what was committed when it is killed or stopped, and leaves nothing behind", async () => {
    const server = await startPostgres();
    await countOn(server.url(), "CREATE TABLE kept (n int)");
    await countOn(server.url(), "INSERT INTO kept VALUES (1), (2)");
    await server.kill9();
    await assert.rejects(countOn(server.url(), "SELECT 1 AS count"));
    await server.start();
    await server.stop();
    await server.start();
    assert.equal(await countOn(server.url(), "SELECT count(*)::int AS count FROM kept"), 2);
    await server.close();
    assert.equal(existsSync(server.folder), false);
  });

  it("leaves no server behind when the process that started it is killed", async () => {
    const program = `const { startPostgres } = await import(${JSON.stringify(new URL("postgres.ts", import.meta.url).href)});
      const server = await startPostgres(); console.log(server.pid, server.folder); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const [pid = "", folder = ""] = line.toString().trim().split(" ");
    process.kill(Number(pid), 0);
    child.kill("SIGKILL");
    while (existsSync(folder)) await delay(20);
    assert.equal(existsSync(`/proc/${pid}/exe`), false);
  });
});
