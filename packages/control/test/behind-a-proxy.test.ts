import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { accessFixture, everywhere, goodPassword } from "./access-fixture.ts";
import { testControl } from "./control-server.ts";

const publicUrl = new URL("https://throughline.example.com");

async function behind(t: TestContext, trustProxy: readonly string[]) {
  const fixture = await accessFixture({ publicUrl });
  const { app } = await testControl(t, fixture.log, { access: fixture.access, audit: fixture.access.audit, trustProxy });
  t.after(() => fixture.access.store.close());
  await fixture.access.users.add({ name: "root" }, { name: "ada", password: goodPassword, grants: everywhere("viewer") });
  const logIn = (remoteAddress: string, headers: Record<string, string>, password = goodPassword) =>
    app.inject({
      method: "POST",
      url: "/api/v1/session",
      payload: { user: "ada", password },
      headers: { host: publicUrl.host, origin: publicUrl.origin, ...headers },
      remoteAddress,
    });
  const cameFrom = async (): Promise<string | undefined> =>
    (await fixture.audit()).filter(({ action }) => action === "login").at(-1)?.detail;
  return { app, logIn, cameFrom };
}

test("what a proxy says of where a request comes from counts where it is trusted, and nowhere else", async (t) => {
  const trusting = await behind(t, ["10.0.0.7"]);
  assert.equal((await trusting.logIn("10.0.0.7", { "x-forwarded-for": "203.0.113.9" })).statusCode, 200);
  assert.equal(await trusting.cameFrom(), "from 203.0.113.9");
  // What stands before the trusted proxy's own word was written by whoever sent it.
  await trusting.logIn("10.0.0.7", { "x-forwarded-for": "1.1.1.1, 203.0.113.10" });
  assert.equal(await trusting.cameFrom(), "from 203.0.113.10");
  await trusting.logIn("192.0.2.7", { "x-forwarded-for": "203.0.113.9" });
  assert.equal(await trusting.cameFrom(), "from 192.0.2.7");
  const plain = await behind(t, []);
  await plain.logIn("10.0.0.7", { "x-forwarded-for": "203.0.113.9", forwarded: "for=203.0.113.9" });
  assert.equal(await plain.cameFrom(), "from 10.0.0.7");
});

test("who makes up addresses gets no further in trying passwords", async (t) => {
  const { logIn } = await behind(t, []);
  const statuses = new Set<number>();
  for (let n = 0; n < 12; n++) {
    const answer = await logIn(
      "192.0.2.7",
      { "x-forwarded-for": `203.0.113.${n}`, "x-real-ip": `203.0.113.${n}` },
      "wrong horse battery",
    );
    statuses.add(answer.statusCode);
  }
  assert.deepEqual([...statuses], [401, 429]);
});

test("no header makes a cookie less safe, or another name ours", async (t) => {
  const { logIn, app } = await behind(t, ["10.0.0.7"]);
  const forged = {
    "x-forwarded-proto": "http",
    "x-forwarded-host": "evil.example",
    "x-forwarded-port": "80",
    "x-forwarded-for": "1.1.1.1",
  };
  const answer = await logIn("10.0.0.7", forged);
  assert.match(String(answer.headers["set-cookie"]), /^__Host-throughline-session=.*; Secure/);
  assert.ok(answer.headers["strict-transport-security"]);
  const asked = await app.inject({
    url: "/api/v1/session",
    headers: { host: "evil.example", "x-forwarded-host": publicUrl.host, "x-forwarded-for": "1.1.1.1" },
    remoteAddress: "10.0.0.7",
  });
  assert.deepEqual([asked.statusCode, asked.json<{ code: string }>().code], [421, "ACCESS_HOST_REFUSED"]);
});

test("a session or a token in an address lets nobody in", async (t) => {
  const { app, logIn } = await behind(t, []);
  const secret = /session=([\w-]+)/.exec(String((await logIn("192.0.2.7", {})).headers["set-cookie"]))![1]!;
  for (const query of [
    `session=${secret}`,
    `token=${secret}`,
    `access_token=${secret}`,
    `__Host-throughline-session=${secret}`,
  ]) {
    const answer = await app.inject({ url: `/api/v1/services?${query}`, headers: { host: publicUrl.host } });
    assert.equal(answer.statusCode, 401, query);
  }
});
