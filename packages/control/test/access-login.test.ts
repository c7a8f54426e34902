import assert from "node:assert/strict";
import { test } from "node:test";
import { createAudit } from "../src/audit/create-audit.ts";
import { openSqliteAccessStore } from "../src/access/sqlite-access-store.ts";
import { accessFixture, cheap, everywhere, goodPassword, visitor } from "./access-fixture.ts";
import { createMemoryLog, seededSurroundings } from "throughline";
import { createAccess } from "../src/access/access.ts";

const root = { name: "root" };
const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected;

test("a login gives a session that knows its user, and stands in the audit; a wrong one does not", async () => {
  const { access, audit } = await accessFixture();
  await access.users.add(root, { name: "Ada", password: goodPassword, grants: everywhere("operator") });
  await assert.rejects(access.login.withPassword("ada", "wrong horse battery", visitor), code("ACCESS_WRONG"));
  await assert.rejects(access.login.withPassword("hunter2-is-my-password", goodPassword, visitor), code("ACCESS_WRONG"));
  const { secret, session } = await access.login.withPassword(" ADA ", goodPassword, visitor);
  const actor = await access.sessions.actor(secret);
  assert.deepEqual([actor?.name, actor?.kind, actor?.role, actor?.credential], ["ada", "user", "operator", session.id]);
  const entries = await audit();
  assert.deepEqual(
    entries.map((entry) => [entry.action, "about" in entry && entry.about, entry.by]),
    [
      ["add-user", "ada", "root"],
      ["login-failed", "ada", "ada"],
      ["login-failed", "unknown", "unknown"],
      ["login", "ada", "ada"],
    ],
  );
  assert.ok(!JSON.stringify(entries).includes("hunter2"), "a password in the wrong field is not written down");
});

test("a session ends when it is not used, when its time is over, and when it is ended", async () => {
  const { access, surroundings } = await accessFixture({ times: { idleMs: 1_000_000, longestMs: 3_000_000 } });
  await access.users.add(root, { name: "ada", password: goodPassword, grants: everywhere("viewer") });
  const enter = async (): Promise<string> => (await access.login.withPassword("ada", goodPassword, visitor)).secret;
  const idle = await enter();
  await surroundings.clock.advance(999_999);
  assert.ok(await access.sessions.actor(idle));
  await surroundings.clock.advance(999_999);
  assert.ok(await access.sessions.actor(idle), "using it keeps it");
  await surroundings.clock.advance(999_999);
  assert.ok(await access.sessions.actor(idle));
  await surroundings.clock.advance(10);
  assert.equal(await access.sessions.actor(idle), null, "but not for ever");
  const unused = await enter();
  await surroundings.clock.advance(1_000_000);
  assert.equal(await access.sessions.actor(unused), null);
  const ended = await access.login.withPassword("ada", goodPassword, visitor);
  await access.sessions.end(ended.session.id);
  assert.equal(await access.sessions.actor(ended.secret), null);
});

test("a new password, a lock and a removal end a user's sessions; other grants count at once", async () => {
  const { access } = await accessFixture();
  await access.users.add(root, { name: "boss", password: goodPassword, grants: everywhere("admin") });
  await access.users.add(root, { name: "ada", password: goodPassword, grants: everywhere("viewer") });
  const enter = async (password = goodPassword) => access.login.withPassword("ada", password, visitor);
  const [kept, other] = [await enter(), await enter()];
  await access.users.change(root, "ada", { grants: everywhere("operator") });
  assert.equal((await access.sessions.actor(kept.secret))?.role, "operator");
  await access.users.change(root, "ada", { password: "another horse entirely" }, kept.session.id);
  assert.ok(await access.sessions.actor(kept.secret));
  assert.equal(await access.sessions.actor(other.secret), null);
  await assert.rejects(enter(), code("ACCESS_WRONG"));
  await access.users.change(root, "ada", { isLocked: true });
  assert.equal(await access.sessions.actor(kept.secret), null);
  await assert.rejects(enter("another horse entirely"), code("ACCESS_WRONG"));
  await access.users.change(root, "ada", { isLocked: false });
  const last = await enter("another horse entirely");
  await access.users.remove(root, "ada");
  assert.equal(await access.sessions.actor(last.secret), null);
  await access.users.add(root, { name: "ada", password: goodPassword, grants: everywhere("admin") });
  assert.equal(await access.sessions.actor(last.secret), null, "nor does it come back with another of that name");
});

