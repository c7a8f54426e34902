import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { contractOf, planOf, temporaryFolder } from "../../test/contracts-fixture.ts";
import { codeContracts } from "./code-contracts.ts";
import { changeLockFile, readLockFile, replaceFile } from "./lock-file.ts";
import { nextLock } from "./next-lock.ts";

const adding = (file: string, service: string) => {
  const contracts = codeContracts([planOf(service, [contractOf(`${service}.made`)])]);
  const agreed = contracts.map((contract) => ({ contract, registered: null, before: null }));
  return changeLockFile(file, (previous) =>
    nextLock({ previous, registry: null, services: new Set([service]), contracts, agreed }),
  );
};

test("of many that change the lock at once none loses what another wrote, and no file of theirs stays", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "contracts.lock.json");
  const services = Array.from({ length: 20 }, (_, n) => `service${String(n).padStart(2, "0")}`);
  await Promise.all(services.map((service) => adding(file, service)));
  assert.deepEqual(
    Object.keys((await readLockFile(file))?.contracts ?? {}),
    services.map((service) => `${service}.made`),
  );
  assert.deepEqual(readdirSync(folder), ["contracts.lock.json"]);
});

test("the same content is the same text, whatever was there first", async (t) => {
  const folder = temporaryFolder(t);
  const texts = [];
  for (const order of [
    ["a", "b"],
    ["b", "a"],
  ]) {
    const file = join(folder, order.join(""));
    for (const service of order) await adding(file, service);
    texts.push(readFileSync(file, "utf8"));
  }
  assert.equal(texts[0], texts[1]);
});

test("a lock that cannot be read is left as it is", async (t) => {
  const file = join(temporaryFolder(t), "contracts.lock.json");
  writeFileSync(file, "{");
  await assert.rejects(adding(file, "a"), { code: "CONTRACTS_LOCK_INVALID" });
  assert.equal(readFileSync(file, "utf8"), "{");
});

test("a folder that is not there is told", async (t) => {
  await assert.rejects(replaceFile(join(temporaryFolder(t), "no", "such.json"), "{}"), {
    code: "CLI_FILE_UNWRITABLE",
    message: /ENOENT/,
  });
});
