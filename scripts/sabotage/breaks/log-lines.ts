import type { Break } from "../break.ts";

const shipping = ["packages/core/test/shipped-logs.test.ts"];
const attacks = ["packages/core/test/attack-shipped-logs.test.ts"];
const indexing = ["packages/control/src/indexing/indexer.test.ts"];
const api = ["packages/control/test/flow-logs-api.test.ts"];

/** R9, R14 and R15 of log lines that are shipped. */
export const logLineBreaks: readonly Break[] = [
  {
    name: "log lines of a handler that do not know their event",
    rule: "R9",
    file: "packages/core/src/logging/handler-log.ts",
    find: "destination.lastAbout = about",
    replace: "destination.lastAbout = undefined",
    tests: shipping,
  },
  {
    name: "log lines that wait without a bound",
    rule: "R14",
    file: "packages/core/src/logging/line-buffer.ts",
    find: "this.#lines.length >= this.#mostLines || ",
    replace: "",
    tests: attacks,
  },
  {
    name: "the shipper's own words shipped",
    rule: "R14",
    file: "packages/core/src/logging/log-shipper.ts",
    find: "if (this.#isSpeaking) return;",
    replace: "",
    tests: attacks,
  },
  {
    name: "dropped log lines not told",
    rule: "R9",
    file: "packages/core/src/logging/log-shipper.ts",
    find: "if (dropped !== null) this.#buffer.putBackDropped(dropped);",
    replace: "",
    tests: attacks,
  },
  {
    name: "a log that is away asked for every batch of lines",
    rule: "R14",
    file: "packages/core/src/logging/log-shipper.ts",
    find: "retryAfterMs[Math.min(this.#failures, retryAfterMs.length) - 1] ?? flushEveryMs",
    replace: "flushEveryMs",
    tests: attacks,
  },
  {
    name: "log lines that wait lost at the stop",
    rule: "R11",
    file: "packages/core/src/logging/log-shipper.ts",
    find: "while (!this.#buffer.isEmpty && this.#failures === 0 && !signal.aborted)",
    replace: "while (this.#failures < 0)",
    tests: attacks,
  },
  {
    name: "log lines in the order in which they were indexed",
    rule: "R9",
    file: "packages/control/src/index-store/sqlite/log-rows.ts",
    find: "ORDER BY l.at_ms, l.no LIMIT ?",
    replace: "ORDER BY l.no LIMIT ?",
    tests: indexing,
  },
  {
    name: "log lines kept beyond their size",
    rule: "R9",
    file: "packages/control/src/index-store/sqlite/log-rows.ts",
    find: "maxBytes !== null && bytes > maxBytes",
    replace: "false",
    tests: indexing,
  },
  {
    name: "log lines of services that somebody may not see",
    rule: "R15",
    file: "packages/control/src/server/routes/flow-log-routes.ts",
    find: "service === undefined ? actor.services : [service]",
    replace: "service === undefined ? null : [service]",
    tests: api,
  },
];
