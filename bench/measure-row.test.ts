import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import type { BenchRow, Measurement } from "./bench-row.ts";
import { measureRow } from "./measure-row.ts";
import { resultsTable } from "./results-table.ts";

const taking =
  (...wallMs: number[]): Measurement =>
  async () => ({ wallMs: wallMs.shift() ?? Number.NaN, cpuMs: 10 });

const row: BenchRow = {
  name: "a-row",
  covers: "nothing.",
  unit: "events/s",
  events: 1_000,
  ours: taking(100, 400, 200),
  peer: taking(100, 100, 100),
  goal: { kind: "part-of-peer", atLeast: 0.7 },
};

describe("measuring a row", () => {
  it("tells the medians, their ratio, and that a part of the peer was missed", async () => {
    const result = await measureRow(row, { rounds: 3 });
    const { figure, peer, ratio, cpuRatio, limit, goal, ok, spread } = result;
    assert.deepEqual(
      { figure, peer, ratio, cpuRatio, limit, goal, ok, spread },
      {
        figure: 5_000,
        peer: 10_000,
        ratio: 0.5,
        cpuRatio: 1,
        limit: 7_000,
        goal: "at least 0.7 of the peer",
        ok: false,
        spread: 0.75,
      },
    );
    assert.match(
      resultsTable([result]),
      /a-row +5,000 events\/s +10,000 +0\.50 +1\.00 +± 75 % +at least 0\.7 of the peer +missed/,
    );
  });

  it("compares with a figure where that is the goal", async () => {
    const goal = { kind: "figure", atLeast: 4_000 } as const;
    const result = await measureRow({ ...row, ours: taking(200, 200), peer: taking(10, 10), goal }, { rounds: 2 });
    assert.deepEqual([result.figure, result.limit, result.ok], [5_000, 4_000, true]);
  });

  it("measures ours and the peer in turns, each in an empty folder that is removed", async () => {
    const folders: string[] = [];
    const noting =
      (who: string): Measurement =>
      async ({ folder, events }) => {
        assert.ok(existsSync(folder));
        folders.push(folder);
        turns.push(`${who} ${events}`);
        return { wallMs: 1, cpuMs: 1 };
      };
    const turns: string[] = [];
    await measureRow({ ...row, ours: noting("ours"), peer: noting("peer") }, { rounds: 2, events: 7 });
    assert.deepEqual(turns, ["ours 7", "peer 7", "ours 7", "peer 7"]);
    assert.equal(new Set(folders).size, 4);
    assert.ok(!folders.some((folder) => existsSync(folder)));
  });
});
