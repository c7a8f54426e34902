import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import type { BenchRow, Measurement } from "./bench-row.ts";
import { BenchServices } from "./bench-services.ts";
import { measureRow, measureSide } from "./measure-row.ts";
import { resultsTable } from "./results-table.ts";

/** Starts nothing, for nobody asks. */
const services = new BenchServices();

const finding =
  (...figures: number[]): Measurement =>
  async () => ({ figure: figures.shift() ?? Number.NaN, cpuMsPerEvent: 0.1 });

const row = (): BenchRow => ({
  name: "a-row",
  covers: "nothing.",
  unit: "events/s",
  events: 1_000,
  rounds: 3,
  ours: finding(10_000, 2_500, 5_000),
  peers: [{ name: "by hand", measure: finding(10_000, 10_000, 10_000), times: 0.7 }],
});

describe("measuring a row", () => {
  it("tells the medians, their ratio, and that a part of the peer was missed", async () => {
    const result = await measureRow(row(), services);
    const { figure, peer, limit, goal, ok, spread, peers } = result;
    assert.deepEqual(
      { figure, peer, limit, goal, ok, spread },
      { figure: 5_000, peer: 10_000, limit: 7_000, goal: "at least 0.7 x by hand", ok: false, spread: 0.75 },
    );
    assert.deepEqual(peers, [{ name: "by hand", figure: 10_000, spread: 0, ratio: 0.5, cpuRatio: 1, limit: 7_000, ok: false }]);
    const table = resultsTable([result]);
    assert.match(table, /a-row +ours +5,000 events\/s +± 75 % +at least 0\.7 x by hand +missed/);
    assert.match(table, /by hand +10,000 events\/s +± 0 % +0\.50 x +1\.00 x +at least 7,000 +missed/);
  });

  it("counts nothing of what only warms up", async () => {
    const peers = [{ name: "by hand", measure: finding(99, 10, 10, 10), times: 0.5 }];
    const { figure, peer, rounds } = await measureRow({ ...row(), ours: finding(1, 8, 6, 7), peers, warmUps: 1 }, services);
    assert.deepEqual({ figure, peer, rounds }, { figure: 7, peer: 10, rounds: 3 });
  });

  it("asks for what the hardest of several peers asks for, and only shows one without a goal", async () => {
    const peers = [
      { name: "usual code", measure: finding(700), times: 6 },
      { name: "by hand", measure: finding(6_000), times: 0.8 },
      { name: "another", measure: finding(90_000) },
    ];
    const { ok, peer, limit, goal, peers: found } = await measureRow({ ...row(), peers }, services, { rounds: 1 });
    assert.deepEqual(
      { ok, peer, limit, goal },
      { ok: true, peer: 6_000, limit: 4_800, goal: "at least 6 x usual code, at least 0.8 x by hand" },
    );
    assert.deepEqual(
      found.map((each) => [each.limit, each.ok]),
      [
        [4_200, true],
        [4_800, true],
        [null, true],
      ],
    );
  });

  it("compares with a figure where that is the goal", async () => {
    const result = await measureRow({ ...row(), peers: [], limit: 6_000 }, services);
    assert.deepEqual(
      [result.figure, result.peer, result.limit, result.goal, result.ok],
      [5_000, null, 6_000, "at least 6,000 events/s", false],
    );
  });

  it("takes less for better where that is said", async () => {
    const latency: BenchRow = {
      ...row(),
      unit: "ms",
      better: "less",
      ours: finding(4),
      peers: [
        { name: "raw", measure: finding(1.5), times: 3 },
        { name: "by hand", measure: finding(3), times: 2 },
      ],
    };
    const result = await measureRow(latency, services, { rounds: 1 });
    assert.deepEqual([result.ok, result.limit, result.goal], [true, 4.5, "at most 3 x raw, at most 2 x by hand"]);
    const missed = await measureRow({ ...latency, ours: finding(4), peers: [], limit: 3.9 }, services, { rounds: 1 });
    assert.deepEqual([missed.ok, missed.limit], [false, 3.9]);
  });

  it("misses the goal where a measurement found a failure", async () => {
    const ours: Measurement = async () => ({ figure: 100, failure: "it grows" });
    const result = await measureRow({ ...row(), ours, peers: [], better: "less", limit: 200 }, services, { rounds: 1 });
    assert.equal(result.ok, false);
    assert.deepEqual(result.notes, ["missed: it grows"]);
  });

  it("measures ours and the peers in turns, each in an empty folder that is removed, a slow one with fewer events", async () => {
    const folders: string[] = [];
    const turns: string[] = [];
    const noting =
      (who: string): Measurement =>
      async ({ folder, events }) => {
        assert.ok(existsSync(folder));
        folders.push(folder);
        turns.push(`${who} ${events}`);
        return { figure: 1 };
      };
    const peers = [
      { name: "one", measure: noting("one"), times: 1 },
      { name: "two", measure: noting("two"), share: 0.1 },
    ];
    await measureRow({ ...row(), ours: noting("ours"), peers }, services, { rounds: 2, events: 70 });
    assert.deepEqual(turns, ["ours 70", "one 70", "two 7", "ours 70", "one 70", "two 7"]);
    assert.equal(new Set(folders).size, 6);
    assert.ok(!folders.some((folder) => existsSync(folder)));
  });

  it("measures one side alone", async () => {
    assert.deepEqual(await measureSide(row(), "peers", services, { rounds: 2 }), [
      { name: "a-row: by hand", figures: [10_000, 10_000], unit: "events/s" },
    ]);
    assert.deepEqual(await measureSide(row(), "ours", services, { rounds: 1 }), [
      { name: "a-row: ours", figures: [10_000], unit: "events/s" },
    ]);
  });
});
