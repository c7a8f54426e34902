import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { recordBytes } from "../partition/index.ts";
import type { LogRecord } from "../seams/event-log.ts";
import type { Attempt } from "../seams/store.ts";
import { type DeadLetter, deadLetterRecord, readDeadLetter } from "./dead-letter.ts";

const limit = 16_384;
const error = { name: "Error", code: null, message: "it failed", stack: "at x ".repeat(200) };
const attempt = (message: string): Attempt => ({
  startedAtMs: 1,
  endedAtMs: 2,
  instance: "i",
  version: "1",
  error: { ...error, message },
});

const letterOf = (attempts: readonly Attempt[]): DeadLetter => ({
  failureId: "f",
  service: "billing",
  serviceVersion: "1",
  handler: "h",
  epoch: 1,
  reason: "failed",
  error,
  attempts,
  failedAtMs: 3,
  holdsSubject: true,
  origin: { topic: "order", topicId: "t", partition: 0, offset: 7, timestampMs: 1 },
});

const original = (change: Partial<LogRecord> = {}): LogRecord => ({
  topic: "order",
  topicId: "t",
  partition: 0,
  offset: 7,
  timestampMs: 1,
  key: Buffer.from("o-1"),
  value: Buffer.from("{}"),
  headers: [["ce_id", Buffer.from("1")]],
  ...change,
});

const read = (letter: DeadLetter, record: LogRecord) => {
  const sent = deadLetterRecord(letter, record, limit);
  const found = readDeadLetter({ ...record, ...sent, timestampMs: 1, partition: 0 });
  assert.ok(found);
  return { ...found, bytes: recordBytes(sent) };
};

describe("a dead letter's record", () => {
  it("is the original and one more header", () => {
    const { letter, original: back } = read(letterOf([attempt("once")]), original());
    assert.deepEqual([letter.valueOmitted, letter.attemptsOmitted, letter.attempts.length], [undefined, undefined, 1]);
    assert.deepEqual([back.value, back.headers, back.key], [original().value, original().headers, original().key]);
  });

  const tooLarge = [
    ["a value that leaves it no room", [attempt("once")], { value: Buffer.alloc(limit - 200) }],
    ["attempts with long errors", Array.from({ length: 9 }, () => attempt("x".repeat(4_000))), {}],
    ["an error in characters of many bytes", [attempt("\u{1f4a5}".repeat(9_000))], {}],
    ["headers that leave it no room", [attempt("once")], { headers: [["ce_x", Buffer.alloc(limit - 300)]] }],
    ["a key that leaves it no room", [attempt("once")], { key: Buffer.alloc(limit - 300) }],
  ] as const;
  for (const [what, attempts, change] of tooLarge) {
    it(`fits the log's limit with ${what}, and tells where the original stands`, () => {
      const { letter, bytes } = read(letterOf(attempts), original(change));
      assert.ok(bytes <= limit, `${bytes} bytes`);
      assert.equal(letter.valueOmitted, true);
      assert.deepEqual(letter.origin, letterOf([]).origin);
      assert.equal(letter.attempts.length + (letter.attemptsOmitted ?? 0), attempts.length);
    });
  }
});
