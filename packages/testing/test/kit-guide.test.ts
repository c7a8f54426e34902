import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

it("the tests that the guide shows pass", () => {
  const page = readFileSync(join(root, "docs/guide/testing.md"), "utf8");
  // A block that continues belongs to the module of the one before it.
  const modules: string[] = [];
  for (const [, continued, block = ""] of page.matchAll(/^```ts( continued)?\n(.*?)^```$/gms)) {
    if (continued === undefined) modules.push(block);
    else modules.push(`${modules.pop() ?? ""}\n${block}`);
  }
  mkdirSync(join(root, ".data"), { recursive: true });
  // Inside the repository, where the packages are found by their names.
  const folder = mkdtempSync(join(root, ".data", "guide-"));
  try {
    const files = modules
      .filter((code) => code.includes("node:test"))
      .map((code, index) => {
        const file = join(folder, `guide-${index}.test.ts`);
        writeFileSync(file, code);
        return file;
      });
    const flags = ["--conditions=throughline-source", "--disable-warning=ExperimentalWarning", "--test", "--test-reporter=tap"];
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { stdout } = spawnSync(process.execPath, [...flags, ...files], { encoding: "utf8", env });
    assert.match(stdout, /^# fail 0$/m, stdout);
    assert.match(stdout, /^# pass 9$/m, stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
