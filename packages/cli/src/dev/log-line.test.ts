import assert from "node:assert/strict";
import { test } from "node:test";
import { plainPaint } from "../output/colours.ts";
import { noonMs } from "../../test/shop-log.ts";
import { renderLogLine } from "./log-line.ts";

const options = { service: "billing", colour: "cyan", width: 10, paint: plainPaint, nowMs: noonMs } as const;

test("lays out a line of pino: time, service, level, message, fields, short correlation id", () => {
  const line = JSON.stringify({
    level: 30,
    time: noonMs + 123,
    pid: 1,
    hostname: "h",
    service: "billing",
    msg: "invoice created",
    orderId: "o-1",
    total: 12,
    correlationId: "0198b2c4-8a5e-7c3d-9f10-aabbccddeeff",
  });
  assert.equal(renderLogLine(line, options), "12:00:00.123 billing    INFO  invoice created orderId=o-1 total=12 …ccddeeff");
});

test("shows a stack below its line", () => {
  const line = JSON.stringify({
    level: 50,
    time: noonMs,
    msg: "failed",
    err: { type: "Error", message: "no", stack: "Error: no\n    at pay (pay.ts:1:1)\n    at node:internal/process:1:1" },
  });
  assert.equal(
    renderLogLine(line, options),
    "12:00:00.000 billing    ERROR failed\n    Error: no\n        at pay (pay.ts:1:1)\n        at node:internal/process:1:1",
  );
});

for (const [level, name] of [
  [10, "TRACE"],
  [20, "DEBUG"],
  [30, "INFO"],
  ["error", "ERROR"],
  ["info", "INFO"],
  [35, "INFO"],
  [40, "WARN"],
  [60, "FATAL"],
] as const) {
  test(`level ${level} reads ${name}`, () =>
    assert.match(renderLogLine(JSON.stringify({ level, time: noonMs, msg: "x" }), options), new RegExp(` ${name} +x$`)));
}

for (const text of ["listening on 3000", '{"not":"pino"}', "{broken", '{"level":"odd"}', '["level"]']) {
  test(`passes ${text} through behind the service's name`, () =>
    assert.equal(renderLogLine(text, options), `12:00:00.000 billing    │     ${text}`));
}

test("a message of several lines that the stack repeats stands there once", () => {
  const message = "cannot start:\n  - no topic\n  - no store";
  const line = JSON.stringify({
    level: "error",
    time: noonMs,
    msg: message,
    err: { stack: `Error: ${message}\n    at start (a.ts:1:1)` },
  });
  assert.equal(
    renderLogLine(line, options),
    "12:00:00.000 billing    ERROR cannot start:\n    Error: cannot start:\n      - no topic\n      - no store\n        at start (a.ts:1:1)",
  );
});

test("times as ISO text are understood too", () => {
  assert.match(renderLogLine('{"level":30,"time":"2026-07-01T12:00:05.000Z","msg":"x"}', options), /^12:00:05.000/);
});

test("a line cannot steer the terminal", () => {
  assert.doesNotMatch(
    renderLogLine(JSON.stringify({ level: 30, time: noonMs, msg: "\u001b[2J", a: "\u0007" }), options),
    /[\u001b\u0007]/,
  );
  assert.doesNotMatch(renderLogLine("\u001b[2Jplain", options), /\u001b/);
});
