import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { migratePostgresStore } from "@throughline/postgres";
import { startPostgres } from "./postgres.ts";

/** Commits tables, and answers with how many migrations made them: none when they were there. */
const migrate = async (url: string): Promise<number> => (await migratePostgresStore(url, { nowMs: 1 })).length;

describe("startPostgres", () => {
  it("starts a server that keeps what was committed when it is killed or stopped, and leaves nothing behind", async () => {
    const server = await startPostgres();
    assert.ok((await migrate(server.url())) > 0);
    await server.kill9();
    await assert.rejects(migrate(server.url()), { code: "STORE_UNAVAILABLE" });
    await server.start();
    await server.stop();
    await server.start();
    assert.equal(await migrate(server.url()), 0);
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
