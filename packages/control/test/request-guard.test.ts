import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { everywhere, goodPassword } from "./access-fixture.ts";
import { guardedControl, logIn, sessionOf } from "./access-fixture-http.ts";

const publicUrl = new URL("https://throughline.example.com");
const codeOf = (answer: { json(): unknown }): string => (answer.json() as { code: string }).code;

/** What a server answers to bytes. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      answer += chunk;
    });
    socket.on("close", () => resolve(answer)).on("error", reject);
  });
}

const portOf = (url: string): number => Number(new URL(url).port);
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

test("every answer keeps a browser from running, framing or guessing what is in it: errors, refusals and broken requests too", async (t) => {
  const { app } = await guardedControl(t, { mode: "open" });
  const url = await app.listen({ port: 0 });
  const asked: [path: string, status: number, init?: RequestInit][] = [
    ["/api/v1/session", 200],
    ["/api/v1/openapi.json", 200],
    ["/api/v1/flows", 400],
    ["/api/v1/no-such-thing", 404],
    ["/no-such-page", 404],
    ["/api/v1/session", 415, { method: "POST", body: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } }],
    ["/api/v1/session", 400, { method: "POST", body: "{", headers: { "content-type": "application/json" } }],
    ["/api/v1/failures", 403, { headers: { "sec-fetch-site": "cross-site" } }],
    ["/api/v1/failures", 401, { headers: { authorization: "Bearer nonsense" } }],
    ["/api/v1/%ff", 400],
  ];
  for (const [path, status, init] of asked) {
    const answer = await fetch(`${url}${path}`, init);
    assert.equal(answer.status, status, `${path} ${await answer.clone().text()}`);
    const { headers } = answer;
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(headers.get("x-frame-options"), "DENY", path);
    assert.equal(headers.get("referrer-policy"), "no-referrer", path);
    assert.equal(headers.get("cross-origin-resource-policy"), "same-origin", path);
    assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'.*frame-ancestors 'none'.*sandbox/, path);
    assert.equal(headers.get("access-control-allow-origin"), null, path);
    if (path.startsWith("/api/")) assert.equal(headers.get("cache-control"), "no-store", path);
  }
  const huge = await raw(portOf(url), `GET /api/v1/session HTTP/1.1\r\nhost: localhost\r\nx-long: ${"a".repeat(40_000)}\r\n\r\n`);
  const broken = await raw(portOf(url), "GET / NONSENSE\r\n\r\n");
  assert.deepEqual([statusOf(huge), statusOf(broken)], [431, 400]);
  for (const answer of [huge, broken])
    assert.match(answer, /x-content-type-options: nosniff[\s\S]*content-security-policy: default-src 'none'/);
});

test("with https browsers are told to stay with it", async (t) => {
  const { app } = await guardedControl(t, { publicUrl });
  const answer = await app.inject({ url: "/api/v1/session", headers: { host: publicUrl.host } });
  assert.match(String(answer.headers["strict-transport-security"]), /max-age=\d{8}/);
});

test("a name that another site made mean this machine is not taken: DNS rebinding", async (t) => {
  const { app } = await guardedControl(t, { mode: "open" });
  const ask = async (host: string) => app.inject({ url: "/api/v1/failures", headers: { host } });
  for (const host of ["127.0.0.1:4400", "localhost:4400", "LOCALHOST", "[::1]:4400", "127.8.9.1", "127.0.0.1"])
    assert.equal((await ask(host)).statusCode, 200, host);
  const strange = [
    "evil.example:4400",
    "localhost.evil.example",
    "127.0.0.1.nip.io",
    "127.0.0.1@evil.example",
    "192.168.1.7:4400",
    "0.0.0.0:4400",
    "[::2]",
    "localhost:4400:1",
    "local host",
    "[evil]",
  ];
  for (const host of strange) {
    const answer = await ask(host);
    assert.deepEqual([answer.statusCode, codeOf(answer)], [421, "ACCESS_HOST_REFUSED"], host);
  }
});

test("with a login its public name, this machine's and bare addresses are taken, and no other name", async (t) => {
  const { app, bearer } = await guardedControl(t, { publicUrl });
  const headers = await bearer(everywhere("viewer"));
  const ask = async (host: string) => (await app.inject({ url: "/api/v1/failures", headers: { ...headers, host } })).statusCode;
  for (const host of ["throughline.example.com", "Throughline.Example.com", "127.0.0.1:4400", "10.1.2.3:4400"])
    assert.equal(await ask(host), 200, host);
  for (const host of ["throughline.example.com:8443", "evil.example", "throughline.example.com.evil.example"])
    assert.equal(await ask(host), 421, host);
});

test("a request without a host, with two, or for an address of its own gets nothing", async (t) => {
  const { app } = await guardedControl(t, { mode: "open" });
  const port = portOf(await app.listen({ port: 0 }));
  const ask = async (head: string) => statusOf(await raw(port, `${head}\r\nconnection: close\r\n\r\n`));
  assert.equal(await ask("GET /api/v1/failures HTTP/1.1\r\nhost: localhost"), 200);
  assert.equal(await ask("GET /api/v1/failures HTTP/1.1"), 400);
  assert.notEqual(await ask("GET /api/v1/failures HTTP/1.1\r\nhost: evil.example\r\nhost: localhost"), 200);
  assert.equal(await ask("GET http://evil.example/api/v1/failures HTTP/1.1\r\nhost: localhost"), 400);
  assert.equal(await ask("GET /api/v1/failures HTTP/1.0"), 421);
});

test("a proxy before a console that asks for no login is noticed", async (t) => {
  const { app } = await guardedControl(t, { mode: "open" });
  for (const name of ["x-forwarded-for", "x-forwarded-host", "forwarded", "x-real-ip", "via"]) {
    const answer = await app.inject({ url: "/api/v1/failures", headers: { [name]: "127.0.0.1" } });
    assert.deepEqual([answer.statusCode, codeOf(answer)], [403, "ACCESS_PROXY_REFUSED"], name);
  }
  const answer = await app.inject({ url: "/api/v1/failures", remoteAddress: "192.0.2.7" });
  assert.equal(codeOf(answer), "ACCESS_PROXY_REFUSED");
});

test("a page of another site can use no console through somebody's browser, open or with a session: CSRF", async (t) => {
  const open = await guardedControl(t, { mode: "open" });
  const closed = await guardedControl(t);
  const session = await closed.browser("ada", everywhere("admin"));
  const body = {
    method: "POST",
    url: "/api/v1/silences",
    payload: { groups: "billing", untilMs: Date.now() + 60_000, reason: "x" },
  } as const;
  for (const [app, own] of [
    [open.app, {}],
    [closed.app, session],
  ] as const) {
    const post = async (headers: Record<string, string>) =>
      app.inject({ ...body, headers: { host: "localhost:4400", ...own, ...headers } });
    assert.equal((await post({ origin: "http://localhost:4400", "sec-fetch-site": "same-origin" })).statusCode, 201);
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: "http://localhost:3000" },
      { origin: "https://localhost:4400" },
      { origin: "http://localhost:4400.evil.example" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "none" },
    ]) {
      const answer = await post(headers);
      assert.deepEqual([answer.statusCode, codeOf(answer)], [403, "ACCESS_ORIGIN_REFUSED"], JSON.stringify(headers));
    }
    const look = await app.inject({ url: "/api/v1/failures", headers: { ...own, "sec-fetch-site": "cross-site" } });
    assert.equal(look.statusCode, 403, "nor look, through an image or a script");
  }
  const bare = await closed.app.inject({ ...body, headers: { cookie: session["cookie"]! } });
  assert.deepEqual([bare.statusCode, codeOf(bare)], [403, "ACCESS_CSRF"]);
  const token = await closed.bearer(everywhere("operator"));
  assert.equal((await closed.app.inject({ ...body, headers: token })).statusCode, 201, "a token is no cookie");
  assert.equal(
    (await closed.app.inject({ method: "OPTIONS", url: "/api/v1/silences", headers: { origin: "https://evil.example" } }))
      .statusCode,
    404,
  );
});

test("behind https only the public address is an origin of ours", async (t) => {
  const { app, access } = await guardedControl(t, { publicUrl });
  await access.users.add({ name: "test" }, { name: "ada", password: goodPassword, grants: everywhere("viewer") });
  const from = async (origin: string) => (await logIn(app, "ada", goodPassword, { host: publicUrl.host, origin })).statusCode;
  assert.equal(await from("https://throughline.example.com"), 200);
  assert.equal(await from("http://throughline.example.com"), 403);
  assert.equal(await from("https://example.com"), 403);
});

test("a path that can be read in two ways is refused, and none leads out of the page", async (t) => {
  const { app } = await guardedControl(t, { mode: "open" });
  const port = portOf(await app.listen({ port: 0 }));
  const ask = async (path: string) => raw(port, `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
  const refused = [
    "//api/v1/session",
    "/api//v1/session",
    "//evil.example/",
    "/api/v1/../v1/session",
    "/api/v1/%2e%2e/v1/session",
    "/api/v1/..%2fsession",
    "/api/v1/..%5csession",
    "/api/v1\\session",
    "/./api/v1/session",
    "/api/v1/session%00",
    "/api/v1/%",
    "/api/v1/%zz",
    "*",
    "api/v1/session",
  ];
  for (const path of refused) assert.equal(statusOf(await ask(path)), 400, path);
  assert.equal(statusOf(await ask("/..%252f..%252fetc/passwd")), 404);
  assert.equal(statusOf(await ask("/api/v1/session?next=//evil/../x")), 200);
  assert.equal(statusOf(await ask("/api/v1/failure-groups/a%2Fb")), 404);
});

test("no header stands in for the method or the path", async (t) => {
  const { app, access, bearer } = await guardedControl(t);
  const headers = await bearer(everywhere("admin"));
  await access.users.add({ name: "test" }, { name: "ada", password: goodPassword, grants: everywhere("viewer") });
  for (const name of ["x-http-method-override", "x-method-override", "x-http-method"])
    for (const method of ["GET", "POST"] as const)
      await app.inject({ method, url: "/api/v1/users/ada?_method=DELETE", headers: { ...headers, [name]: "DELETE" } });
  assert.equal((await access.users.list()).length, 1);
  const viewer = await bearer(everywhere("viewer"));
  for (const name of ["x-original-url", "x-rewrite-url"]) {
    const answer = await app.inject({ url: "/api/v1/session", headers: { ...viewer, [name]: "/api/v1/users" } });
    assert.equal(answer.json<{ actor: { role: string } }>().actor.role, "viewer");
    assert.equal((await app.inject({ url: "/api/v1/users", headers: { ...viewer, [name]: "/api/v1/session" } })).statusCode, 403);
  }
});

test("a body that is no JSON, says it is something else, poisons prototypes, or is too long is refused", async (t) => {
  const { app, bearer, access } = await guardedControl(t);
  const headers = await bearer(everywhere("admin"));
  const post = async (payload: string, type = "application/json") =>
    (await app.inject({ method: "POST", url: "/api/v1/users", payload, headers: { ...headers, "content-type": type } }))
      .statusCode;
  const user = JSON.stringify({ name: "eve", password: goodPassword, grants: everywhere("viewer") });
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "text/json",
  ])
    assert.equal(await post(user, type), 415, type);
  assert.equal(await post(`{"__proto__": {"isAdmin": true}, ${user.slice(1)}`), 400);
  assert.equal(await post(`{"constructor": {"prototype": {"isAdmin": true}}, ${user.slice(1)}`), 400);
  assert.equal(await post(user.replace('"services":null', '"services":null,"__proto__":{"role":"admin"}')), 400);
  assert.equal(await post(`${user.slice(0, -1)}, "isLocked": true}`), 400);
  assert.equal(await post("[]"), 400);
  assert.equal(await post("null"), 400);
  assert.equal(await post(""), 400);
  assert.equal(await post(JSON.stringify({ name: "a".repeat(100_000) })), 413);
  assert.deepEqual(await access.users.list(), []);
  assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
  assert.equal(await post(user), 201);
});

test("text of a request comes back in no answer that a browser could take for a page", async (t) => {
  const { app } = await guardedControl(t, { mode: "open" });
  const xss = "<script>alert(1)</script>";
  for (const url of [
    `/api/v1/flows/${encodeURIComponent(xss)}`,
    `/api/v1/${encodeURIComponent(xss)}`,
    `/api/v1/flows?${encodeURIComponent(xss)}=1`,
    `/api/v1/session/oidc/callback?error=${encodeURIComponent(xss)}`,
    `/api/v1/session/oidc?next=${encodeURIComponent(`javascript:${xss}`)}`,
  ]) {
    const answer = await app.inject({ url, headers: { accept: "text/html" } });
    assert.match(String(answer.headers["content-type"] ?? ""), /^(?:application\/(?:problem\+)?json.*)?$/, url);
    assert.equal(answer.headers["x-content-type-options"], "nosniff");
    assert.ok(!String(answer.headers["location"] ?? "").includes("<"), url);
  }
});

test("a login takes no session that was there before, and a logout ends it on both sides", async (t) => {
  const { app, access } = await guardedControl(t);
  await access.users.add({ name: "test" }, { name: "ada", password: goodPassword, grants: everywhere("viewer") });
  const planted = "A".repeat(43);
  const first = sessionOf(
    await logIn(app, "ada", goodPassword, { cookie: `throughline-session=${planted}`, "x-throughline-csrf": "1" }),
  );
  assert.ok(!first.includes(planted));
  const who = async (cookie: string) =>
    (await app.inject({ url: "/api/v1/session", headers: { cookie } })).json<{ actor: { name: string } | null }>().actor?.name ??
    null;
  assert.equal(await who(first), "ada");
  const second = sessionOf(await logIn(app, "ada", goodPassword, { cookie: first, "x-throughline-csrf": "1" }));
  assert.notEqual(second, first);
  assert.equal(await who(first), null, "the one before is over");
  assert.equal(await who(`${second}; throughline-session=${planted}`), null, "two cookies of the name are none");
  const out = await app.inject({
    method: "DELETE",
    url: "/api/v1/session",
    headers: { cookie: second, "x-throughline-csrf": "1" },
  });
  assert.equal(out.statusCode, 204);
  assert.match(String(out.headers["set-cookie"]), /^throughline-session=; .*Max-Age=0/);
  assert.equal(await who(second), null);
});

test("a session's cookie is out of reach of scripts, of other sites, and with https of other hosts", async (t) => {
  for (const [options, expected] of [
    [{}, /^throughline-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/],
    [{ publicUrl }, /^__Host-throughline-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+; Secure$/],
  ] as const) {
    const { app, access } = await guardedControl(t, options);
    await access.users.add({ name: "test" }, { name: "ada", password: goodPassword, grants: everywhere("viewer") });
    assert.match(String((await logIn(app, "ada")).headers["set-cookie"]), expected);
  }
});

test("passwords that are tried on and on are answered with when to come again", async (t) => {
  const { app } = await guardedControl(t);
  let answer = await logIn(app, "ada", "wrong horse battery");
  for (let n = 0; n < 10 && answer.statusCode === 401; n++) answer = await logIn(app, "ada", "wrong horse battery");
  assert.deepEqual([answer.statusCode, codeOf(answer)], [429, "ACCESS_TOO_MANY_ATTEMPTS"]);
  assert.ok(Number(answer.headers["retry-after"]) > 0);
});

test("no secret comes back in an answer: not in errors, lists or what is made", async (t) => {
  const { app, access, bearer } = await guardedControl(t);
  const headers = await bearer(everywhere("admin"));
  await access.users.add({ name: "test" }, { name: "ada", password: goodPassword, grants: everywhere("viewer") });
  const session = sessionOf(await logIn(app, "ada")).split("=")[1]!;
  const setup = (await (await guardedControl(t)).access.login.openSetup())!;
  const secrets = [
    "wrong horse battery",
    "hunter2 hunter2 hunter2",
    goodPassword,
    session,
    setup,
    headers["authorization"]!.slice(7),
  ];
  const answers = [
    await logIn(app, "ada", secrets[0]),
    await logIn(app, secrets[1]!, secrets[1]),
    await app.inject({ method: "POST", url: "/api/v1/session", payload: { user: "ada", password: [secrets[0]] } }),
    await app.inject({
      method: "POST",
      url: "/api/v1/session",
      payload: `{"user": "ada", "password": "${secrets[0]}`,
      headers: { "content-type": "application/json" },
    }),
    await app.inject({
      method: "POST",
      url: "/api/v1/session/setup",
      payload: { token: setup, user: "x", password: secrets[0] },
    }),
    await app.inject({ url: "/api/v1/failures", headers: { authorization: `Bearer ${headers["authorization"]!.slice(7)}x` } }),
    await app.inject({ url: "/api/v1/failures", headers: { cookie: `throughline-session=${session.slice(1)}` } }),
    ...(await Promise.all(
      ["/users", "/tokens", "/sessions", "/session"].map((path) => app.inject({ url: `/api/v1${path}`, headers })),
    )),
  ];
  for (const answer of answers) for (const secret of secrets) assert.ok(!answer.body.includes(secret), answer.body);
  const hashes = [
    ...(await access.users.list()).map(({ passwordHash }) => passwordHash),
    ...(await access.tokens.list()).map(({ hash }) => hash),
  ];
  for (const answer of answers) for (const hash of hashes) assert.ok(!answer.body.includes(hash));
});

test("one sees and ends sessions of one's own, an admin everybody's", async (t) => {
  const { app, browser } = await guardedControl(t);
  const [ada, grace, boss] = [
    await browser("ada", [{ role: "viewer", services: ["billing"] }]),
    await browser("grace", everywhere("operator")),
    await browser("boss", everywhere("admin")),
  ];
  const list = async (headers: Record<string, string>) =>
    (await app.inject({ url: "/api/v1/sessions", headers })).json<{ items: { id: string; user: string; isThis: boolean }[] }>()
      .items;
  assert.deepEqual(
    (await list(ada)).map(({ user, isThis }) => [user, isThis]),
    [["ada", true]],
  );
  assert.deepEqual((await list(boss)).map(({ user }) => user).toSorted(), ["ada", "boss", "grace"]);
  const idOf = async (name: string) => (await list(boss)).find(({ user }) => user === name)!.id;
  const end = async (id: string, headers: Record<string, string>) =>
    (await app.inject({ method: "DELETE", url: `/api/v1/sessions/${id}`, headers })).statusCode;
  assert.equal(await end(await idOf("grace"), ada), 404);
  assert.equal(await end(await idOf("grace"), boss), 204);
  assert.equal((await app.inject({ url: "/api/v1/sessions", headers: grace })).statusCode, 401);
  assert.equal(await end(await idOf("ada"), ada), 204);
  assert.equal((await app.inject({ url: "/api/v1/sessions", headers: ada })).statusCode, 401);
});

test("a password of one's own is changed by who knows it, and ends the other sessions", async (t) => {
  const { app, browser } = await guardedControl(t);
  const ada = await browser("ada", everywhere("viewer"));
  const other = { cookie: sessionOf(await logIn(app, "ada")) };
  const change = async (current: string, password: string, headers: Record<string, string> = ada) =>
    (await app.inject({ method: "POST", url: "/api/v1/session/password", payload: { current, password }, headers })).statusCode;
  assert.equal(await change("wrong horse battery", "another horse entirely"), 401);
  assert.equal(await change(goodPassword, "short"), 422);
  assert.equal(await change(goodPassword, "another horse entirely"), 204);
  const status = async (headers: Record<string, string>) => (await app.inject({ url: "/api/v1/failures", headers })).statusCode;
  assert.deepEqual([await status(ada), await status(other)], [200, 401]);
  assert.equal((await logIn(app, "ada")).statusCode, 401);
  assert.equal((await logIn(app, "ada", "another horse entirely")).statusCode, 200);
});
