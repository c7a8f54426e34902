import assert from "node:assert/strict";
import { test } from "node:test";
import { crashPoint, onCrashPoint } from "./crash-point.ts";

test("a crash point tells its name to the hook, and does nothing without one", () => {
  const passed: string[] = [];
  crashPoint("lane.before-commit");
  onCrashPoint((name) => passed.push(name));
  crashPoint("lane.after-commit");
  onCrashPoint(null);
  crashPoint("lane.before-commit");
  assert.deepEqual(passed, ["lane.after-commit"]);
});
