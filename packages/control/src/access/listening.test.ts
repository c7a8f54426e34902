import assert from "node:assert/strict";
import { test } from "node:test";
import { publicUrlOf, refuseOpenDoors, refuseProxyProblems } from "./listening.ts";

const nowhere = async (): Promise<readonly string[]> => assert.fail("an address needs no looking up");
const open = (host: string, addresses?: readonly string[], publicUrl: string | null = null): Promise<void> =>
  refuseOpenDoors({
    host,
    mode: "open",
    publicUrl: publicUrl === null ? null : new URL(publicUrl),
    addressesOf: addresses === undefined ? nowhere : async () => addresses,
  });
const needed = { code: "CONTROL_LOGIN_NEEDED" };

test("without a login it listens on this machine alone, however that is written", async () => {
  for (const host of ["127.0.0.1", "127.8.9.10", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::FFFF:7f00:1"]) await open(host);
  await open("localhost", ["::1", "127.0.0.1"]);
  await open("LocalHost", ["127.0.0.1"]);
});

test("without a login it listens nowhere else: not everywhere, not at an address, not at a name that may mean anything", async () => {
  const elsewhere = [
    "0.0.0.0",
    "::",
    "0:0:0:0:0:0:0:0",
    "::ffff:0.0.0.0",
    "::ffff:0:0",
    "::ffff:192.0.2.7",
    "192.0.2.7",
    "10.0.0.1",
    "fe80::1",
    "2001:db8::1",
    "",
    "0",
    "127.1",
    "2130706433",
    "0x7f000001",
    "127.0.0.1.example.com",
    "127.evil.example",
    "::ffff:127.evil",
    "localhost.",
    "localhost.example.com",
    "my-laptop",
  ];
  for (const host of elsewhere) await assert.rejects(open(host), needed, host);
});

test("a localhost that means another machine's network here is refused", async () => {
  await assert.rejects(open("localhost", ["127.0.0.1", "192.0.2.7"]), {
    ...needed,
    message: /localhost, which is 192\.0\.2\.7 here/,
  });
  await assert.rejects(open("localhost", ["::"]), needed);
});

test("without a login nobody is to reach it by a public address, though it listens here", async () => {
  await assert.rejects(open("127.0.0.1", undefined, "https://throughline.example.com"), needed);
  await assert.rejects(open("127.0.0.1", undefined, "https://127.0.0.1.example.com"), needed);
  for (const url of ["http://localhost:4400", "http://[::1]:4400", "http://[::ffff:127.0.0.1]:4400", "http://127.0.0.1"])
    await open("127.0.0.1", undefined, url);
});

test("with a login it listens anywhere, and elsewhere it must know its name", async () => {
  const login = (host: string, publicUrl: string | null): Promise<void> =>
    refuseOpenDoors({ host, mode: "login", publicUrl: publicUrl === null ? null : new URL(publicUrl), addressesOf: nowhere });
  await login("127.0.0.1", null);
  await login("localhost", null);
  for (const host of ["0.0.0.0", "::", "192.0.2.7", "my-host", "::ffff:192.0.2.7", ""]) {
    await assert.rejects(login(host, null), { code: "CONTROL_PUBLIC_URL_NEEDED" }, host);
    await login(host, "https://throughline.example.com");
  }
});

test("a public address is scheme, host and port, and nothing else", () => {
  assert.equal(publicUrlOf("https://throughline.example.com:8443")?.host, "throughline.example.com:8443");
  assert.equal(publicUrlOf(undefined), null);
  const wrong = [
    "throughline.example.com",
    "ftp://x.example",
    "https://x.example/app",
    "https://u:p@x.example",
    "https://x.example/?a=1",
  ];
  for (const given of [...wrong, "https://x.example/#top", "javascript:alert(1)", ""])
    assert.throws(() => publicUrlOf(given), { code: "CONTROL_PUBLIC_URL_INVALID" }, given);
});

test("a proxy is an address or a network of some, never everybody", () => {
  refuseProxyProblems([]);
  refuseProxyProblems(["10.0.0.7", "10.0.0.0/24", "2001:db8::7", "2001:db8::/32", "loopback", "linklocal", "uniquelocal"]);
  for (const given of ["0.0.0.0/0", "::/0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/24/1", "proxy.example.com", "true", "*", ""])
    assert.throws(() => refuseProxyProblems([given]), { code: "CONTROL_PROXY_INVALID" }, given);
});
