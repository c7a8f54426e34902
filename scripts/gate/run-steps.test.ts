import assert from "node:assert/strict";
import { test } from "node:test";
import { runSteps } from "./run-steps.ts";

const program = (name: string, code: string) => ({ name, command: process.execPath, args: ["-e", code] });

test("every step runs and has one line; a failing one shows what it printed", async () => {
  const lines: string[] = [];
  const results = await runSteps(
    [
      program("first", "console.log('quiet')"),
      program("second", "console.error('what is wrong'); process.exit(3)"),
      program("third", ""),
    ],
    (line) => void lines.push(line),
  );
  assert.deepEqual(results, [
    { name: "first", ok: true },
    { name: "second", ok: false },
    { name: "third", ok: true },
  ]);
  assert.equal(lines.length, 4);
  assert.match(lines[0] ?? "", /^ok\s+first\s+\d+\.\d s$/);
  assert.match(lines[1] ?? "", /^FAILED\s+second/);
  assert.match(lines[2] ?? "", /what is wrong/);
  assert.doesNotMatch(lines.join("\n"), /quiet/);
});

test("a program that does not exist is a failed step that names it", async () => {
  const lines: string[] = [];
  const results = await runSteps([{ name: "gone", command: "/no/such/program", args: [] }], (line) => void lines.push(line));
  assert.deepEqual(results, [{ name: "gone", ok: false }]);
  assert.match(lines.join("\n"), /\/no\/such\/program: .*ENOENT/);
});
