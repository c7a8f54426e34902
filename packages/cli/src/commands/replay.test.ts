import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventLog } from "throughline/seams";
import { readCommand, type Command, type ReplayProgress } from "throughline/system-topics";
import { runCommand } from "../../test/run-command.ts";
import { noonMs, ShopLog } from "../../test/shop-log.ts";

async function shop(): Promise<ShopLog> {
  const shop = new ShopLog();
  for (let n = 0; n < 4; n++)
    await shop.event({
      id: `e-${n}`,
      type: n % 2 === 0 ? "order.completed" : "order.created",
      subject: `o-${n}`,
      atMs: noonMs + n * 60_000,
    });
  await shop.announce("analytics", [{ name: "count" }], { atMs: noonMs + 119_000 });
  return shop;
}

async function commandsOn(log: EventLog): Promise<Command[]> {
  const commands: Command[] = [];
  if (!(await log.topics()).some(({ name }) => name === "throughline.commands")) return commands;
  for await (const batch of log.read({ topic: "throughline.commands", partition: 0, fromOffset: 0 }))
    commands.push(...batch.map((record) => readCommand(record.value)!));
  return commands;
}

const progress = (commandId: string, more: Partial<ReplayProgress>): ReplayProgress => ({
  commandId,
  epoch: 2,
  kind: "rebuild",
  state: "running",
  problem: null,
  done: 0,
  total: 4,
  ratePerSecond: null,
  remainingMs: null,
  ...more,
});

test("a dry run counts what the handler would be given, and writes nothing", async () => {
  const { log } = await shop();
  const { stdout } = await runCommand(log, ["replay", "analytics", "count", "--rebuild", "--dry-run"]);
  assert.match(stdout, /rebuild of analytics\/count: events from the beginning; 4 records to read\./);
  assert.match(stdout, /order.completed +2/);
  assert.match(stdout, /2 events would be handed to analytics\/count\./);
  assert.deepEqual(await commandsOn(log), []);
});

test("a rerun counts within its range, type and subject", async () => {
  const { log } = await shop();
  const count = async (...args: string[]): Promise<number> =>
    (await runCommand(log, ["replay", "analytics", "count", "--rerun", "--dry-run", "--json", ...args])).json().plan.handed[
      "order.completed"
    ];
  assert.equal(await count("--from", "2026-07-01T12:01:00Z"), 1);
  assert.equal(await count("--to", "2026-07-01T12:01:00Z"), 1);
  assert.equal(await count("--subject", "o-0"), 1);
  assert.equal(await count("--subject", "o-1"), 0);
});

test("says first when the range is older than the log", async () => {
  const { log } = await shop();
  log.trim("order", 0, 2);
  const { stdout } = await runCommand(log, ["replay", "analytics", "count", "--rebuild", "--dry-run"]);
  assert.match(
    stdout,
    /^The range is older than the log: 2 records at its beginning were removed by retention; the log begins 2026-07-01 12:02:00/,
  );
  const later = await runCommand(log, [
    "replay",
    "analytics",
    "count",
    "--rebuild",
    "--from",
    "2026-07-01T12:02:00Z",
    "--dry-run",
  ]);
  assert.doesNotMatch(later.stdout, /older than the log/);
});

test("sends the command, and follows it until the service says that it is done", async () => {
  const filled = await shop();
  const running = runCommand(filled.log, [
    "replay",
    "analytics",
    "count",
    "--rebuild",
    "--rate",
    "500",
    "--note",
    "new totals",
    "--yes",
  ]);
  let [command] = await commandsOn(filled.log);
  while (command === undefined) [command] = await commandsOn(filled.log);
  await filled.announce("analytics", [{ name: "count", replays: [progress(command.commandId, { done: 2 })] }], {
    atMs: noonMs + 120_000,
  });
  await filled.announce("analytics", [{ name: "count", replays: [progress(command.commandId, { done: 4, state: "done" })] }], {
    atMs: noonMs + 121_000,
  });
  const { exitCode, stdout } = await running;
  assert.equal(exitCode, 0);
  assert.match(stdout, new RegExp(`Replay ${command.commandId} is done: 4 events\\.`));
  const { commandId, atMs, ...sent } = command;
  assert.deepEqual(sent, {
    command: "replay",
    service: "analytics",
    handler: "count",
    by: "ana",
    reason: "new totals",
    kind: "rebuild",
    range: { fromMs: null, toMs: null, types: null, subjects: null },
    ratePerSecond: 500,
    publish: false,
  });
  const audit = await filled.record("throughline.audit", 0);
  assert.equal(JSON.parse(Buffer.from(audit.value!).toString()).id, commandId);
  assert.ok(atMs > noonMs);
});

