import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { OffsetTimes } from "../src/lag/offset-times.ts";
import {
  gainsNoGround,
  hasStalled,
  hasStopped,
  isAlwaysBehind,
  partitionStatus,
  type ReadingWindow,
  rewindIndex,
  wasAtEndLately,
} from "../src/lag/partition-status.ts";

const folder = join(import.meta.dirname, "../../../../shared/vectors");
const skip = existsSync(folder) ? false : "the peers' vectors are not beside this repository";
const vectors = <T>(file: string): T[] =>
  skip === false ? (JSON.parse(readFileSync(join(folder, file), "utf8")) as { cases: T[] }).cases : [];

interface BurrowCase {
  readonly description: string;
  readonly offsets: readonly { offset: number; timestampMs: number; lag: number | null }[];
  readonly brokerOffsets: readonly number[];
  readonly currentLag: number;
  readonly nowSeconds: number;
  readonly allowedLag: number;
  readonly expect: Readonly<Record<string, unknown>>;
}

const burrowsNames = { ok: "OK", warning: "WARN", stopped: "STOP", stalled: "STALL", rewound: "REWIND" };

describe("Burrow's vectors", { skip }, () => {
  it("all 112 expectations of its 16 windows are met", () => {
    let checks = 0;
    for (const given of vectors<BurrowCase>("burrow-evaluator.json")) {
      const positions = given.offsets.map(({ offset, timestampMs: atMs, lag: behind }) => ({ offset, atMs, behind }));
      const { brokerOffsets: ends, currentLag: behind, allowedLag: allowedBehind } = given;
      const window: ReadingWindow = { positions, ends, behind, allowedBehind, nowMs: given.nowSeconds * 1000 };
      const found: Record<string, unknown> = {
        isLagAlwaysNotZero: isAlwaysBehind(window),
        offsetsRewindIndex: rewindIndex(positions),
        offsetsStopped: hasStopped(window),
        offsetsStalled: hasStalled(positions),
        lagNotDecreasing: gainsNoGround(positions),
        recentLagZero: wasAtEndLately(window),
        status: burrowsNames[partitionStatus(window)],
      };
      for (const [name, expected] of Object.entries(given.expect)) {
        assert.equal(found[name], expected, `${name}: ${given.description}`);
        checks += 1;
      }
    }
    assert.equal(checks, 112);
  });
});

interface LookupCase {
  readonly name: string;
  readonly points: readonly [number, number][];
  readonly rejected?: readonly [number, number][];
  readonly expectLength?: number;
  readonly lookups: readonly [number, number | string][];
}

const exportersAnswers: Readonly<Record<string, number | string>> = {
  TOO_FEW_POINTS: "unknown",
  LAG_IS_ZERO: "at-end",
  "-Infinity": Number.NEGATIVE_INFINITY,
  "+Infinity": Number.POSITIVE_INFINITY,
};

describe("kafka-lag-exporter's vectors", { skip }, () => {
  it("all 33 look-ups, lengths and refusals are the same", () => {
    let lookups = 0;
    for (const { name, points, rejected = [], expectLength, lookups: asked } of vectors<LookupCase>("lag-lookup-table.json")) {
      const table = new OffsetTimes();
      for (const [offset, atMs] of points) assert.match(table.add({ offset, atMs }), /added|moved/, name);
      for (const [offset, atMs] of rejected) assert.match(table.add({ offset, atMs }), /out-of-order|went-back/, name);
      if (expectLength !== undefined) assert.equal(table.points.length, expectLength, name);
      for (const [offset, expected] of asked) {
        const found = table.timeOf(offset);
        const wanted = typeof expected === "string" ? exportersAnswers[expected] : expected;
        if (typeof wanted === "number" && Number.isFinite(wanted))
          assert.ok(
            typeof found === "number" && Math.abs(found - wanted) < 1e-6,
            `${name}: ${offset} is ${found}, not ${wanted}`,
          );
        else assert.equal(found, wanted, `${name}: ${offset}`);
        lookups += 1;
      }
    }
    assert.equal(lookups, 33);
  });
});