test("a login that is under way while the password is changed ends with it", async () => {
  const { access } = await accessFixture();
  await access.users.add(root, { name: "ada", password: goodPassword, grants: everywhere("viewer") });
  const { begin } = access.sessions;
  access.sessions.begin = async (session) => {
    await access.users.change(root, "ada", { password: "another horse entirely" });
    return begin.call(access.sessions, session);
  };
  await assert.rejects(access.login.withPassword("ada", goodPassword, visitor), code("ACCESS_WRONG"));
  assert.deepEqual(await access.sessions.list(), []);
});

test("passwords cannot be tried on and on, many at once no more than one after the other, and a rest helps", async () => {
  const { access, surroundings } = await accessFixture();
  await access.users.add(root, { name: "ada", password: goodPassword, grants: everywhere("viewer") });
  const attempts = await Promise.allSettled(
    Array.from({ length: 25 }, (_, n) =>
      access.login.withPassword("ada", `wrong horse ${n}`, { ...visitor, address: `192.0.2.${n}` }),
    ),
  );
  const codes = attempts.map((attempt) => (attempt.status === "rejected" ? (attempt.reason as { code: string }).code : "in"));
  assert.equal(codes.filter((each) => each === "ACCESS_WRONG").length, 10);
  assert.equal(codes.filter((each) => each === "ACCESS_TOO_MANY_ATTEMPTS").length, 15);
  await assert.rejects(access.login.withPassword("ada", goodPassword, visitor), code("ACCESS_TOO_MANY_ATTEMPTS"));
  await surroundings.clock.advance(60_000);
  assert.ok(await access.login.withPassword("ada", goodPassword, visitor));
  for (let n = 0; n < 20; n++)
    await access.login.withPassword("ada", goodPassword, visitor).catch(() => assert.fail("what succeeds counts"));
});

test("the first admin is made with the token of the console, once, and only while there is nobody", async () => {
  const { access, surroundings, audit } = await accessFixture();
  const first = { name: "boss", password: goodPassword };
  await assert.rejects(access.login.setUp("x", first, visitor), code("ACCESS_SETUP_OVER"));
  const late = await access.login.openSetup();
  assert.ok(await access.login.isSetupOpen());
  await surroundings.clock.advance(3_600_000);
  await assert.rejects(access.login.setUp(late!, first, visitor), code("ACCESS_SETUP_OVER"));
  const token = await access.login.openSetup();
  await assert.rejects(access.login.setUp(late!, first, visitor), code("ACCESS_SETUP_OVER"));
  await assert.rejects(access.login.setUp(token!, { name: "boss", password: "short" }, visitor), code("ACCESS_INVALID"));
  const both = await Promise.allSettled([
    access.login.setUp(token!, first, visitor),
    access.login.setUp(token!, { name: "mallory", password: goodPassword }, visitor),
  ]);
  assert.equal(both.filter(({ status }) => status === "fulfilled").length, 1);
  assert.equal((await access.users.list()).length, 1);
  await assert.rejects(access.login.setUp(token!, first, visitor), code("ACCESS_SETUP_OVER"));
  assert.equal(await access.login.openSetup(), null);
  assert.ok((await audit()).some((entry) => entry.action === "add-user" && entry.detail === "the first admin"));
});

test("the last admin cannot be removed, locked or made less, unless a provider makes admins", async () => {
  const { access } = await accessFixture();
  await access.users.add(root, { name: "boss", password: goodPassword, grants: everywhere("admin") });
  await assert.rejects(access.users.remove(root, "boss"), code("ACCESS_LAST_ADMIN"));
  await assert.rejects(access.users.change(root, "boss", { isLocked: true }), code("ACCESS_LAST_ADMIN"));
  await assert.rejects(access.users.change(root, "boss", { grants: everywhere("operator") }), code("ACCESS_LAST_ADMIN"));
  await access.users.add(root, { name: "deputy", password: goodPassword, grants: everywhere("admin") });
  await access.users.change(root, "deputy", { isLocked: true });
  await assert.rejects(access.users.remove(root, "boss"), code("ACCESS_LAST_ADMIN"), "one who is locked is none");
  const oidc = {
    issuer: "https://login.example.com",
    clientId: "throughline",
    clientSecret: null,
    grants: [{ group: "ops", grant: { role: "admin", services: null } as const }],
  };
  const provided = await accessFixture({ oidc, publicUrl: new URL("https://throughline.example.com") });
  await provided.access.users.add(root, { name: "boss", password: goodPassword, grants: everywhere("admin") });
  await provided.access.users.remove(root, "boss");
});