test("fails with the reason when the service refuses", async () => {
  const filled = await shop();
  const running = runCommand(filled.log, ["replay", "analytics", "count", "--rebuild", "--yes"]);
  let [command] = await commandsOn(filled.log);
  while (command === undefined) [command] = await commandsOn(filled.log);
  await filled.announce(
    "analytics",
    [{ name: "count", replays: [progress(command.commandId, { state: "refused", problem: '"count" has no onReset' })] }],
    { atMs: noonMs + 121_000 },
  );
  const { exitCode, stdout } = await running;
  assert.equal(exitCode, 1);
  assert.match(stdout, /was refused: "count" has no onReset/);
});

test("pauses, resumes and cancels by part of an id, and lists", async () => {
  const filled = await shop();
  await runCommand(filled.log, ["replay", "analytics", "count", "--rerun", "--yes", "--no-wait"]);
  const [started] = await commandsOn(filled.log);
  const id = started!.commandId;
  assert.match(
    (await runCommand(filled.log, ["replay", "list"])).stdout,
    new RegExp(`${id.slice(0, 8)} .* ana +analytics/count +rerun +asked`),
  );
  for (const action of ["pause", "resume", "cancel"])
    assert.equal((await runCommand(filled.log, ["replay", action, id.slice(0, 8)])).exitCode, 0);
  assert.deepEqual(
    (await commandsOn(filled.log)).slice(1).map((command) => [command.command, (command as { replayId: string }).replayId]),
    ["pause", "resume", "cancel"].map((action) => [`replay-${action}`, id]),
  );
});

test("gives the list as JSON", async () => {
  const filled = await shop();
  await filled.announce("analytics", [{ name: "count", replays: [progress("replay-000001", { done: 3 })] }], {
    atMs: noonMs + 119_500,
  });
  const { replays } = (await runCommand(filled.log, ["replay", "list", "--json"])).json();
  assert.deepEqual(
    replays.map(({ id, state, progress: { done } }: { id: string; state: string; progress: ReplayProgress }) => [
      id,
      state,
      done,
    ]),
    [["replay-000001", "running", 3]],
  );
});

test("a rebuild cannot be cancelled", async () => {
  const filled = await shop();
  await filled.announce("analytics", [{ name: "count", replays: [progress("replay-000001", {})] }], { atMs: noonMs + 119_500 });
  const { exitCode, stderr } = await runCommand(filled.log, ["replay", "cancel", "replay-000001"]);
  assert.equal(exitCode, 2);
  assert.match(stderr, /is a rebuild, and cannot be cancelled/);
});

for (const [args, problem, exitCode] of [
  [[], /say which handler/, 2],
  [["analytics", "count"], /say which kind/, 2],
  [["analytics", "count", "--rebuild", "--rerun"], /say which kind/, 2],
  [["analytics", "count", "--rebuild", "--type", "order.completed"], /takes no --to, --type or --subject/, 2],
  [["analytics", "count", "--rerun", "--from", "1h", "--to", "2h"], /--from 1h is not before --to 2h/, 2],
  [["analytics", "cuont", "--rerun"], /analytics has no handler "cuont"; it has count/, 1],
  [["analytcs", "count", "--rerun"], /no service "analytcs" has announced itself; known are analytics/, 1],
] as const) {
  test(`refuses "replay ${args.join(" ")}"`, async () => {
    const { log } = await shop();
    const run = await runCommand(log, ["replay", ...args]);
    assert.equal(run.exitCode, exitCode);
    assert.match(run.stderr, problem);
  });
}
