import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Configuration } from "oidc-provider";
import { nameIn, groupsIn } from "../src/access/oidc/oidc-claims.ts";
import { pageIn } from "../src/access/oidc/oidc-login.ts";
import type { OidcOptions } from "../src/access/oidc/oidc-options.ts";
import { accessFixture } from "./access-fixture.ts";
import { guardedControl, sessionOf } from "./access-fixture-http.ts";
import { callback, type People, startProvider } from "./oidc-fixture.ts";

const people: People = {
  ada: { email: "ada@example.com", email_verified: true, groups: ["engineers", "billing-on-call"] },
  grace: { preferred_username: "grace", email: "boss@example.com", email_verified: false, groups: ["platform"] },
  mallory: { email: "mallory@example.com", groups: ["sales"] },
};

async function provided(t: TestContext, options: Partial<OidcOptions> = {}, configuration: Configuration = {}) {
  const provider = await startProvider(t, people, configuration);
  const oidc: OidcOptions = {
    issuer: provider.issuer,
    clientId: "throughline",
    clientSecret: "a secret of the client",
    grants: [
      { group: "engineers", grant: { role: "viewer", services: null } },
      { group: "billing-on-call", grant: { role: "operator", services: ["billing"] } },
      { group: "platform", grant: { role: "admin", services: null } },
    ],
    ...options,
  };
  const control = await guardedControl(t, { oidc, publicUrl: new URL(new URL(callback).origin) });
  const begin = async (next = "/") => {
    const answer = await control.app.inject({
      url: `/api/v1/session/oidc?next=${encodeURIComponent(next)}`,
      headers: { host: "127.0.0.1:4400" },
    });
    assert.equal(answer.statusCode, 302, answer.body);
    return { url: String(answer.headers["location"]), cookie: String(answer.headers["set-cookie"]).split(";")[0]! };
  };
  /** From the provider, so from another site. */
  const finish = (back: URL, cookie: string) =>
    control.app.inject({
      url: `${back.pathname}${back.search}`,
      headers: { host: "127.0.0.1:4400", cookie, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
    });
  return { ...control, provider, begin, finish };
}

test("somebody logs in at a real provider, gets what the groups are granted, and comes back to where it wanted to go", async (t) => {
  const { provider, begin, finish, app, audit } = await provided(t);
  const { url, cookie } = await begin("/failures?service=billing");
  const asked = new URL(url).searchParams;
  assert.deepEqual(
    [asked.get("code_challenge_method"), asked.get("response_type"), asked.get("redirect_uri")],
    ["S256", "code", callback],
  );
  const answer = await finish(await provider.logIn(url, "ada"), cookie);
  assert.deepEqual([answer.statusCode, answer.headers["location"]], [302, "/failures?service=billing"]);
  const session = sessionOf(answer);
  const who = (await app.inject({ url: "/api/v1/session", headers: { cookie: session } })).json<{ actor: object }>().actor;
  assert.deepEqual(who, {
    name: "ada@example.com",
    kind: "oidc",
    role: "operator",
    services: null,
    grants: [
      { role: "viewer", services: null },
      { role: "operator", services: ["billing"] },
    ],
  });
  assert.equal((await app.inject({ url: "/api/v1/users", headers: { cookie: session } })).statusCode, 403);
  const entry = (await audit()).find(({ action }) => action === "login");
  assert.deepEqual([entry?.by, entry?.detail], ["ada@example.com", "from 127.0.0.1, sub ada"]);
});

test("groups in the id token count as well as those that the provider tells of who somebody is", async (t) => {
  const { provider, begin, finish, app } = await provided(t, {}, { conformIdTokenClaims: false });
  const { url, cookie } = await begin();
  const session = sessionOf(await finish(await provider.logIn(url, "grace"), cookie));
  const { actor } = (await app.inject({ url: "/api/v1/session", headers: { cookie: session } })).json<{
    actor: { name: string; role: string };
  }>();
  assert.deepEqual([actor.name, actor.role], ["grace@127.0.0.1", "admin"], "an address that is not verified names nobody");
});

test("who is in no group with a grant, or is locked out at the provider, gets no session", async (t) => {
  const { provider, begin, finish, access } = await provided(t);
  const one = await begin();
  const refused = await finish(await provider.logIn(one.url, "mallory"), one.cookie);
  assert.equal(refused.headers["location"], "/login?problem=ACCESS_NO_GRANT");
  const two = await begin();
  const aborted = await finish(await provider.abort(two.url), two.cookie);
  assert.equal(aborted.headers["location"], "/login?problem=ACCESS_OIDC_REFUSED");
  assert.deepEqual(await access.sessions.list(), []);
});

test("an answer of the provider counts once, for the browser that asked, and for ten minutes", async (t) => {
  const { provider, begin, finish, access, surroundings } = await provided(t);
  const refused = "/login?problem=ACCESS_OIDC_REFUSED";
  const [mine, other] = [await begin(), await begin()];
  const back = await provider.logIn(mine.url, "ada");
  assert.equal((await finish(back, other.cookie)).headers["location"], refused, "another login's");
  assert.equal((await finish(back, "")).headers["location"], refused, "a browser that asked for nothing: login CSRF");
  assert.equal((await finish(back, `${mine.cookie.slice(0, -4)}AAAA`)).headers["location"], refused);
  const bent = new URL(back);
  bent.searchParams.set("state", "of somebody else");
  assert.equal((await finish(bent, mine.cookie)).headers["location"], refused);
  assert.deepEqual(await access.sessions.list(), []);
  assert.equal((await finish(back, mine.cookie)).headers["location"], "/");
  assert.equal((await finish(back, mine.cookie)).headers["location"], refused, "a code that was used");
  assert.equal((await access.sessions.list()).length, 1);
  const late = await begin();
  const lateBack = await provider.logIn(late.url, "ada");
  await surroundings.clock.advance(10 * 60_000);
  assert.equal((await finish(lateBack, late.cookie)).headers["location"], refused);
});

test("what the provider said counts for twelve hours, and a session of its people can be ended like others", async (t) => {
  const { provider, begin, finish, access, surroundings } = await provided(t);
  const enter = async () => {
    const { url, cookie } = await begin();
    return sessionOf(await finish(await provider.logIn(url, "ada"), cookie)).split("=")[1]!;
  };
  const secret = await enter();
  for (let hour = 0; hour < 11; hour++) {
    await surroundings.clock.advance(3_600_000);
    assert.ok(await access.sessions.actor(secret));
  }
  await surroundings.clock.advance(3_600_000);
  assert.equal(await access.sessions.actor(secret), null);
  const again = await enter();
  await access.sessions.end((await access.sessions.list())[0]!.id);
  assert.equal(await access.sessions.actor(again), null);
});

test("a provider that is away is said to be, without its secret, and asked again", async (t) => {
  const { app, provider, begin, finish } = await provided(t);
  provider.isAway = true;
  const away = await app.inject({ url: "/api/v1/session/oidc" });
  assert.equal(away.headers["location"], "/login?problem=ACCESS_OIDC_UNREACHABLE");
  assert.ok(!JSON.stringify([away.body, away.headers]).includes("a secret of the client"));
  provider.isAway = false;
  const { url, cookie } = await begin();
  const back = await provider.logIn(url, "ada");
  provider.isAway = true;
  assert.match(
    String((await finish(back, cookie)).headers["location"]),
    /^\/login\?problem=ACCESS_OIDC_(?:REFUSED|UNREACHABLE)$/,
  );
});

test("a provider without https, a client without a name, and grants that nobody has are refused with every problem", async () => {
  const bad = { issuer: "http://login.example.com", clientId: "", clientSecret: null, grants: [] };
  await assert.rejects(
    accessFixture({ oidc: bad, publicUrl: new URL("https://a.example") }),
    /https; .*id is missing; .*nobody could log in/,
  );
  const admin = { group: "a", grant: { role: "admin", services: ["billing"] } as const };
  const grants = { ...bad, issuer: "https://login.example.com", clientId: "c", grants: [admin] };
  await assert.rejects(
    accessFixture({ oidc: grants, publicUrl: new URL("https://a.example") }),
    /group "a": an admin is one everywhere/,
  );
});

test("nobody is sent on to another site after the login", () => {
  for (const next of [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "",
    "/api/v1/users",
    "/a\nb",
    "/<b>",
  ])
    assert.equal(pageIn(next), "/", next);
  assert.equal(pageIn(undefined), "/");
  assert.equal(pageIn("/failures?service=billing&text=a%20b#x"), "/failures?service=billing&text=a%20b#x");
});

test("groups are found at a path, and only as texts", () => {
  assert.deepEqual(groupsIn({ groups: ["a", 1, null, "b"] }, "groups"), ["a", "b"]);
  assert.deepEqual(groupsIn({ groups: "a" }, "groups"), ["a"]);
  assert.deepEqual(groupsIn({ realm_access: { roles: ["a"] } }, "realm_access.roles"), ["a"]);
  assert.deepEqual(groupsIn({ "https://example.com/groups": ["a"] }, "https://example.com/groups"), ["a"]);
  for (const path of ["groups", "__proto__", "constructor.name", "a.b"]) assert.equal(groupsIn({ a: 1 }, path), null, path);
});

test("a name of the provider's is never one of ours, nor text that shows as another", () => {
  const issuer = "https://login.example.com/realm";
  assert.equal(nameIn({ sub: "1", preferred_username: "root" }, { issuer }), "root@login.example.com");
  assert.equal(nameIn({ sub: "1", email: "a@example.com", email_verified: false }, { issuer }), "1@login.example.com");
  assert.equal(nameIn({ sub: "1", upn: "a@b" }, { issuer, nameClaim: "upn" }), "a@b");
  assert.equal(nameIn({ sub: "1", email: "a@b\u202Egnp.exe" }, { issuer }), "1@login.example.com");
});
