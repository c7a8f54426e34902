import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const program = new URL("../src/program.ts", import.meta.url).href;
const loads = `
  import { registerHooks } from "node:module";
  const found = new Set();
  registerHooks({ load: (url, context, next) => (found.add(/node_modules.((?:@[^/]+.)?[^/]+)/.exec(url)?.[1]), next(url, context)) });
  await import(${JSON.stringify(program)});
  console.log(JSON.stringify([...found]));
`;

test("a command loads nothing of a server that it does not start", async () => {
  const args = [...process.execArgv.filter((arg) => !arg.startsWith("--test")), "--input-type=module", "--eval", loads];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const loaded: unknown[] = JSON.parse(stdout);
  assert.ok(loaded.includes("commander"));
  for (const ofServers of ["fastify", "openid-client", "nodemailer", "typebox"])
    assert.ok(!loaded.includes(ofServers), ofServers);
});
