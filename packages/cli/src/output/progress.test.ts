import assert from "node:assert/strict";
import { test } from "node:test";
import { progressOn } from "./progress.ts";

function written(isTTY: boolean): {
  output: { write(text: string | Uint8Array): void; isTTY: boolean; columns: null };
  texts: string[];
} {
  const texts: string[] = [];
  return { output: { write: (text) => texts.push(String(text)), isTTY, columns: null }, texts };
}

test("a terminal shows one line that changes and goes away", () => {
  const { output, texts } = written(true);
  let now = 1000;
  const progress = progressOn(output, () => now);
  progress.report("1 of 9");
  progress.report("2 of 9");
  now += 100;
  progress.report("3 of 9");
  progress.done();
  assert.deepEqual(texts, ["\r\u001b[2K1 of 9", "\r\u001b[2K3 of 9", "\r\u001b[2K"]);
});

test("elsewhere there is a plain line every five seconds, and none for quick work", () => {
  const { output, texts } = written(false);
  let now = 1000;
  const progress = progressOn(output, () => now);
  progress.report("1 of 9");
  now += 5000;
  progress.report("2 of 9");
  progress.report("3 of 9");
  progress.done();
  assert.deepEqual(texts, ["2 of 9\n"]);
});
