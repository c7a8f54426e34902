import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sizes } from "../../../e2e/sizes.ts";
import { contentOfIndex } from "./content-of-index.ts";

const flows = sizes({ test: 3_000, soak: 20_000 });
const failEvery = 20;
const kills = sizes({ test: 6, soak: 60 });
const program = join(import.meta.dirname, "processes/index-process.ts");

/** Runs the indexer in a process of its own; kills it `afterMs` after it began. Answers whether it had caught up. */
async function run(file: string, afterMs: number | null): Promise<boolean> {
  const args = [
    "--conditions=throughline-source",
    "--disable-warning=ExperimentalWarning",
    program,
    file,
    String(flows),
    String(failEvery),
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  let timer: NodeJS.Timeout | undefined;
  child.stdout.on("data", (data: Buffer) => {
    said += data.toString();
    if (afterMs !== null && said.startsWith("ready")) timer ??= setTimeout(() => child.kill("SIGKILL"), afterMs);
  });
  await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  return said.includes("done");
}

test("an indexer that is killed again and again writes each record once, and loses none", { timeout: 1_800_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "index-kills-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [whole, killed] = [join(folder, "whole.db"), join(folder, "killed.db")];
  assert.equal(await run(whole, null), true);
  let struck = 0;
  for (let round = 0; round < kills; round++) {
    // Later and later, so that some die in the first transaction and some in a late one.
    if (!(await run(killed, 15 + ((round * 37) % 220)))) struck += 1;
  }
  assert.ok(struck >= kills / 3, `${struck} of ${kills} were killed before they had caught up`);
  assert.equal(await run(killed, null), true);
  const [expected, found] = [contentOfIndex(whole), contentOfIndex(killed)];
  for (const [part, rows] of Object.entries(expected)) {
    assert.ok(part === "audit" || rows.length > 0, `${part} is empty`);
    assert.deepEqual(found[part as keyof typeof found], rows, part);
  }
  assert.equal(expected.events.length, flows * 12);
});
