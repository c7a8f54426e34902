import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeKey, encodeKey, KeyEncoder } from "./key-codec.ts";

test("a UUID takes 16 bytes and comes back as it was", () => {
  const uuid = "0191b2c4-8a5e-7c3d-9f10-aabbccddeeff";
  const stored = encodeKey(uuid);
  assert.ok(stored instanceof Uint8Array);
  assert.equal(Buffer.from(stored).toString("hex"), uuid.replaceAll("-", ""));
  assert.equal(decodeKey(stored), uuid);
});

test("as many keys as a statement takes are encoded apart from one another", () => {
  const encoder = new KeyEncoder();
  for (let round = 0; round < 3; round += 1) {
    const keys = Array.from({ length: 50 }, (_, i) =>
      i % 7 === 3 ? `/legacy\n${i}` : `0191b2c4-8a5e-7c3d-9f10-00000000${round}0${i + 10}`,
    );
    const stored = keys.map((key) => encoder.encode(key));
    assert.deepEqual(stored.map(decodeKey), keys);
  }
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
