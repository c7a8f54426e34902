import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { describe, it } from "node:test";
import { isAlive, thisProcess } from "./process-identity.ts";

const identityModule = JSON.stringify(new URL("./process-identity.ts", import.meta.url).href);

describe("process identity", () => {
  it("knows this process, and is the same each time", () => {
    assert.equal(thisProcess(), thisProcess());
    assert.ok(isAlive(thisProcess()));
  });

  it("knows another process while it lives and as soon as it was killed", async () => {
    const script = `import { thisProcess } from ${identityModule}; process.stdout.write(thisProcess()); process.stdin.resume();`;
    const child = spawn(
      process.execPath,
      [...process.execArgv.filter((flag) => !flag.startsWith("--test")), "--input-type=module", "-e", script],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    const identity = await new Promise<string>((resolve) =>
      child.stdout.once("data", (bytes: Buffer) => resolve(bytes.toString())),
    );
    assert.notEqual(identity, thisProcess());
    assert.ok(isAlive(identity));
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
    assert.equal(isAlive(identity), false);
  });

  it(
    "does not mistake a later process with the same pid for the one it named",
    { skip: process.platform !== "linux" && "start times are known on Linux only" },
    () => {
      const [pid, startTicks, namespace] = thisProcess().split(".");
      assert.equal(isAlive(`${pid}.${Number(startTicks) - 1}.${namespace}`), false);
    },
  );

  it("takes a process that it cannot see for alive", () => {
    assert.ok(isAlive("1.1.another-namespace"));
  });
});
