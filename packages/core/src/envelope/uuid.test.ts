import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { uuidOf } from "./uuid.ts";

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const inEitherCase = fc
  .tuple(fc.uuid(), fc.array(fc.boolean(), { minLength: 36, maxLength: 36 }))
  .map(([uuid, capitals]) => [...uuid].map((digit, at) => (capitals[at] === true ? digit.toUpperCase() : digit)).join(""));
/** One character of it is another. */
const nearly = fc
  .tuple(inEitherCase, fc.nat(35), fc.constantFrom("-", "g", "G", "/", ":", "@", "`", " ", "é", "\u0130"))
  .map(([uuid, at, other]) => uuid.slice(0, at) + other + uuid.slice(at + 1));

test("a UUID is known as its pattern knows it, and told in lower case", () => {
  fc.assert(
    fc.property(fc.oneof(inEitherCase, nearly, fc.string({ maxLength: 40 })), (text) => {
      assert.equal(uuidOf(text), pattern.test(text) ? text.toLowerCase() : null);
    }),
  );
});
