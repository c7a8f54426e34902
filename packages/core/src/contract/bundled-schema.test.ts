import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isThroughlineError } from "../errors/index.ts";
import { bundledSchema } from "./bundled-schema.ts";
import {
  defineEvent,
  type EventContract,
  type EventOptions,
  type JsonSchema,
  type Problem,
  readData,
  validateForPublish,
} from "./index.ts";

interface Priced {
  readonly order_id: string;
  readonly price: { readonly amount: string; readonly currency: string };
}

const money = {
  type: "object",
  properties: { amount: { type: "string", pattern: "^-?\\d+\\.\\d\\d$" }, currency: { $ref: "currency.json" } },
  required: ["amount", "currency"],
};
const schemas = {
  "https://example.org/money.json": money,
  "https://example.org/currency.json": { enum: ["EUR", "CHF"] },
  "https://example.org/unused.json": { type: "null" },
};
const data = {
  type: "object",
  properties: { order_id: { type: "string" }, price: { $ref: "https://example.org/money.json" } },
  required: ["order_id", "price"],
};

const priced = (more: Partial<EventOptions<Priced>>): EventContract<"order.priced", Priced> =>
  defineEvent<"order.priced", Priced>("order.priced", { version: 1, subject: "order_id", data, ...more });

function problemsOf(check: () => unknown): string[] {
  try {
    check();
  } catch (error) {
    assert.ok(isThroughlineError(error));
    return (error.details["problems"] as readonly Problem[]).map(({ pointer, message }) => `${pointer} ${message}`);
  }
  return [];
}

describe("a schema that refers to documents", () => {
  const contract = priced({ schemas });

  test("takes and refuses data by all of them, and closes what they name", () => {
    validateForPublish(contract, { order_id: "1", price: { amount: "1.00", currency: "EUR" } });
    assert.deepEqual(
      problemsOf(() =>
        validateForPublish(contract, { order_id: "1", price: { amount: "1", currency: "USD", cents: 1 } } as Priced),
      ),
      [
        '/price/amount must match ^-?\\d+\\.\\d\\d$, but is "1"',
        '/price/currency must be one of "EUR" or "CHF", but is "USD"',
        "/price/cents is not in the contract",
      ],
    );
    readData(contract, 1, { order_id: "1", price: { amount: "1.00", currency: "EUR", cents: 1 } });
  });

  test("is whole by itself, with those that it needs and no others", () => {
    const definitions = contract.schema["$defs"] as object;
    assert.deepEqual(Object.keys(definitions), ["https://example.org/money.json", "https://example.org/currency.json"]);
    const again: EventContract<"order.priced", Priced> = {
      ...contract,
      schema: JSON.parse(JSON.stringify(contract.schema)) as JsonSchema,
    };
    validateForPublish(again, { order_id: "1", price: { amount: "1.00", currency: "EUR" } });
    assert.equal(
      problemsOf(() => validateForPublish(again, { order_id: "1", price: { amount: "1", currency: "EUR" } })).length,
      1,
    );
  });

  test("is refused where one of them is not given", () => {
    const { "https://example.org/currency.json": _, ...without } = schemas;
    assert.deepEqual(
      problemsOf(() => priced({ schemas: without })),
      [
        '/data refers to "currency.json", which is not in the schema; put it in its $defs, or give its document: { schemas: { uri: document } }',
      ],
    );
  });

  test("finds a document by the identifier that it gives itself, too, and in draft-07", () => {
    const $schema = "http://json-schema.org/draft-07/schema#";
    const bundled = bundledSchema(
      { $schema, properties: { a: { $ref: "https://example.org/one" }, b: { $ref: "https://example.org/two" } } },
      { "https://example.org/one": { $id: "https://example.org/two", type: "integer" } },
    );
    assert.deepEqual(Object.keys(bundled["definitions"] as object).toSorted(), [
      "https://example.org/one",
      "https://example.org/two",
    ]);
  });
});

describe("a reference", () => {
  test("that comes back to itself without going into the value is refused", () => {
    const endless = { ...data, properties: { ...data.properties, price: { $ref: "#/$defs/a" } } };
    const $defs = { a: { anyOf: [{ $ref: "#/$defs/b" }, { type: "null" }] }, b: { allOf: [{ $ref: "#/$defs/a" }] } };
    const [problem, ...more] = problemsOf(() => priced({ data: { ...endless, $defs } }));
    assert.match(problem ?? "", /refers to itself for one and the same value, without end/);
    assert.deepEqual(more, []);
  });

  test("that comes back to itself further inside is taken", () => {
    const tree = { type: "object", properties: { left: { $ref: "#/$defs/tree" } } };
    priced({ data: { ...data, properties: { ...data.properties, price: { $ref: "#/$defs/tree" } }, $defs: { tree } } });
  });
});

test("a dialect of one's own says which vocabularies count, and one that requires an unknown one is refused", () => {
  const vocabulary = (name: string): string => `https://json-schema.org/draft/2020-12/vocab/${name}`;
  const $id = "https://example.org/annotated";
  const dialect = (more: object) => ({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id,
    $vocabulary: { [vocabulary("core")]: true, [vocabulary("applicator")]: true, [vocabulary("validation")]: true, ...more },
    $dynamicAnchor: "meta",
    $ref: "https://json-schema.org/draft/2020-12/schema",
  });
  const price = { type: "object", properties: { amount: { format: "email" } } };
  const own = { $schema: $id, ...data, properties: { ...data.properties, price } };
  const contract = priced({ data: own, schemas: { [$id]: dialect({}) } });
  const event = { order_id: "1", price: { amount: "no mail", currency: "EUR" } };
  assert.deepEqual(
    problemsOf(() => validateForPublish(contract, event)),
    ["/price/currency is not in the contract"],
  );
  const asserting = priced({ data: own, schemas: { [$id]: dialect({ [vocabulary("format-assertion")]: true }) } });
  assert.equal(problemsOf(() => validateForPublish(asserting, event)).length, 2);
  const [problem] = problemsOf(() => priced({ data: own, schemas: { [$id]: dialect({ "https://example.org/money": true }) } }));
  assert.match(problem ?? "", /is written in "https:\/\/example.org\/annotated"/);
});
