import assert from "node:assert/strict";
import { test } from "node:test";
import { runWithCorrelation } from "../correlation/correlation-context.ts";
import { createLogger, isCorrelatedLogger, type LoggerOptions } from "./create-logger.ts";

function capture(options: Partial<LoggerOptions> = {}) {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return {
    lines,
    log: createLogger({ service: "billing", version: "1.4.0", instance: "b-1", now: () => 1000, destination, ...options }),
  };
}

test("a line is one JSON object with service, version, instance, level and time", () => {
  const { lines, log } = capture();
  log.info({ invoiceId: "i1" }, "invoice created");
  assert.deepEqual(lines, [
    { level: "info", time: 1000, service: "billing", version: "1.4.0", instance: "b-1", invoiceId: "i1", msg: "invoice created" },
  ]);
});

test("a line logged in a context carries its correlation id and tenant, a child's too", () => {
  const { lines, log } = capture();
  const child = log.child({ handler: "create-invoice" });
  runWithCorrelation({ correlationId: "checkout-42", tenantId: "t1" }, () => child.info("in"));
  child.info("out");
  assert.deepEqual(
    [lines[0]?.["correlationId"], lines[0]?.["tenantId"], lines[0]?.["handler"]],
    ["checkout-42", "t1", "create-invoice"],
  );
  assert.equal("correlationId" in (lines[1] ?? {}), false);
});

test("an error becomes its type, message and stack", () => {
  const { lines, log } = capture();
  log.error({ err: new TypeError("no total") }, "failed");
  const err = lines[0]?.["err"] as Record<string, unknown>;
  assert.equal(err["type"], "TypeError");
  assert.equal(err["message"], "no total");
  assert.match(String(err["stack"]), /create-logger\.test/);
});

test("an error that was copied or masked is of the type that its name says, one with a class of its class", () => {
  const { lines, log } = capture();
  class PaymentError extends Error {}
  const masked = Object.assign(new Error("no"), { name: "TypeError" });
  const unreadable = Object.defineProperty(new Error("no"), "name", {
    get: () => {
      throw new Error("not yours");
    },
  });
  delete unreadable.stack;
  const errors = [{ name: "TypeError", message: "no", stack: "TypeError: no" }, masked, new PaymentError("no"), unreadable];
  for (const err of [...errors, { message: "no" }, "no"]) log.error({ err }, "failed");
  assert.deepEqual(
    lines.map(({ err }) => (err as { type?: unknown }).type),
    ["TypeError", "TypeError", "PaymentError", "Error", "Object", undefined],
  );
});

test("a line below the level is not written, and a silent logger writes nothing", () => {
  const { lines, log } = capture({ level: "warn" });
  log.info("quiet");
  log.warn("loud");
  assert.equal(lines.length, 1);
  const silent = capture({ silent: true });
  silent.log.fatal("nobody hears this");
  assert.equal(silent.lines.length, 0);
});

test("the instance comes from THROUGHLINE_INSTANCE, else names this process", (t) => {
  const before = process.env["THROUGHLINE_INSTANCE"];
  t.after(() => {
    if (before === undefined) delete process.env["THROUGHLINE_INSTANCE"];
    else process.env["THROUGHLINE_INSTANCE"] = before;
  });
  const instanceOf = (): unknown => {
    const lines: Record<string, unknown>[] = [];
    createLogger({
      service: "s",
      destination: { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    }).info("x");
    return lines[0]?.["instance"];
  };
  process.env["THROUGHLINE_INSTANCE"] = "billing-2";
  assert.equal(instanceOf(), "billing-2");
  delete process.env["THROUGHLINE_INSTANCE"];
  assert.match(String(instanceOf()), new RegExp(`-${process.pid}$`));
});

test("a logger of ours is known as such, and so is its child; others are not", () => {
  const { log } = capture();
  assert.equal(isCorrelatedLogger(log.child({})), true);
  assert.equal(isCorrelatedLogger(console), false);
  assert.equal(isCorrelatedLogger(null), false);
});
