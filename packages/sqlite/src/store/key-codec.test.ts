import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeKey, encodeKey } from "./key-codec.ts";

test("a UUID takes 16 bytes and comes back as it was", () => {
  const uuid = "0191b2c4-8a5e-7c3d-9f10-aabbccddeeff";
  const stored = encodeKey(uuid);
  assert.ok(stored instanceof Uint8Array);
  assert.equal(Buffer.from(stored).toString("hex"), uuid.replaceAll("-", ""));
  assert.equal(decodeKey(stored), uuid);
});

test("any other key is stored as it is", () => {
  for (const key of [
    "",
    "/legacy\n4711",
    "0191B2C4-8A5E-7C3D-9F10-AABBCCDDEEFF",
    "0191b2c4-8a5e-7c3d-9f10-aabbccddeefg",
    "0191b2c4-8a5e-7c3d-9f10-aabbccddeefü",
    "0191b2c4-8a5e-7c3d-9f10-aabbccddeeff0",
    "0191b2c48a5e-7c3d-9f10-aabbccddeeff-0",
  ]) {
    assert.equal(encodeKey(key), key);
    assert.equal(decodeKey(key), key);
  }
});
