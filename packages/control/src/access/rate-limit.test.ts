import assert from "node:assert/strict";
import { test } from "node:test";
import { LoginLimits } from "./login-limits.ts";
import { givenBack, taken, waitMs } from "./rate-limit.ts";

test("a burst is allowed, then one each so often, and a rest fills it up again", () => {
  const limit = { burst: 3, everyMs: 100 };
  let fullMs = 0;
  for (let n = 0; n < 3; n++) {
    assert.equal(waitMs(fullMs, limit, 1_000), 0);
    fullMs = taken(fullMs, limit, 1_000);
  }
  assert.equal(waitMs(fullMs, limit, 1_000), 100);
  assert.equal(waitMs(fullMs, limit, 1_100), 0);
  fullMs = taken(fullMs, limit, 1_100);
  assert.equal(waitMs(fullMs, limit, 1_100), 100);
  assert.equal(waitMs(fullMs, limit, 2_000), 0);
});

test("what is given back was never taken", () => {
  const limit = { burst: 1, everyMs: 100 };
  assert.equal(waitMs(givenBack(taken(0, limit, 1_000), limit), limit, 1_000), 0);
});

/** The counts of a store, in memory. */
function limitsInMemory(): LoginLimits {
  const fullMs = new Map<number, number>();
  const at = (bucket: number): number => fullMs.get(bucket) ?? 0;
  return new LoginLimits({
    key: Buffer.alloc(32, 7),
    takeAttempts: async (attempts, nowMs) => {
      const wait = Math.max(...attempts.map(({ bucket, limit }) => waitMs(at(bucket), limit, nowMs)));
      if (wait === 0) for (const { bucket, limit } of attempts) fullMs.set(bucket, taken(at(bucket), limit, nowMs));
      return wait;
    },
    giveBackAttempts: async (attempts) => {
      for (const { bucket, limit } of attempts) fullMs.set(bucket, givenBack(at(bucket), limit));
    },
  });
}

const tooMany = { code: "ACCESS_TOO_MANY_ATTEMPTS" };

test("a user can be tried ten times from anywhere, an address thirty times for anybody", async () => {
  const limits = limitsInMemory();
  for (let n = 0; n < 10; n++) await limits.begin("ada", `192.0.2.${n}`, 0);
  await assert.rejects(limits.begin("ada", "192.0.2.99", 0), tooMany);
  for (let n = 0; n < 30; n++) await limits.begin(`user ${n}`, "198.51.100.1", 0);
  await assert.rejects(limits.begin("grace", "198.51.100.1", 0), tooMany);
  assert.ok(await limits.begin("grace", "198.51.100.2", 0));
});

test("an IPv6 network is one address, however it is written", async () => {
  const limits = limitsInMemory();
  for (let n = 0; n < 30; n++) await limits.begin(`user ${n}`, `2001:db8:0:7::${n.toString(16)}`, 0);
  await assert.rejects(limits.begin("grace", "2001:DB8::7:1:2:3:4", 0), tooMany);
  assert.ok(await limits.begin("grace", "2001:db8:0:8::1", 0));
});

test("names that somebody makes up share the buckets that there are, and a name keeps its own", async () => {
  const buckets = new Set<number>();
  const limits = new LoginLimits({
    key: Buffer.alloc(32, 7),
    takeAttempts: async ([ofUser, ofAddress]) => {
      buckets.add(ofUser!.bucket);
      assert.ok(ofUser!.bucket < 65_536 && ofAddress!.bucket >= 65_536 && ofAddress!.bucket < 131_072);
      return 0;
    },
    giveBackAttempts: async () => undefined,
  });
  for (let n = 0; n < 3_000; n++) await limits.begin(`made up ${n}`, "192.0.2.1", 0);
  assert.ok(buckets.size > 2_500, `${buckets.size} buckets`);
  buckets.clear();
  for (let n = 0; n < 10; n++) await limits.begin("ada", "192.0.2.1", 0);
  assert.equal(buckets.size, 1);
});
