import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { findServices } from "./find-services.ts";
import { ownersOf } from "./watch-files.ts";

async function folderWith(t: TestContext, files: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-"));
  t.after(() => rm(folder, { recursive: true }));
  for (const file of files) {
    await mkdir(join(folder, dirname(file)), { recursive: true });
    await writeFile(join(folder, file), "");
  }
  return folder;
}

test("finds folders with a main file and .service files, and nothing else", async (t) => {
  const folder = await folderWith(t, [
    "orders/main.ts",
    "billing/main.js",
    "email/main.mjs",
    "analytics.service.ts",
    "contracts/order.ts",
    "readme.md",
    "node_modules/main.ts",
    ".hidden/main.ts",
    "deep/er/main.ts",
  ]);
  assert.deepEqual(
    (await findServices(folder)).map(({ name, file }) => [name, file.slice(folder.length + 1)]),
    [
      ["analytics", "analytics.service.ts"],
      ["billing", "billing/main.js"],
      ["email", "email/main.mjs"],
      ["orders", "orders/main.ts"],
    ],
  );
});

test("prefers main.ts to what was built from it", async (t) => {
  const folder = await folderWith(t, ["orders/main.ts", "orders/main.js"]);
  assert.equal((await findServices(folder))[0]?.file, join(folder, "orders/main.ts"));
});

test("two files of one service are refused", async (t) => {
  const folder = await folderWith(t, ["orders/main.ts", "orders.service.ts"]);
  await assert.rejects(findServices(folder), { code: "CLI_SERVICE_TWICE" });
});

test("a folder without services, or no folder, says what a service is", async (t) => {
  const folder = await folderWith(t, ["readme.md"]);
  await assert.rejects(findServices(folder), /no services were found in .*; a service is a folder with a main.ts/);
  await assert.rejects(findServices(join(folder, "nowhere")), { code: "CLI_NO_SERVICES" });
});

test("a changed file belongs to its service, shared code to all", async (t) => {
  const folder = await folderWith(t, ["orders/main.ts", "billing/main.ts", "email.service.ts", "contracts/order.ts"]);
  const services = await findServices(folder);
  const names = (file: string): string[] => ownersOf(folder, file, services).map(({ name }) => name);
  assert.deepEqual(names(join("orders", "lib", "db.ts")), ["orders"]);
  assert.deepEqual(names("email.service.ts"), ["email"]);
  assert.deepEqual(names(join("contracts", "order.ts")), ["billing", "email", "orders"]);
});
