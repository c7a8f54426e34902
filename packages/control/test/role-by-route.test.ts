import assert from "node:assert/strict";
import fastify from "fastify";
import { test } from "node:test";
import { addAccess } from "../src/access/add-access.ts";
import type { Grant } from "../src/access/grants.ts";
import { type GuardedRoute, routesOf } from "../src/index.ts";
import { accessFixture } from "./access-fixture.ts";
import { guardedControl } from "./access-fixture-http.ts";

const billing = { role: "operator", services: ["billing"] } as const;
const callers = {
  nobody: null,
  viewer: [{ role: "viewer", services: null }],
  "viewer with payloads": [{ role: "viewer", services: null, payloads: true }],
  operator: [{ role: "operator", services: null }],
  admin: [{ role: "admin", services: null }],
  "operator of billing": [billing],
  "viewer, and operator of billing": [{ role: "viewer", services: null }, billing],
} as const satisfies Record<string, readonly Grant[] | null>;
type Caller = keyof typeof callers;

/** Who may use a route that is about everything, by the right that it asks for. */
const allowed: Readonly<Record<GuardedRoute["right"], readonly Caller[]>> = {
  open: Object.keys(callers) as Caller[],
  read: ["viewer", "viewer with payloads", "operator", "admin", "viewer, and operator of billing"],
  payload: ["viewer with payloads", "operator", "admin"],
  act: ["operator", "admin"],
  admin: ["admin"],
};
/** Who has a right somewhere, so that a route which looks at each service by itself lets it in. */
const somewhere: Readonly<Record<GuardedRoute["right"], readonly Caller[]>> = {
  ...allowed,
  read: [...allowed.read, "operator of billing"],
  payload: [...allowed.payload, "operator of billing", "viewer, and operator of billing"],
  act: [...allowed.act, "operator of billing", "viewer, and operator of billing"],
};

const pathOf = ({ url }: GuardedRoute): string => url.replace(/:\w+/g, "x-1").replace("*", "x");

/** The status alone: what is live never ends. */
async function statusOf(url: string, method: string, headers: Record<string, string>): Promise<number> {
  const enough = new AbortController();
  const hasBody = method !== "GET" && method !== "HEAD";
  const answer = await fetch(url, {
    method,
    redirect: "manual",
    signal: enough.signal,
    headers: { ...headers, accept: "application/json", ...(hasBody ? { "content-type": "application/json" } : {}) },
    ...(hasBody ? { body: "{}" } : {}),
  });
  enough.abort();
  return answer.status;
}

