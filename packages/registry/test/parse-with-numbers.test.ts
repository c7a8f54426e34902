import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bigintsInText, parseExactly, parseWithBigints } from "../src/compatibility/exact-json.ts";
import { parseWithNumbers } from "../src/compatibility/parse-with-numbers.ts";
import { SchemaMaker } from "./schema-maker.ts";

describe("JSON with other values for some numbers", () => {
  test("has all digits where they stand, and nothing else is another", () => {
    const text = `{"a":[9007199254740993, -9007199254740993.0,{"9007199254740993":"9007199254740993 \\\\\\" 9007199254740993"}],
      "__proto__":{"b":1e400},"n":-0, "m":0.10, "k":123456789012345678901234567890e-5}`;
    assert.equal(
      JSON.stringify(parseExactly(text)),
      '{"a":[9007199254740993,-9007199254740993,{"9007199254740993":"9007199254740993 \\\\\\" 9007199254740993"}],' +
        '"__proto__":{"b":1e400},"n":0,"m":0.1,"k":12345678901234567890123456789e-4}',
    );
    assert.deepEqual(parseWithBigints('[9007199254740993,{"a":-9223372036854775808},1.5,1e3]'), [
      9007199254740993n,
      { a: -9223372036854775808n },
      1.5,
      1000,
    ]);
    assert.equal(bigintsInText(parseWithBigints("[18446744073709551615]")), "[18446744073709551615]");
  });

  test("is what JSON.parse makes of it where no number is another", () => {
    const make = new SchemaMaker(3);
    for (let n = 0; n < 500; n += 1) {
      const text = JSON.stringify([make.schema(), make.value(), '\\"-1'], null, n % 3);
      assert.deepEqual(
        parseWithNumbers(text, () => "never"),
        JSON.parse(text),
      );
    }
  });

  test("is refused as JSON.parse refuses it", () => {
    for (const text of [
      "",
      "01",
      "1.",
      "[9007199254740993",
      '{"a":9007199254740993 1}',
      "-",
      "1e",
      "[1.2.3]",
      '"a',
      "[+1]",
      "[.5]",
      '"\\',
    ])
      assert.throws(
        () => parseExactly(text),
        (error: Error) => {
          assert.throws(() => JSON.parse(text), { message: error.message });
          return true;
        },
        text,
      );
  });

  test("takes no longer than its length says", () => {
    for (const text of [`[{}${",{}".repeat(1_000_000)},9007199254740993]`, `[1${",9007199254740993".repeat(200_000)}]`]) {
      const before = process.cpuUsage();
      parseExactly(text);
      const { user } = process.cpuUsage(before);
      assert.ok(user < 4_000_000, `${user / 1_000} ms`);
    }
  });
});
