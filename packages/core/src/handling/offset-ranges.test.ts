import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { holdsOffset, offsetRanges } from "./offset-ranges.ts";

describe("offset ranges", () => {
  it("join what follows, once or twice", () => {
    assert.deepEqual(offsetRanges([1, 2, 2, 3, 7, 9, 10]), [
      [1, 3],
      [7, 7],
      [9, 10],
    ]);
    assert.deepEqual(offsetRanges([]), []);
  });

  it("hold what they were made of, and nothing else", () => {
    const offsets = [0, 1, 2, 5, 8, 9, 30, 31, 40];
    const ranges = offsetRanges(offsets);
    for (let offset = -1; offset <= 41; offset++)
      assert.equal(holdsOffset(ranges, offset), offsets.includes(offset), `${offset}`);
  });
});
