import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventLog } from "throughline/seams";
import {
  announcementRecord,
  auditTopic,
  type AuditEntry,
  readAnnouncement,
  type ServiceAnnouncement,
  servicesTopic,
} from "throughline/system-topics";
import { runBilling, until } from "../../test/running-service.ts";
import { runCommand } from "../../test/run-command.ts";
import { noonMs, ShopLog } from "../../test/shop-log.ts";

test("pause and resume wait for the service's answer, and say who applies it", async (t) => {
  const billing = await runBilling(t, ["billing-1", "billing-2"]);
  const paused = await billing.run("pause", "billing", "create-invoice", "--for", "2h", "--note", "wrong totals", "--by", "eva");
  assert.match(paused.stdout, /^Done: handler "create-invoice" is paused by eva until [^:]+:[^:]+:[^:]+Z: wrong totals\n/);
  assert.match(paused.stdout, /Applied by billing-[12], billing-[12]\.\n$/);
  assert.equal(paused.exitCode, 0);
  await billing.publish("o-1");
  const doctor = await billing.run("doctor", "--json");
  const finding = doctor.json().findings.find(({ check }: { check: string }) => check === "handler billing/create-invoice");
  assert.equal(finding.status, "warn");
  assert.match(finding.message, /is paused by eva until .*: wrong totals/);
  assert.equal(finding.todo, "throughline resume billing create-invoice");
  assert.deepEqual(billing.handled, []);
  const resumed = (await billing.run("resume", "billing", "create-invoice", "--json")).json();
  assert.deepEqual([resumed.state, resumed.waitingFor, resumed.appliedBy.length], ["done", [], 2]);
  await until("it goes on", () => billing.handled.length === 1);
  const entries: AuditEntry[] = [];
  for await (const batch of billing.log.read({ topic: auditTopic, partition: 0, fromOffset: 0 }))
    entries.push(...batch.map(({ value }) => JSON.parse(Buffer.from(value!).toString()) as AuditEntry));
  assert.deepEqual(
    entries.map(({ action, by, outcome, reason }) => [action, by, outcome, reason]),
    [
      ["pause", "eva", undefined, "wrong totals"],
      ["pause", "eva", "done", "wrong totals"],
      ["resume", "ana", undefined, null],
      ["resume", "ana", "done", null],
    ],
  );
});

test("hold parks a subject, shown by the doctor, and release lets it go on", async (t) => {
  const billing = await runBilling(t);
  const held = await billing.run("hold", "billing", "--subject", "o-2", "--note", "by hand");
  assert.match(held.stdout, /^Done: subject "o-2" is held for every handler by ana: by hand\n/);
  await billing.publish("o-2");
  await billing.publish("o-1");
  await until("the other", () => billing.handled.length === 1);
  const { findings } = (await billing.run("doctor", "--json")).json();
  const finding = findings.find(({ check }: { check: string }) => check === "hold billing");
  assert.equal(finding.todo, "throughline release billing --subject o-2");
  assert.equal((await billing.run("release", "billing", "--subject", "o-2")).exitCode, 0);
  await until("both", () => billing.handled.length === 2);
  assert.deepEqual(billing.handled, ["o-1", "o-2"]);
});

test("limit is shown by the doctor, and taken off again", async (t) => {
  const billing = await runBilling(t);
  assert.match(
    (await billing.run("limit", "billing", "create-invoice", "0.5")).stdout,
    /^Done: handler "create-invoice" is limited to 0.5 events a second by ana\n/,
  );
  const { findings } = (await billing.run("doctor", "--json")).json();
  const finding = findings.find(({ check }: { check: string }) => check === "limit billing");
  assert.equal(finding.todo, "throughline limit billing create-invoice --off");
  assert.equal((await billing.run("limit", "billing", "create-invoice", "--off")).exitCode, 0);
});

test("what the service refuses fails the command, with the service's words", async (t) => {
  const billing = await runBilling(t);
  const refused = await billing.run("resume", "billing", "create-invoice");
  assert.equal(refused.exitCode, 1);
  assert.equal(refused.stdout, 'billing refused: handler "create-invoice" is not paused\n');
});