test("each role is let in by the routes that it has the right to, and by no other", async (t) => {
  const { app, bearer } = await guardedControl(t);
  const url = await app.listen({ port: 0 });
  const routes = routesOf(app);
  assert.ok(routes.length >= 20, "the list is that of the app");
  const wrong: string[] = [];
  let rows = 0;
  for (const [caller, grants] of Object.entries(callers)) {
    const headers = grants === null ? {} : await bearer(grants);
    for (const route of routes) {
      const { method, right, service } = route;
      const status = await statusOf(`${url}${pathOf(route)}`, method, headers);
      rows++;
      const isIn = (service === "each" ? somewhere : allowed)[right].includes(caller as Caller);
      const expected = isIn ? "let in" : caller === "nobody" ? "401" : "403";
      // A route that looks at each service itself may still refuse this one; one that reads it in the request, refuse that.
      if (typeof service === "function" && !isIn && caller !== "nobody" && status === 400) continue;
      const refusals = service === "each" && !allowed[right].includes(caller as Caller) ? [401] : [401, 403];
      const found = refusals.includes(status) ? String(status) : isIn ? "let in" : String(status);
      if (found !== expected) wrong.push(`${caller}: ${method} ${route.url} (${right}) was ${found}, not ${expected}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.equal(rows, routes.length * Object.keys(callers).length);
});

test("what changes something asks for more than looking, and nothing is open but the login, the document and the page", async (t) => {
  const { app } = await guardedControl(t);
  await app.ready();
  const named = routesOf(app).map(({ method, url, right }) => ({ name: `${method} ${url.replace("/api/v1", "")}`, right }));
  // What concerns oneself alone, and questions that are too long for an address.
  const mayOnlyLook = /^(?:POST \/session\/password|DELETE \/sessions\/:id|POST \/.*(?:plan|plans|check|reach|rehearsals))$/;
  const looking = named.filter(({ name, right }) => !/^(?:GET|HEAD) /.test(name) && right === "read" && !mayOnlyLook.test(name));
  assert.deepEqual(looking, []);
  const open = named.filter(({ name, right }) => right === "open" && !name.startsWith("HEAD ")).map(({ name }) => name);
  const mayBeOpen = new Set([
    "GET /session",
    "POST /session",
    "DELETE /session",
    "POST /session/setup",
    "GET /session/oidc",
    "GET /session/oidc/callback",
    "GET /openapi.json",
    "GET /*",
    "GET /livez",
    "GET /readyz",
  ]);
  assert.deepEqual(
    open.filter((name) => !mayBeOpen.has(name)),
    [],
  );
  const ofAdmins = named.filter(({ name }) => /\/(?:users|tokens)\b/.test(name));
  assert.ok(ofAdmins.length >= 9);
  assert.deepEqual(
    ofAdmins.filter(({ right }) => right !== "admin"),
    [],
  );
});

test("a route that names no right, or one that there is not, is refused when it is added", async () => {
  const { access } = await accessFixture();
  const app = fastify();
  addAccess(app, access);
  const code = { code: "ACCESS_ROUTE_WITHOUT_RIGHT" };
  assert.throws(() => app.get("/forgotten", async () => ({})), code);
  assert.throws(() => app.get("/empty", { config: {} }, async () => ({})), code);
  assert.throws(() => app.get("/mistyped", { config: { right: "raed" as never } }, async () => ({})), code);
  assert.throws(() => app.route({ method: ["PUT", "DELETE"], url: "/two", handler: async () => ({}) }), /PUT,DELETE \/two/);
  app.get("/fine", { config: { right: "read" } }, async () => ({}));
  await app.close();
});

test("an operator of billing sees and changes billing, and nothing of others", async (t) => {
  const { app, bearer } = await guardedControl(t);
  const headers = await bearer([billing]);
  const status = async (url: string): Promise<number> => (await app.inject({ url: `/api/v1${url}`, headers })).statusCode;
  assert.equal(await status("/failures?service=billing"), 200);
  assert.equal(await status("/failures?service=shipping"), 403);
  assert.equal(await status("/failures"), 403);
  assert.equal(await status("/failures?service=billing&service=shipping"), 400);
  assert.equal(await status("/failure-groups?service=billing"), 200);
  assert.equal(await status("/failure-groups?service=shipping"), 403);
  assert.equal(await status("/lag/shipping"), 403);
  assert.equal(await status("/lag/billing"), 404);
  assert.equal(await status("/lag"), 200);
  assert.equal(await status("/flows?subject=o-1"), 200);
  assert.equal(await status("/flows/flow-1"), 404);
  assert.equal(await status("/map"), 200);
  assert.equal(await status("/events"), 200);
  assert.equal(await status("/events?topic=order"), 403);
  assert.equal(await status("/catalogue"), 403);
  assert.equal(await status("/users"), 403);
  const silence = async (groups: string): Promise<number> => {
    const payload = { groups, untilMs: Date.now() + 60_000, reason: "a test" };
    return (await app.inject({ method: "POST", url: "/api/v1/silences", headers, payload })).statusCode;
  };
  assert.equal(await silence("billing"), 201);
  assert.equal(await silence("shipping"), 403);
  assert.equal(await silence("bill*"), 403);
  const refused = await app.inject({ url: "/api/v1/failures?service=shipping", headers });
  assert.equal(refused.json<{ code: string }>().code, "ACCESS_FORBIDDEN");
  assert.match(refused.json<{ detail: string }>().detail, /may not see shipping \(it may, on billing\)/);
});
