import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Command } from "commander";
import { type AccessFlags, accessOf, withAccessOptions } from "./access-options.ts";

const access = (args: readonly string[], env: Record<string, string> = {}) =>
  accessOf(
    { env },
    withAccessOptions(new Command())
      .parse([...args], { from: "user" })
      .opts<AccessFlags>(),
  );
const usage = (what: RegExp) => ({ code: "CLI_USAGE", message: what });

test("nobody logs in unless it is asked for", () => {
  assert.deepEqual(access([]), {});
  assert.deepEqual(access(["--login", "--public-url", "https://t.example"]), { login: true, publicUrl: "https://t.example" });
});

test("proxies are named with commas, or one after the other", () => {
  assert.deepEqual(access(["--trust-proxy", "10.0.0.7, 10.0.0.8", "--trust-proxy", "10.1.0.0/16"]), {
    trustProxy: ["10.0.0.7", "10.0.0.8", "10.1.0.0/16"],
  });
});

const provider = ["--oidc-issuer", "https://login.example/realms/team", "--oidc-client-id", "throughline"];

test("a provider's groups have what is said for each, and its secret comes from the environment or a file", (t) => {
  const grants = [
    "--oidc-grant",
    "eng=viewer",
    "--oidc-grant",
    "cn=billing,ou=x=operator:billing,shipping",
    "--oidc-grant",
    "*=viewer+payloads:a",
  ];
  const claims = ["--oidc-groups-claim", "realm_access.roles", "--oidc-name-claim", "upn"];
  const { oidc, ...rest } = access([...provider, ...grants, ...claims], { THROUGHLINE_OIDC_CLIENT_SECRET: "s3cret" });
  assert.deepEqual(rest, {});
  assert.deepEqual(oidc, {
    issuer: "https://login.example/realms/team",
    clientId: "throughline",
    clientSecret: "s3cret",
    grants: [
      { group: "eng", grant: { role: "viewer", services: null } },
      { group: "cn=billing,ou=x", grant: { role: "operator", services: ["billing", "shipping"] } },
      { group: "*", grant: { role: "viewer", services: ["a"], payloads: true } },
    ],
    groupsClaim: "realm_access.roles",
    nameClaim: "upn",
  });
  const folder = mkdtempSync(join(tmpdir(), "throughline-secret-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "secret"), "from a file\n");
  const env = { THROUGHLINE_OIDC_CLIENT_SECRET_FILE: join(folder, "secret"), THROUGHLINE_OIDC_CLIENT_SECRET: "not this" };
  assert.equal(access(provider, env).oidc?.clientSecret, "from a file");
  assert.equal(access(provider, { THROUGHLINE_OIDC_CLIENT_SECRET: "" }).oidc?.clientSecret, null, "a public client");
  assert.throws(
    () => access(provider, { THROUGHLINE_OIDC_CLIENT_SECRET_FILE: join(folder, "none") }),
    usage(/THROUGHLINE_OIDC_CLIENT_SECRET_FILE names .*none, which cannot be read \(ENOENT\)/),
  );
});

test("half of a provider, and grants that mean nothing, are refused with what to say", () => {
  for (const half of [
    ["--oidc-client-id", "x"],
    ["--oidc-grant", "a=viewer"],
    ["--oidc-groups-claim", "g"],
    ["--oidc-name-claim", "n"],
  ])
    assert.throws(() => access(half), usage(/--oidc-issuer is missing/));
  assert.throws(() => access(["--oidc-issuer", "https://login.example"]), usage(/--oidc-client-id is missing/));
  for (const grant of ["viewer", "=viewer", "eng=root", "eng=admin:billing", "eng=operator:", "eng=operator:a b", "eng="])
    assert.throws(() => access([...provider, "--oidc-grant", grant]), usage(/--oidc-grant does not understand/), grant);
});
