import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryLog } from "throughline";
import { runCommand } from "../test/run-command.ts";
import { eventLogFromUrl, storesByUrl } from "./adapters.ts";

const commands = [
  "dev",
  "events tail",
  "flow",
  "failed",
  "redrive",
  "discard",
  "replay",
  "replay list",
  "replay pause",
  "replay resume",
  "replay cancel",
  "lag",
  "doctor",
];

for (const command of commands) {
  test(`"${command} --help" has examples, --json and --events, and exits with 0`, async () => {
    const { exitCode, stdout } = await runCommand(createMemoryLog(), [...command.split(" "), "--help"]);
    assert.equal(exitCode, 0);
    assert.match(stdout, new RegExp(`Examples:\n  \\$ throughline ${command}`));
    assert.match(stdout, /--json/);
    assert.match(stdout, /--events <url>/);
  });
}

for (const command of ["store migrate", "store sql", "store recover", "store stopped", "store repair"]) {
  test(`"${command} --help" has examples, --json and --store, and exits with 0`, async () => {
    const { exitCode, stdout } = await runCommand(createMemoryLog(), [...command.split(" "), "--help"]);
    assert.equal(exitCode, 0);
    assert.match(stdout, new RegExp(`Examples:\n  \\$ throughline ${command}`));
    assert.match(stdout, /--json/);
    assert.match(stdout, /--store <url>/);
  });
}

for (const command of ["contracts check", "contracts push", "contracts pull"]) {
  test(`"${command} --help" has examples, --json and --registry, and exits with 0`, async () => {
    const { exitCode, stdout } = await runCommand(createMemoryLog(), [...command.split(" "), "--help"]);
    assert.equal(exitCode, 0);
    assert.match(stdout, new RegExp(`Examples:\n  \\$ throughline ${command}`));
    assert.match(stdout, /--json/);
    assert.match(stdout, /--registry <url>/);
  });
}

for (const args of [
  ["contracts"],
  ["contracts", "pull"],
  ["contracts", "push"],
  ["contracts", "pull", "a.b"],
  ["nonsense"],
  ["lag", "--nonsense"],
  ["events"],
  ["replay", "pause"],
  ["store"],
  ["store", "recover"],
  [],
]) {
  test(`"throughline ${args.join(" ")}" is wrong usage`, async () => {
    assert.equal((await runCommand(createMemoryLog(), args)).exitCode, 2);
  });
}

test("suggests the command that was meant", async () => {
  assert.match((await runCommand(createMemoryLog(), ["redrve"])).stderr, /Did you mean redrive\?/);
});

test("an error for programs is one line of JSON on stderr", async () => {
  const { exitCode, stdout, stderr } = await runCommand(createMemoryLog(), ["flow", "nothing", "--json"]);
  assert.equal(exitCode, 1);
  assert.equal(stdout, "");
  assert.equal(JSON.parse(stderr).error.code, "CLI_NOTHING_FOUND");
});

test("a log that cannot be reached says so, and that trying again may help", async () => {
  const log = createMemoryLog();
  log.unavailable(true);
  const { exitCode, stderr } = await runCommand(log, ["failed", "--json"]);
  assert.equal(exitCode, 1);
  assert.deepEqual([JSON.parse(stderr).error.code, JSON.parse(stderr).error.retryable], ["LOG_UNAVAILABLE", true]);
});

test("Ctrl-C in the middle of the work is a failure", async () => {
  const stop = new AbortController();
  stop.abort();
  const log = createMemoryLog();
  await log.createTopics([{ name: "order", partitions: 1 }]);
  await log.append([{ topic: "order", key: null, value: null, headers: [], timestampMs: Date.UTC(2026, 6, 1, 12) }]);
  const { exitCode, stderr } = await runCommand(log, ["flow", "x-y-z"], { signal: stop.signal });
  assert.equal(exitCode, 1);
  assert.match(stderr, /interrupted/);
});

test("a URL of no known kind is wrong usage, and says which are", async () => {
  await assert.rejects(eventLogFromUrl("mysql://x"), /"mysql:\/\/x" is no event log this command can open; .* sqlite:<file>/);
});

test("a mistyped path is not made into an empty log", async () => {
  await assert.rejects(eventLogFromUrl("sqlite:./no/such/events.db"), { code: "CLI_LOG_MISSING" });
});

test("a store's URL of no known kind is wrong usage, and a mistyped path makes no store", async () => {
  await assert.rejects(storesByUrl.open("mysql://x"), { code: "CLI_STORE_URL" });
  for (const work of [storesByUrl.open, (url: string) => storesByUrl.migrate(url, 1)])
    await assert.rejects(work("sqlite:./no/such/store.db"), { code: "STORE_UNAVAILABLE" });
});