test("two admins who remove each other at once leave one", async () => {
  const { access } = await accessFixture();
  for (const name of ["boss", "deputy"])
    await access.users.add(root, { name, password: goodPassword, grants: everywhere("admin") });
  const both = await Promise.allSettled([access.users.remove(root, "boss"), access.users.remove(root, "deputy")]);
  assert.deepEqual(both.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
  assert.equal((await access.users.list()).length, 1);
});

test("a token is told once, kept as a hash, limited in time, and ended at once", async () => {
  const { access, surroundings, audit } = await accessFixture();
  const expiresAtMs = surroundings.clock.now() + 3_600_000;
  const { token, secret } = await access.tokens.add(root, { name: "deploys", grants: everywhere("operator"), expiresAtMs });
  assert.match(secret, /^tlt_[\w-]{43}$/);
  const actor = await access.tokens.actor(secret);
  assert.deepEqual([actor?.name, actor?.kind, actor?.role], ["token:deploys", "token", "operator"]);
  assert.equal((await access.tokens.list())[0]!.usedAtMs, surroundings.clock.now());
  assert.equal(await access.tokens.actor(`${secret.slice(0, -1)}${secret.endsWith("A") ? "E" : "A"}`), null);
  await assert.rejects(
    access.tokens.add(root, { name: "deploys", grants: everywhere("viewer"), expiresAtMs }),
    code("ACCESS_EXISTS"),
  );
  for (const end of [0, expiresAtMs + 400 * 24 * 3_600_000, Number.NaN, Number.POSITIVE_INFINITY])
    await assert.rejects(
      access.tokens.add(root, { name: "late", grants: everywhere("viewer"), expiresAtMs: end }),
      code("ACCESS_INVALID"),
    );
  const kept = JSON.stringify([await access.tokens.list(), await audit()]);
  assert.ok(!kept.includes(secret));
  await surroundings.clock.advance(3_600_000);
  assert.equal(await access.tokens.actor(secret), null);
  const next = await access.tokens.add(root, {
    name: "more",
    grants: everywhere("viewer"),
    expiresAtMs: expiresAtMs + 7_200_000,
  });
  await access.tokens.remove(root, next.token.id);
  assert.equal(await access.tokens.actor(next.secret), null);
  await assert.rejects(access.tokens.remove(root, token.id.replace(/./g, "0")), code("CONTROL_NOT_FOUND"));
});

test("no change is made that could not be written to the audit; a login is", async () => {
  const log = createMemoryLog({ defaultPartitions: 1 });
  const surroundings = seededSurroundings(7);
  const unwritten: Error[] = [];
  const access = createAccess({
    mode: "login",
    store: await openSqliteAccessStore(":memory:"),
    audit: createAudit({ log, surroundings }),
    surroundings,
    passwordCost: cheap,
    onUnwritten: (error) => unwritten.push(error),
  });
  const user = { name: "ada", password: goodPassword, grants: everywhere("admin") };
  await access.users.add(root, user);
  const { append } = log;
  log.append = async () => {
    throw new Error("the log is away");
  };
  const refused = code("CONTROL_AUDIT_UNWRITTEN");
  await assert.rejects(access.users.add(root, { ...user, name: "grace" }), refused);
  await assert.rejects(access.users.change(root, "ada", { isLocked: true }), refused);
  await assert.rejects(access.users.remove(root, "ada"), refused);
  await assert.rejects(
    access.tokens.add(root, { name: "t", grants: everywhere("viewer"), expiresAtMs: surroundings.clock.now() + 1 }),
    refused,
  );
  assert.deepEqual([(await access.users.list()).map(({ name }) => name), await access.tokens.list()], [["ada"], []]);
  assert.ok(await access.login.withPassword("ada", goodPassword, visitor));
  assert.equal(unwritten.length, 1);
  log.append = append;
  await access.users.add(root, { ...user, name: "grace" });
});

test("a change that fails after it was written down is written down as refused", async () => {
  const { access, audit } = await accessFixture();
  await access.users.add(root, { name: "boss", password: goodPassword, grants: everywhere("admin") });
  await assert.rejects(access.users.remove(root, "boss"), code("ACCESS_LAST_ADMIN"));
  const [asked, refused] = (await audit()).slice(-2);
  assert.deepEqual(
    [asked!.action, asked!.outcome, refused!.action, refused!.outcome],
    ["remove-user", undefined, "remove-user", "refused"],
  );
  assert.equal(asked!.id, refused!.id);
});
