import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutRefusedNulls } from "./without-refused-nulls.ts";

const node = {
  type: "object",
  properties: { next: { $ref: "#" }, items: { type: "array", items: { $ref: "#" } }, note: { type: "string" }, free: {} },
};

test("takes out the nulls that the schema takes nowhere at their place, and leaves all else as it is", () => {
  const data = { note: null, free: null, next: { note: "a", free: { note: null } }, items: [{ note: null }, { note: "b" }] };
  assert.deepEqual(withoutRefusedNulls(node, data), {
    free: null,
    next: { note: "a", free: { note: null } },
    items: [{}, { note: "b" }],
  });
  const whole = { note: "a", next: { free: null }, items: [{}] };
  assert.equal(withoutRefusedNulls(node, whole), whole);
});

test("looks at each value once, however deep it stands", () => {
  let data: object = { note: null };
  for (let level = 0; level < 200; level += 1) data = level % 2 === 0 ? { next: data } : { items: [data] };
  assert.doesNotMatch(JSON.stringify(withoutRefusedNulls(node, data)), /note/);
});
