import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { until } from "./harness.ts";

function run(t: TestContext, what: string) {
  const child = spawn(
    process.execPath,
    ["--conditions=throughline-source", join(import.meta.dirname, "watched-program.ts"), what],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  t.after(() => child.kill("SIGKILL"));
  const program = { child, output: "", ended: once(child, "close") as Promise<[number | null, string | null]>, isOver: false };
  child.stdout.on("data", (text: Buffer) => (program.output += text.toString()));
  void program.ended.then(() => (program.isOver = true));
  return program;
}

describe("the watchdog of runUntilSignal (R11)", () => {
  for (const what of ["loop", "microtasks"]) {
    it(`ends a process whose event loop stands still, and says what began last: ${what}`, { timeout: 60_000 }, async (t) => {
      const program = run(t, what);
      const [code, signal] = await program.ended;
      assert.deepEqual([code, signal], [null, "SIGKILL"]);
      const line = program.output.split("\n").find((text) => text.includes("has stood still")) ?? "{}";
      const { level, service, handler, topic, partition, offset } = JSON.parse(line) as Record<string, unknown>;
      assert.deepEqual(
        { level, service, handler, topic, partition, offset },
        { level: "fatal", service: "watched", handler: "stand-still", topic: "order", partition: 0, offset: 0 },
      );
    });
  }

  it("leaves alone one that was suspended for longer, when it goes on", { timeout: 60_000 }, async (t) => {
    const program = run(t, "nothing");
    await until("it has started", () => program.output.includes("started"), 30_000);
    for (let i = 0; i < 3; i++) {
      program.child.kill("SIGSTOP");
      await until("it is suspended", () => stateOf(program.child.pid) === "T");
      const since = Date.now();
      await until("more time passes than it may stand still", () => Date.now() - since > 900);
      program.child.kill("SIGCONT");
      const before = cpuOf(program.child.pid);
      await until("it has gone on", () => program.isOver || cpuOf(program.child.pid) > before, 30_000);
    }
    assert.equal(program.isOver, false);
    program.child.kill("SIGTERM");
    assert.deepEqual(await program.ended, [0, null]);
  });

  it("is not there with standstillMs 0", { timeout: 60_000 }, async (t) => {
    const program = run(t, "unwatched");
    await until("it goes on after it stood still", () => program.isOver || program.output.includes("went on"), 30_000);
    assert.equal(program.isOver, false);
    program.child.kill("SIGTERM");
    assert.deepEqual(await program.ended, [0, null]);
  });
});

/** Fields of /proc/<pid>/stat behind the command. */
function fieldsOf(pid: number | undefined): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

const stateOf = (pid: number | undefined): string => fieldsOf(pid)[0] ?? "";
/** Clock ticks in user mode and in the system. */
const cpuOf = (pid: number | undefined): number => {
  const fields = fieldsOf(pid);
  return Number(fields[11]) + Number(fields[12]);
};
