import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import type { Conditions } from "./conditions.ts";
import type { RowResult } from "./measure-row.ts";
import { rows } from "./rows/index.ts";

const script = join(import.meta.dirname, "..", "scripts", "bench.ts");
const run = promisify(execFile);

interface Results {
  readonly rows: readonly RowResult[];
  readonly conditions: Conditions & { readonly servers: readonly string[] };
}

async function bench(...args: string[]): Promise<Results & { lines: string[] }> {
  const { stdout } = await run(process.execPath, [script, ...args, "--json"]);
  const lines = stdout.trimEnd().split("\n");
  return { ...(JSON.parse(lines.at(-1) ?? "") as Results), lines };
}

function checkRows(measured: readonly RowResult[], names: readonly string[], lines: readonly string[]): void {
  assert.deepEqual(
    measured.map(({ name }) => name),
    names,
  );
  for (const row of measured) {
    for (const number of [row.figure, row.limit]) assert.ok(Number.isFinite(number), JSON.stringify(row));
    for (const peer of row.peers) assert.ok(Number.isFinite(peer.figure) && peer.figure > 0, JSON.stringify(row));
    assert.ok(row.unit !== "" && row.goal !== "" && row.command.includes(row.name));
    assert.ok(lines.some((line) => line.startsWith(row.name)));
  }
}

const namesBy = (first: string): string[] => rows.map(({ name }) => name).filter((name) => name.startsWith(first));

describe("npm run bench", () => {
  it("prints a table, the conditions, and as its last line every row as JSON", async () => {
    const { rows: measured, conditions, lines } = await bench("embedded", "--events", "2000", "--rounds", "1");
    checkRows(measured, namesBy("embedded"), lines);
    for (const row of measured) assert.equal(row.ok, row.figure >= row.limit);
    assert.equal(conditions.node, process.version);
    assert.ok(conditions.cores > 0 && conditions.servers.length === 0);
    assert.ok(lines.some((line) => line.includes(process.version) && line.includes(`${conditions.cores} cores`)));
  });

  it("finds that handling costs no multiple of what it costs by hand", async () => {
    // Far below the goals: only a real regression comes here, whatever else the machine does.
    const least = { "embedded-consume": 0.25, "embedded-whole-way": 0.2 };
    const { rows: measured } = await bench(...Object.keys(least), "--events", "20000", "--rounds", "3");
    for (const [name, ratio] of Object.entries(least)) {
      const row = measured.find((each) => each.name === name);
      assert.ok(row !== undefined && (row.peers[0]?.cpuRatio ?? 0) >= ratio, JSON.stringify(row));
    }
  });

  // All rows that are not embedded, a part in each test: each starts a broker and a database server of its own.
  const onServers = rows.map(({ name }) => name).filter((name) => !name.startsWith("embedded"));
  const consuming = onServers.filter((name) => name.startsWith("consume"));
  for (const [what, names] of [
    ["handling", consuming],
    ["the rest", onServers.filter((name) => !consuming.includes(name))],
  ] as const)
    it(`measures each row of ${what} on Kafka and PostgreSQL`, async () => {
      const { rows: measured, conditions, lines } = await bench(...names, "--events", "600", "--rounds", "1");
      checkRows(measured, names, lines);
      assert.match(conditions.servers.join(), /Kafka \d.*PostgreSQL \d/);
    });

  it("ends with exit code 1 when a goal is missed, and only with --strict", async () => {
    const missed = [script, "embedded-append", "--events", "1", "--rounds", "1"];
    await run(process.execPath, missed);
    await assert.rejects(run(process.execPath, [...missed, "--strict"]), { code: 1 });
  });

  it("refuses rows that do not exist", async () => {
    await assert.rejects(run(process.execPath, [script, "nonsense"]), { code: 1, stderr: /no row's name contains nonsense/ });
  });
});
