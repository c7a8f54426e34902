import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { isDateTime } from "./date-time-format.ts";

const ajv = (fullFormats["date-time"] as { validate: (text: string) => boolean }).validate;

describe("the date-time format", () => {
  it("takes the usual ways to write a time", () => {
    for (const text of [
      "2026-01-01T00:00:00Z",
      "2026-12-28T23:59:59.123456Z",
      "2026-06-15T12:30:00+02:00",
      "2026-06-15T12:30:00.5-11:59",
    ])
      assert.ok(isDateTime(text), text);
  });

  it("says of each text what Ajv's own says", () => {
    const usual = "2026-02-28T23:59:58.250+01:30";
    const others = ":-+.TZtz 0123456789".split("");
    const changed = usual
      .split("")
      .flatMap((_, at) => [
        usual.slice(0, at),
        usual.slice(0, at) + usual.slice(at + 1),
        ...others.flatMap((other) => [
          usual.slice(0, at) + other + usual.slice(at + 1),
          usual.slice(0, at) + other + usual.slice(at),
        ]),
      ]);
    const days = Array.from({ length: 14 * 33 }, (_, i) => {
      const [month, day] = [Math.floor(i / 33), i % 33].map((number) => String(number).padStart(2, "0"));
      return `2024-${month}-${day}T00:00:00Z`;
    });
    const odd = [
      "",
      "2026-01-01",
      "2026-01-01T24:00:00Z",
      "2016-12-31T23:59:60Z",
      "2026-01-01T00:00:00",
      "2026-01-01T00:00:00.Z",
      "２026-01-01T00:00:00Z",
    ];
    const texts = [...changed, ...days, ...odd];
    const valid = texts.filter((text) => ajv(text));
    assert.ok(valid.length > 400 && texts.length > 1_500);
    assert.deepEqual(
      texts.filter((text) => isDateTime(text)),
      valid,
    );
  });
});
