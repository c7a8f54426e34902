import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { seal, unseal } from "./sealed.ts";

const key = randomBytes(32);

test("what was sealed comes back whole, until its time is over", () => {
  const sealed = seal(key, "a use", { state: "s" }, 100);
  assert.deepEqual(unseal(key, "a use", sealed, 99), { state: "s" });
  assert.equal(unseal(key, "a use", sealed, 100), null);
});

test("a seal with any bit changed, of another use or another key is none", () => {
  const sealed = Buffer.from(seal(key, "a use", { state: "s" }, 100), "base64url");
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const bent = Buffer.from(sealed);
    bent[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(unseal(key, "a use", bent.toString("base64url"), 0), null, `bit ${bit}`);
  }
  const whole = sealed.toString("base64url");
  assert.equal(unseal(key, "another use", whole, 0), null);
  assert.equal(unseal(randomBytes(32), "a use", whole, 0), null);
  for (const text of ["", "x", "%", whole.slice(0, 20)]) assert.equal(unseal(key, "a use", text, 0), null);
});
