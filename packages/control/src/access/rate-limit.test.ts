import assert from "node:assert/strict";
import { test } from "node:test";
import { LoginLimits } from "./login-limits.ts";
import { RateLimit } from "./rate-limit.ts";

test("a burst is allowed, then one each so often, and a rest fills it up again", () => {
  const limit = new RateLimit({ burst: 3, everyMs: 100 });
  for (let n = 0; n < 3; n++) {
    assert.equal(limit.waitMs("a", 1_000), 0);
    limit.take("a", 1_000);
  }
  assert.equal(limit.waitMs("a", 1_000), 100);
  assert.equal(limit.waitMs("a", 1_100), 0);
  limit.take("a", 1_100);
  assert.equal(limit.waitMs("a", 1_100), 100);
  assert.equal(limit.waitMs("a", 2_000), 0);
});

test("what is given back was never taken", () => {
  const limit = new RateLimit({ burst: 1, everyMs: 100 });
  limit.take("a", 1_000);
  limit.giveBack("a");
  assert.equal(limit.waitMs("a", 1_000), 0);
});

test("a flood of other keys neither grows the memory nor makes a key forgotten", () => {
  const limit = new RateLimit({ burst: 2, everyMs: 60_000, buckets: 1_024 });
  limit.take("ada", 0);
  limit.take("ada", 0);
  for (let n = 0; n < 100_000; n++) limit.take(`made up ${n}`, 0);
  assert.ok(limit.waitMs("ada", 0) >= 60_000);
});

const code = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

test("a user can be tried ten times from anywhere, an address thirty times for anybody", () => {
  const limits = new LoginLimits();
  for (let n = 0; n < 10; n++) limits.begin("ada", `192.0.2.${n}`, 0);
  assert.equal(
    code(() => limits.begin("ada", "192.0.2.99", 0)),
    "ACCESS_TOO_MANY_ATTEMPTS",
  );
  for (let n = 0; n < 30; n++) limits.begin(`user ${n}`, "198.51.100.1", 0);
  assert.equal(
    code(() => limits.begin("grace", "198.51.100.1", 0)),
    "ACCESS_TOO_MANY_ATTEMPTS",
  );
  assert.equal(
    code(() => limits.begin("grace", "198.51.100.2", 0)),
    undefined,
  );
});

test("an IPv6 network is one address, however it is written", () => {
  const limits = new LoginLimits();
  for (let n = 0; n < 30; n++) limits.begin(`user ${n}`, `2001:db8:0:7::${n.toString(16)}`, 0);
  assert.equal(
    code(() => limits.begin("grace", "2001:DB8::7:1:2:3:4", 0)),
    "ACCESS_TOO_MANY_ATTEMPTS",
  );
  assert.equal(
    code(() => limits.begin("grace", "2001:db8:0:8::1", 0)),
    undefined,
  );
});
