import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readData, validateForPublish } from "./contract-data.ts";
import { defineEvent } from "./define-event.ts";
import { loosensOneOf } from "./exclusive-branches.ts";
import { type JsonSchema, jsonSchema } from "./json-schema.ts";
import { schemaDocument } from "./schema-document.ts";

interface Sent {
  readonly id: string;
  readonly by: unknown;
}

const text = { type: "string" };
const within = (name: string, more: object = {}) => ({
  type: "object",
  properties: { to: { type: "object", properties: { [name]: text } }, ...more },
  required: ["to"],
});
const choice = { oneOf: [within("street"), within("locker")] };

test("data that one branch matches is published", () => {
  const requiring = (name: string) => ({ properties: { to: { ...within(name).properties.to, required: [name] } } });
  const OrderSent = defineEvent("order.sent", {
    version: 1,
    subject: "id",
    data: jsonSchema<Sent>({
      properties: { id: text, by: { oneOf: [requiring("street"), requiring("locker")] } },
      required: ["id"],
    }),
  });
  validateForPublish(OrderSent, { id: "o-1", by: { to: { street: "a" } } });
  assert.throws(() => validateForPublish(OrderSent, { id: "o-1", by: { to: { street: "a", locker: "b" } } }), {
    code: "EVENT_INVALID",
  });
});

test("data that two branches of a oneOf match is refused at publish, also where only one of them names what it has", () => {
  const OrderSent = defineEvent("order.sent", {
    version: 1,
    subject: "id",
    data: jsonSchema<Sent>({ type: "object", properties: { id: text, by: choice }, required: ["id"] }),
  });
  const sent = (by: unknown) => validateForPublish(OrderSent, { id: "o-1", by });
  assert.throws(() => sent({ to: { street: "a" } }), /\/by .*(?:one|oneOf)/);
  assert.throws(() => sent({ to: { street: "a", floor: 1 } }), { code: "EVENT_INVALID" });
  // Readers take it: they know nothing of what else a newer publisher names.
  readData(OrderSent, 1, { id: "o-1", by: { to: { street: "a" } } });
});

describe("the schema as it was written is asked, too", () => {
  const cases: readonly (readonly [what: string, isAsked: boolean, schema: JsonSchema])[] = [
    ["where branches hold objects that are closed", true, choice],
    ["by reference", true, { oneOf: [{ $ref: "#/$defs/a" }, within("b")], $defs: { a: within("a") } }],
    ["in lists", true, { oneOf: [{ items: within("a") }, { items: within("b") }] }],
    ["not where nothing inside is closed", false, { oneOf: [{ properties: { a: text } }, { properties: { b: text } }] }],
    [
      "not where a constant tells them apart",
      false,
      {
        oneOf: [within("a", { kind: { const: "a" } }), within("b", { kind: { const: "b" } })].map((each) => ({
          ...each,
          required: ["kind"],
        })),
      },
    ],
    [
      "but where that may be missing",
      true,
      { oneOf: [within("a", { kind: { const: "a" } }), within("b", { kind: { const: "b" } })] },
    ],
    ["not where their types do", false, { oneOf: [within("a"), { type: ["null", "string"] }] }],
    ["not of anyOf", false, { anyOf: choice.oneOf }],
    ["not in what only tests", false, { not: choice }],
  ];
  for (const [what, isAsked, schema] of cases) test(what, () => assert.equal(loosensOneOf(schemaDocument(schema)), isAsked));
});