test("accept-loss says what is lost, asks, and lets the handler go on", async (t) => {
  const billing = await runBilling(t);
  await billing.publish("o-1");
  await until("handled", () => billing.handled.length === 1);
  assert.match(
    (await billing.run("accept-loss", "billing", "create-invoice")).stderr,
    /billing\/create-invoice has not stopped, so it has lost nothing/,
  );
  billing.log.deleteTopic("order");
  await billing.log.createTopics([{ name: "order" }]);
  await billing.publish("o-2");
  await until("it has stopped, and the log shows it", async () =>
    (await billing.run("doctor", "--json")).stdout.includes("throughline accept-loss billing create-invoice"),
  );
  const asked = await billing.run("accept-loss", "billing", "create-invoice");
  assert.equal(asked.exitCode, 2);
  assert.match(asked.stderr, /topic "order" was deleted and created again/);
  const { stdout, exitCode } = await billing.run("accept-loss", "billing", "create-invoice", "--yes");
  assert.match(stdout, /^Done: what was not read of the former topic "order" is given up/);
  assert.equal(exitCode, 0);
  await until("it goes on", () => billing.handled.length === 2);
});

test("an instance that was killed is told from one that runs before its announcement is old", async (t) => {
  const billing = await runBilling(t, ["billing-1"]);
  const killed = { ...(await announcementsOn(billing.log))[0]!, instance: "billing-2", atMs: Date.now() - 60_000 };
  await billing.log.append([announcementRecord(killed)]);
  const { findings } = (await billing.run("doctor", "--json")).json();
  const messages = findings.map(({ message }: { message: string }) => message);
  assert.ok(messages.includes("1 instance, version 0.0.0"), messages.join("\n"));
  const paused = (await billing.run("pause", "billing", "--all", "--json")).json();
  assert.deepEqual([paused.appliedBy, paused.waitingFor], [["billing-1"], []]);
});

async function announcementsOn(log: EventLog): Promise<ServiceAnnouncement[]> {
  const found: ServiceAnnouncement[] = [];
  for await (const batch of log.read({ topic: servicesTopic, partition: 0, fromOffset: 0 }))
    found.push(...batch.flatMap(({ value }) => readAnnouncement(value) ?? []));
  return found;
}

test("a service that does not run does it when it is started", async () => {
  const shop = new ShopLog();
  await shop.announce("billing", [{}], { state: "stopped" });
  const { stdout, exitCode } = await runCommand(shop.log, ["pause", "billing", "--all"]);
  assert.deepEqual([exitCode, stdout], [0, "billing does not run now; it does this when it is started.\n"]);
});

test("a service that does not answer in time fails the command", async () => {
  const shop = new ShopLog();
  await shop.announce("billing", [{}]);
  let nowMs = noonMs;
  // Each look at the clock takes a second, so that the wait is over soon.
  const { stdout, exitCode } = await runCommand(shop.log, ["pause", "billing", "--all"], {
    get nowMs() {
      return (nowMs += 1_000);
    },
  });
  assert.equal(exitCode, 1);
  assert.match(stdout, /billing is asked, and has not answered in time/);
});

test("what is not clear is not asked", async () => {
  const shop = new ShopLog();
  await shop.announce("billing", [{}]);
  const cases = [
    [["pause", "billing"], /name one handler, or say --all/],
    [["pause", "billing", "create-invoice", "--all"], /name one handler, or say --all/],
    [["pause", "billing", "--all", "--for", "soon"], /--for does not understand "soon"/],
    [["limit", "billing", "create-invoice"], /say how many events a second, or --off/],
    [["hold", "billing"], /--subject or --tenant, one of the two/],
    [["hold", "billing", "--subject", "a", "--tenant", "b"], /--subject or --tenant, one of the two/],
  ] as const;
  for (const [args, problem] of cases) {
    const { exitCode, stderr } = await runCommand(shop.log, args);
    assert.equal(exitCode, 2, args.join(" "));
    assert.match(stderr, problem);
  }
  const unknown = await runCommand(shop.log, ["pause", "biling", "--all"]);
  assert.equal(unknown.exitCode, 1);
  assert.match(unknown.stderr, /no service "biling" has announced itself; known are billing/);
});
