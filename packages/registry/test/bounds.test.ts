import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkCompatibility, SchemaInvalid } from "../src/index.ts";

type Schema = Readonly<Record<string, unknown>>;

const check = (old: unknown, candidate: unknown) =>
  checkCompatibility({ type: "JSON", level: "FULL", candidate: { schema: candidate }, versions: [{ version: 1, schema: old }] });

function timed<T>(work: () => T): { result: T; ms: number } {
  const startedAt = performance.now();
  return { result: work(), ms: performance.now() - startedAt };
}

function busyMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const wide = (properties: number): Schema => ({
  type: "object",
  properties: Object.fromEntries(
    Array.from({ length: properties }, (_, index) => [
      `p${index}`,
      index % 3 === 0
        ? { type: "string", maxLength: 20 }
        : index % 3 === 1
          ? { type: "array", items: { type: "integer", minimum: 0 } }
          : { anyOf: [{ type: "string" }, { type: "null" }] },
    ]),
  ),
  required: ["p0", "p1", "p2"],
});

const tangled = (choices: number): Schema => ({
  $ref: "#/$defs/node",
  $defs: {
    node: {
      type: "object",
      oneOf: Array.from({ length: choices }, (_, index) => ({
        properties: { [`k${index}`]: { $ref: "#/$defs/node" }, other: { $ref: "#/$defs/node" } },
        required: [`k${index}`],
      })),
    },
  },
});

describe("time is bounded", () => {
  it("500 properties are compared within 50 ms", () => {
    const [old, candidate] = [wide(500), wide(501)];
    const versions = [{ version: 1, schema: old }];
    const backward = () => checkCompatibility({ type: "JSON", level: "BACKWARD", candidate: { schema: candidate }, versions });
    // The best of some, in processor time: the first runs are not compiled, and the machine is shared.
    const ms = Math.min(...Array.from({ length: 25 }, () => busyMs(backward)));
    assert.ok(ms < 50, `${ms} ms`);
    assert.ok(check(old, candidate).every(({ path }) => path === "/p500"));
  });

  it("choices that hold themselves are judged, or said to be too complex", () => {
    for (const [old, candidate] of [
      [tangled(12), tangled(12)],
      [tangled(12), tangled(13)],
      [tangled(13), tangled(12)],
    ]) {
      const { result, ms } = timed(() => check(old, candidate));
      assert.ok(ms < 2 * 2_000, `${ms} ms for both directions`);
      if (old !== candidate) assert.ok(result.every(({ message }) => message.length > 20));
    }
    assert.deepEqual(check(tangled(12), tangled(12)), []);
  });

  it("a schema that is only itself accepts nothing that could be proven", () => {
    assert.deepEqual(
      check({ type: "string" }, { $ref: "#" }).map(({ direction }) => direction),
      ["backward", "forward"],
    );
  });
});

describe("what is no schema is said at its place", () => {
  let deep: unknown = { type: "string" };
  for (let level = 0; level < 5_000; level += 1) deep = { items: deep };
  const cases: [what: string, schema: unknown, pointer: string, message: RegExp][] = [
    ["no schema", 7, "", /is no schema, but 7/],
    ["an unknown type", { properties: { a: { type: "text" } } }, "/properties/a/type", /must name types of JSON, and is "text"/],
    ["a bound that is none", { minimum: "1" }, "/minimum", /must be a number, and is "1"/],
    ["a length below 0", { minLength: -1 }, "/minLength", /must be a whole number from 0 on/],
    ["no list", { required: "a" }, "/required", /must be a list of names/],
    ["an empty choice", { anyOf: [] }, "/anyOf", /must be a list of schemas that is not empty/],
    ["a bad expression", { pattern: "(" }, "/pattern", /is no regular expression/],
    ["a reference to nothing", { items: { $ref: "#/$defs/a" } }, "/items", /refers to "#\/\$defs\/a", which is not there/],
    ["a reference to another document", { $ref: "other.json" }, "", /refers to "other.json", which is not there/],
    ["nested without end", deep, "", /is nested deeper than 500 levels/],
  ];
  for (const [what, schema, pointer, message] of cases)
    it(what, () => {
      assert.throws(
        () => check(schema, { type: "string" }),
        (error) => {
          assert.ok(error instanceof SchemaInvalid, String(error));
          assert.match(error.message, message);
          if (what !== "nested without end") assert.equal(error.pointer, pointer);
          return true;
        },
      );
    });
});
