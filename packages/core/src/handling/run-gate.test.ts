import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RunGate } from "./run-gate.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Notes when each piece of work begins and ends. */
function recorder() {
  const seen: string[] = [];
  const work =
    (name: string, until: Promise<void> = Promise.resolve()) =>
    async (): Promise<string> => {
      seen.push(`+${name}`);
      await until;
      seen.push(`-${name}`);
      return name;
    };
  return { seen, work };
}

describe("the gate of a process (R6)", () => {
  it("lets work run side by side, and begins it at once", async () => {
    const gate = new RunGate();
    const { seen, work } = recorder();
    const held = Promise.withResolvers<void>();
    const both = [gate.shared(work("a", held.promise)), gate.shared(work("b", held.promise))];
    assert.deepEqual(seen, ["+a", "+b"]);
    held.resolve();
    assert.deepEqual(await Promise.all(both), ["a", "b"]);
  });

  it("lets one alone run when what began before has ended, and nothing else until it has settled", async () => {
    const gate = new RunGate();
    const { seen, work } = recorder();
    const [first, only] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const all = [
      gate.shared(work("a", first.promise)),
      gate.alone(work("only", only.promise)),
      gate.shared(work("b")),
      gate.shared(work("c")),
    ];
    await turn();
    assert.deepEqual(seen, ["+a"]);
    first.resolve();
    await turn();
    assert.deepEqual(seen, ["+a", "-a", "+only"]);
    only.resolve();
    await Promise.all(all);
    assert.deepEqual(seen.slice(3), ["-only", "+b", "+c", "-b", "-c"]);
  });

  it("lets in what waits in the order in which it came, also after work that failed", async () => {
    const gate = new RunGate();
    const { seen, work } = recorder();
    const failing = gate.alone(async () => {
      await turn();
      throw new Error("it failed");
    });
    const all = [gate.alone(work("a")), gate.shared(work("b")), gate.alone(work("c")), gate.shared(work("d"))];
    await assert.rejects(failing, /it failed/);
    await Promise.all(all);
    assert.deepEqual(seen, ["+a", "-a", "+b", "-b", "+c", "-c", "+d", "-d"]);
    await assert.rejects(
      gate.shared(() => Promise.reject(new Error("this too"))),
      /this too/,
    );
    assert.equal(await gate.alone(work("e")), "e");
  });
});
