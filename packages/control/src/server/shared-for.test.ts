import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedFor } from "./shared-for.ts";

test("what several ask for at once is looked up once, and a failure is not kept", async () => {
  let looks = 0;
  let isAway = true;
  const look = sharedFor(60_000, async () => {
    looks += 1;
    if (isAway) throw new Error("away");
    return looks;
  });
  const failed = await Promise.allSettled([look(), look(), look()]);
  assert.deepEqual([looks, ...failed.map(({ status }) => status)], [1, "rejected", "rejected", "rejected"]);
  isAway = false;
  assert.deepEqual(await Promise.all([look(), look()]), [2, 2]);
  assert.equal(await look(), 2);
});

test("what was looked up a while ago is looked up again", async () => {
  let looks = 0;
  const look = sharedFor(0, async () => (looks += 1));
  assert.deepEqual([await look(), await look()], [1, 2]);
});
