import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { Wake } from "./wake.ts";

const folder = mkdtempSync(join(tmpdir(), "wake-"));
after(() => rmSync(folder, { recursive: true }));

describe("Wake", () => {
  it("wakes the listeners of its own process, once for many signals, whichever handle signals", async () => {
    const [one, two] = [new Wake(join(folder, "a")), new Wake(join(folder, "a"))];
    let calls = 0;
    const woken = new Promise<void>((resolve) =>
      one.listen(() => {
        calls += 1;
        resolve();
      }),
    );
    for (let i = 0; i < 100; i += 1) two.signal();
    await woken;
    assert.ok(calls < 10, `${calls} calls`);
    one.close();
    two.close();
  });

  it("wakes another process within milliseconds, and back", async () => {
    const file = join(folder, "b");
    const wake = new Wake(file);
    const child = spawn(
      process.execPath,
      [...process.execArgv, join(import.meta.dirname, "../../test/fixtures/answer-wakes.ts"), file],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const tripsMs: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      const since = performance.now();
      const answered = new Promise((resolve) => child.stdout.once("data", resolve));
      wake.signal();
      await answered;
      tripsMs.push(performance.now() - since);
    }
    child.kill();
    wake.close();
    assert.ok(Math.min(...tripsMs) < 100, `round trips took ${tripsMs.join(", ")} ms`);
  });

  it("calls nobody after stop or close, and does not let its file grow", async () => {
    const file = join(folder, "c");
    const [speaker, stopped, closed] = [new Wake(file), new Wake(file), new Wake(file)];
    stopped.listen(() => assert.fail("called after stop")).stop();
    closed.listen(() => assert.fail("called after close"));
    closed.close();
    const heard = new Promise<void>((resolve) => speaker.listen(resolve));
    speaker.signal();
    speaker.signal();
    await heard;
    assert.equal(statSync(`${file}-wake`).size, 1);
    speaker.close();
    stopped.close();
  });
});
