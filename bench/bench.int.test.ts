import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import type { RowResult } from "./measure-row.ts";
import { rows } from "./rows/index.ts";

const script = join(import.meta.dirname, "..", "scripts", "bench.ts");
const run = promisify(execFile);

describe("npm run bench -- embedded", () => {
  it("prints a table, and as its last line every row as JSON", async () => {
    const { stdout } = await run(process.execPath, [script, "embedded", "--events", "2000", "--rounds", "1", "--json"]);
    const lines = stdout.trimEnd().split("\n");
    const { rows: measured } = JSON.parse(lines.at(-1) ?? "") as { rows: RowResult[] };
    const expected = rows.filter(({ name }) => name.startsWith("embedded"));
    assert.deepEqual(
      measured.map(({ name }) => name),
      expected.map(({ name }) => name),
    );
    for (const row of measured) {
      for (const number of [row.figure, row.peer, row.limit]) assert.ok(Number.isSafeInteger(number) && number > 0, row.name);
      assert.equal(row.ok, row.figure >= row.limit);
      assert.ok(row.unit !== "" && row.goal !== "" && row.command.includes(row.name));
      assert.ok(lines.some((line) => line.startsWith(row.name)));
    }
  });

  it("finds that handling costs no multiple of what it costs by hand", async () => {
    // Far below the goals: only a real regression comes here, whatever else the machine does.
    const least = { "embedded-consume": 0.25, "embedded-whole-way": 0.2 };
    const { stdout } = await run(process.execPath, [
      script,
      ...Object.keys(least),
      "--events",
      "20000",
      "--rounds",
      "3",
      "--json",
    ]);
    const { rows: measured } = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as { rows: RowResult[] };
    for (const [name, ratio] of Object.entries(least)) {
      const row = measured.find((each) => each.name === name);
      assert.ok(row !== undefined && row.cpuRatio >= ratio, JSON.stringify(row));
    }
  });

  it("ends with exit code 1 when a goal is missed, and only with --strict", async () => {
    const missed = [script, "embedded-whole-way", "--events", "1", "--rounds", "1"];
    await run(process.execPath, missed);
    await assert.rejects(run(process.execPath, [...missed, "--strict"]), { code: 1 });
  });

  it("refuses rows that do not exist", async () => {
    await assert.rejects(run(process.execPath, [script, "nonsense"]), { code: 1, stderr: /no row's name contains nonsense/ });
  });
});
