import assert from "node:assert/strict";
import { test } from "node:test";
import { schemaToTypeScript } from "./schema-to-typescript.ts";

test("objects, arrays, choices, references and comments become TypeScript", () => {
  const written = schemaToTypeScript(
    "Order",
    {
      description: "An order.\nAs it is now.",
      type: "object",
      properties: {
        id: { type: "string", description: "Its id: never */ reused." },
        "ship-to": { $ref: "#/$defs/address" },
        lines: { type: "array", items: { $ref: "#/$defs/line" } },
        state: { enum: ["open", "closed", null] },
        total: { type: ["integer", "null"], minimum: 0 },
        pay: {
          oneOf: [
            { type: "object", properties: { kind: { const: "card" }, last4: { type: "string" } }, required: ["kind"] },
            { type: "object", properties: { kind: { const: "cash" } }, required: ["kind"] },
          ],
        },
        tags: { type: "array", items: { type: ["string", "number"] } },
        pair: { type: "array", prefixItems: [{ type: "string" }, { type: "integer" }], minItems: 1, items: false },
        extra: { type: "object", additionalProperties: { type: "number" } },
        any: true,
        mail: { type: "string", format: "email", deprecated: true },
      },
      required: ["id", "lines", "undescribed"],
      $defs: {
        address: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
        line: {
          type: "object",
          properties: { sku: { type: "string" }, parts: { type: "array", items: { $ref: "#/$defs/line" } } },
        },
      },
    },
    ["mail"],
  );
  assert.equal(
    written,
    `/**
 * An order.
 * As it is now.
 */
export interface Order {
  /** Its id: never *\\/ reused. */
  id: string;
  "ship-to"?: OrderAddress;
  lines: OrderLine[];
  state?: "open" | "closed" | null;
  /** @minimum 0 */
  total?: number | null;
  pay?: {
    kind: "card";
    last4?: string;
  } | {
    kind: "cash";
  };
  tags?: (string | number)[];
  /** @minItems 1 */
  pair?: [string, number?];
  extra?: {
    [name: string]: number;
  };
  any?: unknown;
  /**
   * Personal data.
   * @format "email"
   * @deprecated
   */
  mail?: string;
  undescribed: unknown;
}

export interface OrderAddress {
  city: string;
}

export interface OrderLine {
  sku?: string;
  parts?: OrderLine[];
}
`,
  );
});

test("a composed schema is an intersection, and a choice beside properties too", () => {
  const written = schemaToTypeScript("Both", {
    allOf: [{ $ref: "#/$defs/a" }, { type: "object", properties: { b: { type: "string" } } }],
    anyOf: [{ type: "object", properties: { c: { type: "string" } } }, { type: "null" }],
    $defs: { a: { type: "object", properties: { a: { type: "boolean" } } } },
  });
  assert.equal(
    written,
    `export type Both = BothA & {
  b?: string;
} & ({
  c?: string;
} | null);

export interface BothA {
  a?: boolean;
}
`,
  );
});

test("documents that are bundled with a schema are found, and look up their own definitions", () => {
  const address = {
    $id: "https://shop.example/address",
    type: "object",
    properties: { zip: { $ref: "#/$defs/zip" } },
    $defs: { zip: { type: "string", pattern: "^\\d+$" } },
  };
  const written = schemaToTypeScript("Order", {
    type: "object",
    properties: {
      to: { $ref: "https://shop.example/address" },
      zip: { $ref: "#/$defs/zip" },
      gone: { $ref: "https://shop.example/gone" },
    },
    $defs: { "https://shop.example/address": address, zip: { type: "integer" } },
  });
  assert.equal(
    written,
    `export interface Order {
  to?: OrderAddress;
  zip?: OrderZip2;
  gone?: unknown;
}

export interface OrderAddress {
  zip?: OrderZip;
}

/** @pattern "^\\\\d+$" */
export type OrderZip = string;

export type OrderZip2 = number;
`,
  );
});
