import assert from "node:assert/strict";
import { test } from "node:test";
import { asksOfHandler, asksOfService } from "../page/pages/commands/asks-of.ts";
import { commandBody, type CommandForm, whyNotYet } from "../page/pages/commands/command-order.ts";
import { type Control, endOf } from "../page/pages/commands/controls.ts";

const form = (more: Partial<CommandForm>): CommandForm => ({
  command: "pause",
  service: "billing",
  handler: "create-invoice",
  held: { by: "subject", name: "" },
  length: "",
  rate: "10",
  ...more,
});

const control = (more: Partial<Control>): Control => ({
  id: "c-1",
  kind: "hold",
  handler: "create-invoice",
  subject: null,
  tenant: null,
  perSecond: null,
  reason: null,
  by: "ada",
  atMs: 1,
  untilMs: null,
  sentence: "it stands",
  ...more,
});

const said = (asks: ReturnType<typeof asksOfHandler>) =>
  asks.map(({ command, title, whyNot }) => `${title ?? command}${whyNot == null ? "" : ` (${whyNot})`}`);

test("a command is asked for with its own parts and no others", () => {
  const about = { service: "billing", handler: "create-invoice" };
  assert.deepEqual(commandBody(form({ length: "30" }), 1_000), { command: "pause", ...about, untilMs: 1_801_000 });
  assert.deepEqual(commandBody(form({ command: "resume", length: "30" }), 1_000), { command: "resume", ...about });
  assert.deepEqual(commandBody(form({ command: "unlimit" }), 0), { command: "limit", ...about, perSecond: null });
  const held = { by: "tenant", name: "acme" } as const;
  assert.deepEqual(commandBody(form({ command: "hold", held, handler: null }), 0), {
    command: "hold",
    service: "billing",
    handler: null,
    tenant: "acme",
  });
  assert.deepEqual(commandBody(form({ command: "accept-loss" }), 0), { command: "accept-loss", ...about });
});

test("what is not filled in yet is not asked", () => {
  assert.equal(whyNotYet(form({ command: "hold" })), "Say which subject.");
  for (const rate of ["", "0", "-1", "x"]) assert.notEqual(whyNotYet(form({ command: "limit", rate })), null, rate);
  assert.equal(whyNotYet(form({ command: "limit", rate: "0.5" })), null);
});

test("a control is ended for whom it stands: one handler, or all", () => {
  const { held, handler } = endOf(control({ subject: "o-1" }));
  assert.deepEqual([held, handler], [{ by: "subject", name: "o-1" }, "create-invoice"]);
  const ofAll = endOf(control({ tenant: "acme", handler: null }));
  assert.deepEqual([ofAll.command, ofAll.handler, ofAll.held], ["release", null, { by: "tenant", name: "acme" }]);
  assert.equal(endOf(control({ kind: "pause" })).command, "resume");
  assert.equal(endOf(control({ kind: "limit" })).command, "unlimit");
});

test("all that can be asked of a handler stands there, with why it cannot be asked now", () => {
  assert.deepEqual(said(asksOfHandler({ name: "create-invoice", state: "live" }, [])), [
    "pause",
    "limit",
    "unlimit (It is not limited.)",
    "hold",
    "release (Nothing of it is held.)",
    "accept-loss (It has not stopped, so it has lost nothing.)",
  ]);
  const standing = [
    control({ subject: "o-1" }),
    control({ tenant: "acme", handler: null }),
    control({ kind: "pause", handler: null }),
  ];
  assert.deepEqual(said(asksOfHandler({ name: "create-invoice", state: "stopped" }, standing)), [
    "resume (All of the service is paused: resume that.)",
    "limit",
    "unlimit (It is not limited.)",
    "hold",
    "Release subject o-1 …",
    "accept-loss",
  ]);
  // A release for all ends what is held for one handler, too; once, however many hold it.
  const twice = [control({ subject: "o-1" }), control({ subject: "o-1", handler: "count" })];
  assert.equal(said(asksOfService(twice)).filter((text) => text.startsWith("Release")).length, 1);
});
