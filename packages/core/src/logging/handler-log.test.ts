import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { runWithCorrelation } from "../correlation/correlation-context.ts";
import { isThroughlineError } from "../errors/index.ts";
import { createLogger, type Logger } from "./create-logger.ts";
import { HandlerLog } from "./handler-log.ts";
import { personalValues } from "./personal-values.ts";

function capture() {
  const lines: Record<string, unknown>[] = [];
  const clock = { now: 1000 };
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const logger = createLogger({ service: "billing", instance: "b-1", level: "debug", now: () => clock.now, destination });
  return { lines, clock, logger };
}

test("nothing is written before the outcome; commit writes every line in order with its own time", () => {
  const { lines, clock, logger } = capture();
  const handlerLog = new HandlerLog(logger);
  handlerLog.log.info("first");
  clock.now = 2000;
  handlerLog.log.child({ step: 2 }).warn("second");
  clock.now = 9000;
  assert.deepEqual(lines, []);
  handlerLog.commit();
  assert.deepEqual(
    lines.map(({ msg, time, level, step, rolledBack }) => ({ msg, time, level, step, rolledBack })),
    [
      { msg: "first", time: 1000, level: "info", step: undefined, rolledBack: undefined },
      { msg: "second", time: 2000, level: "warn", step: 2, rolledBack: undefined },
    ],
  );
});

test("rollback marks every line", () => {
  const { lines, logger } = capture();
  const handlerLog = new HandlerLog(logger);
  handlerLog.log.info({ nested: { a: "}" } }, "invoice created");
  handlerLog.log.info("mail sent");
  handlerLog.rollback();
  assert.deepEqual(
    lines.map(({ msg, rolledBack }) => [msg, rolledBack]),
    [
      ["invoice created", true],
      ["mail sent", true],
    ],
  );
});

test("a line keeps the values and the context of the moment it was logged", () => {
  const { lines, logger } = capture();
  const handlerLog = new HandlerLog(logger);
  const order = { total: 1 };
  runWithCorrelation({ correlationId: "checkout-42" }, () => handlerLog.log.info({ order }, "counted"));
  order.total = 2;
  handlerLog.commit();
  assert.deepEqual(lines[0]?.["order"], { total: 1 });
  assert.equal(lines[0]?.["correlationId"], "checkout-42");
});

test("the first outcome counts, and a later line is written at once under its mark", () => {
  const { lines, logger } = capture();
  const handlerLog = new HandlerLog(logger);
  const { log } = handlerLog;
  handlerLog.rollback();
  handlerLog.commit();
  log.info("late");
  assert.equal(lines[0]?.["rolledBack"], true);
});

test("lines below the logger's level are not kept", () => {
  const { lines, logger } = capture();
  const handlerLog = new HandlerLog(logger);
  handlerLog.log.trace("too fine");
  handlerLog.commit();
  assert.deepEqual(lines, []);
});

test("personal values are masked in texts, fields, errors and under their names, committed or not", () => {
  for (const outcome of ["commit", "rollback"] as const) {
    const { lines, logger } = capture();
    const data = { email: "ada@example.org", name: 'Ada "Lady" Lovelace', age: 36, order_id: "o1" };
    const handlerLog = new HandlerLog(logger, { personal: personalValues(data, ["email", "name", "age"]) });
    handlerLog.log.info({ data, to: [`<${data.email}>`] }, `mail to ${data.name}, ${data.age}`);
    handlerLog.log.child({ recipient: data.email }).error(new Error(`no mailbox ${data.email}`));
    handlerLog[outcome]();
    const text = JSON.stringify(lines);
    for (const value of ["ada@example.org", "Lovelace"]) assert.equal(text.includes(value), false, `${value} in ${text}`);
    assert.equal(lines[0]?.["msg"], "mail to [personal], [personal]");
    assert.deepEqual(lines[0]?.["data"], { email: "[personal]", name: "[personal]", age: "[personal]", order_id: "o1" });
    const err = lines[1]?.["err"] as { message: string } | undefined;
    assert.equal(err?.message, "no mailbox [personal]");
  }
});

test("a personal value that equals one of our own fields leaves it alone", () => {
  const { lines, logger } = capture();
  const handlerLog = new HandlerLog(logger, { personal: personalValues({ team: "billing" }, ["team"]) });
  handlerLog.log.info("for billing");
  handlerLog.commit();
  assert.equal(lines[0]?.["service"], "billing");
  assert.equal(lines[0]?.["msg"], "for [personal]");
});

test("lines beyond the bound are dropped, and their number is told", () => {
  const { lines, logger } = capture();
  const handlerLog = new HandlerLog(logger, { maxLines: 2 });
  for (let n = 0; n < 5; n++) handlerLog.log.info(`line ${n}`);
  handlerLog.commit();
  assert.deepEqual(lines.map(({ msg }) => msg).slice(0, 2), ["line 0", "line 1"]);
  assert.equal(lines.length, 3);
  assert.equal(lines[2]?.["droppedLines"], 3);
});

test("a destination that sorts lines by level gets them at their level", () => {
  const errors: string[] = [];
  const streams = pino.multistream([{ level: "error", stream: { write: (line: string) => void errors.push(line) } }]);
  const handlerLog = new HandlerLog(createLogger({ service: "billing", destination: streams }));
  handlerLog.log.error("bad");
  handlerLog.log.info("fine");
  handlerLog.commit();
  assert.equal(errors.length, 1);
  assert.match(errors[0] ?? "", /bad/);
});

test("a logger whose lines cannot be held back is refused", () => {
  const foreign = { info: () => {} } as unknown as Logger;
  assert.throws(
    () => new HandlerLog(foreign),
    (error) => isThroughlineError(error, "LOGGER_FOREIGN"),
  );
});
