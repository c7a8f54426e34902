import assert from "node:assert/strict";
import { test } from "node:test";
import { sinceDeploy } from "./since-deploy.ts";

const known = ["1.0.0", "1.1.0", "1.1.1", "1.2.0", "1.3.0"].map((version, at) => ({
  version,
  firstMs: at * 10,
  lastMs: at * 10 + 9,
}));
const failing = (...versions: string[]) => versions.map((version, at) => ({ version, count: 1, firstMs: at, lastMs: at }));

test("a cause began with the version that failed so first, after one that does not", () => {
  const began = { version: "1.1.0", deployedAtMs: 10, before: "1.0.0", firstSeen: null };
  assert.deepEqual(sinceDeploy(failing("1.1.0"), known), began);
  assert.deepEqual(sinceDeploy(failing("1.1.0"), known, "1.1.0"), began);
  // Not answered since: it was never over, whatever failed later.
  assert.deepEqual(sinceDeploy(failing("1.1.0", "1.2.0"), known, "1.1.0"), began);
});

test("a cause that was answered and fails again is back since the later deploy, and tells what it was first seen with", () => {
  const back = { version: "1.2.0", deployedAtMs: 30, before: "1.1.1", firstSeen: "1.1.0" };
  assert.deepEqual(sinceDeploy(failing("1.1.0", "1.2.0"), known, "1.2.0"), back);
  // 1.2.0 failed so, and 1.3.0 after it: that 1.2.0's were answered does not make 1.3.0 the one to blame.
  assert.deepEqual(sinceDeploy(failing("1.1.0", "1.2.0", "1.3.0"), known, "1.3.0"), back);
});

test("no deploy is blamed where the first version known fails so, where it is unknown, or where an older one failed later", () => {
  assert.equal(sinceDeploy(failing("1.0.0"), known), null);
  assert.equal(sinceDeploy(failing("1.0.0", "1.1.0"), known, "1.1.0"), null);
  assert.equal(sinceDeploy(failing("9.9.9"), known), null);
  assert.equal(sinceDeploy(failing("1.2.0", "1.1.1"), known, "1.2.0"), null);
  assert.equal(sinceDeploy([], known), null);
});
