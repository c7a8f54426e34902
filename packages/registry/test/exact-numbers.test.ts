import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sizes } from "../../../e2e/sizes.ts";
import { parseExactly } from "../src/compatibility/exact-json.ts";
import { checkCompatibility, type CompatibilityPolicy } from "../src/index.ts";

const backward = (old: string, candidate: string, policy: CompatibilityPolicy = "STRICT") =>
  checkCompatibility({
    type: "JSON",
    level: "BACKWARD",
    policy,
    candidate: { schema: parseExactly(candidate) },
    versions: [{ version: 1, schema: parseExactly(old) }],
  });
const kinds = (old: string, candidate: string, policy?: CompatibilityPolicy): string[] =>
  backward(old, candidate, policy).map(({ kind }) => kind);

describe("numbers are compared with all their digits", () => {
  for (const [what, old, candidate, kind] of [
    ["constants", '{"const":9007199254740993}', '{"const":9007199254740992}', "values_narrowed"],
    ["values inside others", '{"enum":[{"a":[9007199254740993]}]}', '{"enum":[{"a":[9007199254740992]}]}', "values_narrowed"],
    ["lower bounds", '{"minimum":9007199254740992}', '{"minimum":9007199254740993}', "minimum_raised"],
    ["upper bounds", '{"maximum":9223372036854775807}', '{"maximum":9223372036854775806}', "maximum_lowered"],
    ["fractions", '{"exclusiveMaximum":0.10000000000000001}', '{"exclusiveMaximum":0.1}', "maximum_lowered"],
    ["multiples", '{"multipleOf":9007199254740993}', '{"multipleOf":9007199254740992}', "multiple_of_narrowed"],
    ["what may not be", '{"not":{"const":9007199254740993}}', '{"not":{"const":9007199254740992}}', "not_widened"],
  ] as const)
    test(what, () => {
      for (const policy of ["STRICT", "LENIENT"] as const) {
        assert.ok(kinds(old, candidate, policy).includes(kind), kinds(old, candidate, policy).join());
        assert.deepEqual(kinds(old, old, policy), []);
      }
    });

  test("and what they say in other words is the same", () => {
    assert.deepEqual(kinds('{"const":9007199254740993}', '{"enum":[900719925474099300e-2, 1]}'), []);
    assert.deepEqual(kinds('{"maximum":9223372036854775807}', '{"maximum":9223372036854775808}'), []);
    assert.deepEqual(kinds('{"multipleOf":18014398509481986}', '{"multipleOf":9007199254740993}'), []);
    assert.deepEqual(kinds('{"type":"integer","maximum":9223372036854775807}', '{"type":"number"}'), []);
  });

  test("sentences have them all", () => {
    const [found] = backward('{"maximum":9223372036854775807}', '{"maximum":9223372036854775806}');
    assert.match(
      found?.message ?? "",
      /at most 9223372036854775806 in the new schema; version 1 allows at most 9223372036854775807/,
    );
  });
});

describe("and as JavaScript rounds them, too", () => {
  test("a bound that its readers would meet otherwise is a difference", () => {
    const [found] = backward('{"minimum":9007199254740993}', '{"exclusiveMinimum":9007199254740992}');
    assert.equal(found?.kind, "minimum_raised");
    assert.match(found.message, /, as JavaScript rounds these numbers$/);
    // With all digits there is no such number, and of JavaScript's there is one.
    assert.notDeepEqual(kinds('{"minimum":9007199254740993,"maximum":9007199254740992}', "false"), []);
  });
});

interface Limits {
  readonly values: string[] | null;
  readonly minimum: string | null;
  readonly exclusiveMaximum: string | null;
  readonly multipleOf: string | null;
  readonly not: string | null;
}

const pairs = sizes({ test: 4_000, soak: 60_000 });

test(`of ${pairs} pairs around 2^53 none is let through that either kind of reader would refuse`, () => {
  let state = 7;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const all = Array.from({ length: 16 }, (_, index) => String(2n ** 53n - 6n + BigInt(index)));
  const one = (): string => all[below(all.length)] as string;
  const some = <T>(make: () => T): T | null => (below(3) === 0 ? make() : null);
  const limits = (): Limits => ({
    values: some(() => Array.from({ length: 1 + below(4) }, one)),
    minimum: some(one),
    exclusiveMaximum: some(one),
    multipleOf: some(() => ["2", "3", "9007199254740993", "4503599627370497"][below(4)] as string),
    not: some(one),
  });
  const textOf = ({ values, not, ...others }: Limits): string => {
    const said = Object.entries(others).filter(([, value]) => value !== null);
    return `{"type":"integer"${said.map(([name, value]) => `,"${name}":${value}`).join("")}${
      values === null ? "" : `,"enum":[${values.join()}]`
    }${not === null ? "" : `,"not":{"const":${not}}`}}`;
  };
  /** In whole numbers of one kind. */
  const takes = <N extends bigint | number>(of: (text: string) => N, zero: N, each: Limits, value: N): boolean =>
    (each.values === null || each.values.some((one) => of(one) === value)) &&
    (each.minimum === null || value >= of(each.minimum)) &&
    (each.exclusiveMaximum === null || value < of(each.exclusiveMaximum)) &&
    (each.multipleOf === null || (((value as number) % (of(each.multipleOf) as number)) as N) === zero) &&
    (each.not === null || value !== of(each.not));
  const counts = { accepted: 0, refuted: 0 };
  for (let pair = 0; pair < pairs; pair += 1) {
    const old = limits();
    const candidate =
      below(2) === 0
        ? limits()
        : { ...old, ...(below(2) === 0 ? { minimum: some(one) } : { values: some(() => [one(), one()]) }) };
    const found = backward(textOf(old), textOf(candidate));
    const isBroken = all.some(
      (value) =>
        (takes(BigInt, 0n, old, BigInt(value)) && !takes(BigInt, 0n, candidate, BigInt(value))) ||
        (takes(Number, 0, old, Number(value)) && !takes(Number, 0, candidate, Number(value))),
    );
    if (found.length === 0) counts.accepted += 1;
    if (!isBroken) continue;
    counts.refuted += 1;
    assert.ok(found.length > 0, `${textOf(old)} and then ${textOf(candidate)}`);
  }
  assert.ok(counts.accepted > pairs / 6 && counts.refuted > pairs / 6, JSON.stringify(counts));
});
