import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { authorization, registryAddress } from "./registry-address.ts";

test("the address loses its credentials and the slash at its end, and keeps its path", () => {
  assert.deepEqual(registryAddress({ url: "https://ana:s%40crt@host:8443/apis/ccompat/v7/" }, {}), {
    url: "https://host:8443/apis/ccompat/v7",
    credentials: { user: "ana", password: "s@crt" },
  });
});

test("what the options leave out comes from the environment", () => {
  const env = { THROUGHLINE_REGISTRY: "http://host:8081", THROUGHLINE_REGISTRY_TOKEN: "t" };
  assert.deepEqual(registryAddress({}, env), { url: "http://host:8081", credentials: { token: "t" } });
  assert.deepEqual(registryAddress({ url: "http://other" }, env).url, "http://other");
});

for (const [given, what] of [
  ["", /none is given/],
  ["host:8081", /must begin with http/],
  ["ftp://host", /must begin with http/],
  ["http://host?x=1", /nothing may stand behind/],
  ["http://", /cannot be read/],
] as const)
  test(`${JSON.stringify(given)} is no address, and is told why`, () => {
    assert.throws(() => registryAddress({ url: given }, {}), { code: "REGISTRY_ADDRESS_INVALID", message: what });
  });

test("an address that is refused shows no password", () => {
  assert.throws(
    () => registryAddress({ url: "ftp://ana:secret@host" }, {}),
    (error: Error) => !error.message.includes("secret"),
  );
});

test("half of the credentials, or both kinds, are refused", () => {
  const url = "http://host";
  for (const env of [
    { THROUGHLINE_REGISTRY_USER: "ana" },
    { THROUGHLINE_REGISTRY_PASSWORD: "x" },
    { THROUGHLINE_REGISTRY_USER: "ana", THROUGHLINE_REGISTRY_PASSWORD: "x", THROUGHLINE_REGISTRY_TOKEN: "t" },
  ])
    assert.throws(() => registryAddress({ url }, env), { code: "REGISTRY_CREDENTIALS_INVALID" });
});

test("a secret in a file is read anew for each request", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-secret-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "password");
  const env = { THROUGHLINE_REGISTRY_USER: "ana", THROUGHLINE_REGISTRY_PASSWORD_FILE: file };
  const { credentials } = registryAddress({ url: "http://host" }, env);
  await assert.rejects(authorization(credentials), { code: "REGISTRY_CREDENTIALS_INVALID", message: /ENOENT/ });
  for (const password of ["first", "second"]) {
    writeFileSync(file, `${password}\n`);
    const expected = `Basic ${Buffer.from(`ana:${password}`).toString("base64")}`;
    assert.deepEqual(await authorization(credentials), { authorization: expected });
  }
});
