import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import pg from "pg";
import { startPostgres, unsynced } from "../../../scripts/services/postgres.ts";
import {
  type AccessStore,
  type JobStore,
  openPostgresAccessStore,
  openPostgresJobs,
  openPostgresLagStore,
  openSqliteAccessStore,
  openSqliteJobs,
  openSqliteLagStore,
} from "../src/index.ts";
import { carryOver } from "../src/server/carry-over.ts";
import { accessFixture, everywhere, goodPassword, visitor } from "./access-fixture.ts";
import { accessStoreSuite } from "./access-store-suite.ts";
import { guardedControl } from "./access-fixture-http.ts";
import { jobStoreSuite, letter, planned } from "./job-store-suite.ts";
import { openStream } from "./open-stream.ts";

const server = await startPostgres({ settings: unsynced });
after(() => server.close());
let databases = 0;

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

async function newDatabase(): Promise<string> {
  const name = `stores_${(databases += 1)}`;
  await onServer(server.url(), `CREATE DATABASE ${name}`);
  return server.url(name);
}

/** Several at once, on a database that is empty until then. */
async function several<T>(count: number, open: (url: string) => Promise<T>): Promise<T[]> {
  const url = await newDatabase();
  return Promise.all(Array.from({ length: count }, () => open(url)));
}

accessStoreSuite("PostgreSQL", (count): Promise<AccessStore[]> => several(count, openPostgresAccessStore));
jobStoreSuite("PostgreSQL", (count): Promise<JobStore[]> => several(count, openPostgresJobs));

test("ten that open an empty database at once make its tables, and its key, once", async () => {
  const stores = await several(10, openPostgresAccessStore);
  assert.equal(new Set(stores.map(({ key }) => key.toString("hex"))).size, 1);
  for (const store of stores) await store.close();
});

test("a database of a later version, or that cannot be reached, is refused without its password", async () => {
  const url = await newDatabase();
  const away = "postgres://control:hunter2@127.0.0.1:1/control";
  for (const [open, schema, code] of [
    [openPostgresAccessStore, "throughline_access", "ACCESS_DATABASE_UNUSABLE"],
    [openPostgresJobs, "throughline_jobs", "REDRIVE_DATABASE_UNUSABLE"],
  ] as const) {
    await (await open(url)).close();
    await onServer(url, `INSERT INTO ${schema}.migration (number) VALUES (99)`);
    await assert.rejects(open(url), { code, message: /a newer version made its tables \(migration 99\)/ });
    await assert.rejects(open(away), (error: Error & { code?: string }) => {
      assert.equal(error.code, code);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  }
});

test("passwords that are tried at two control planes at once count together", async () => {
  const stores = await several(2, openPostgresAccessStore);
  const planes = await Promise.all(stores.map((store) => accessFixture({ store })));
  await planes[0]!.access.users.add({ name: "root" }, { name: "ada", password: goodPassword, grants: everywhere("viewer") });
  const attempts = await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      planes[n % 2]!.access.login.withPassword("ada", `wrong horse ${n}`, { ...visitor, address: `192.0.2.${n}` }).then(
        () => "in",
        (error: { code: string }) => error.code,
      ),
    ),
  );
  assert.equal(attempts.filter((code) => code === "ACCESS_WRONG").length, 10);
  assert.equal(attempts.filter((code) => code === "ACCESS_TOO_MANY_ATTEMPTS").length, 20);
  for (const store of stores) await store.close();
});

test("who logs in at one control plane is in at the other; the first admin's address works at each, once", async () => {
  const stores = await several(2, openPostgresAccessStore);
  const [one, two] = await Promise.all(stores.map((store) => accessFixture({ store })));
  const [secret] = await Promise.all([one!.access.login.openSetup(), two!.access.login.openSetup()]);
  const begun = await two!.access.login.setUp(secret!, { name: "boss", password: goodPassword }, visitor);
  await assert.rejects(one!.access.login.setUp(secret!, { name: "mallory", password: goodPassword }, visitor), {
    code: "ACCESS_SETUP_OVER",
  });
  assert.equal(await one!.access.login.isSetupOpen(), false);
  assert.equal((await one!.access.sessions.actor(begun.secret))?.name, "boss");
  await one!.access.sessions.end(begun.session.id);
  assert.equal(await two!.access.sessions.actor(begun.secret), null);
  for (const store of stores) await store.close();
});

test("what shows something live at one control plane ends when its session is ended at another", async (t) => {
  const [here, there] = await several(2, openPostgresAccessStore);
  const { app, browser } = await guardedControl(t, { store: here! });
  const url = `${await app.listen({ port: 0 })}/api/v1/overview/live`;
  const stream = await openStream(t, url, await browser("ada", everywhere("viewer")));
  const [session] = await there!.sessions(0);
  await there!.endSession(session!.id);
  await stream.endsSoon();
  await there!.close();
});

test("what a control plane had in files comes into the database once, as it was, and lets nobody in as somebody else", async (t) => {
  const url = await newDatabase();
  const folder = mkdtempSync(join(tmpdir(), "throughline-carry-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const inFile = await openSqliteAccessStore(join(folder, "control.db"));
  const file = await accessFixture({ store: inFile });
  const root = { name: "root" };
  const expiresAtMs = file.surroundings.clock.now() + 1_000_000;
  for (const name of ["ada", "bob"])
    await file.access.users.add(root, { name, password: goodPassword, grants: everywhere(name === "ada" ? "admin" : "viewer") });
  const sessions = await Promise.all(["ada", "bob"].map((name) => file.access.login.withPassword(name, goodPassword, visitor)));
  const token = await file.access.tokens.add(root, { name: "deploys", grants: everywhere("viewer"), expiresAtMs });
  await inFile.close();
  const jobsInFile = await openSqliteJobs(join(folder, "jobs.db"));
  await planned(jobsInFile, "j", [letter(0), letter(1), letter(2)], Buffer.from([0, 255]));
  await jobsInFile.leaveOut("j", [{ failureId: "f-9", service: null, handler: null, why: "unknown" }]);
  const terms = { by: "eva", reason: "r", ratePerSecond: 5, stages: [1], stopAfterFailures: 1, force: false };
  await jobsInFile.confirm("j", terms, [{ partition: 0, offset: 5 }], 2_000);
  await jobsInFile.sent("j", 0, [{ no: 0, state: "asked", detail: null }], 2_500);
  const before = [await jobsInFile.job("j"), await jobsInFile.items("j", { cursor: 0, limit: 9 }), await jobsInFile.plan("j")];
  await jobsInFile.close();
  const lagInFile = await openSqliteLagStore(join(folder, "lag.db"));
  const silence = { id: "s", groups: "b*", fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER, reason: "r", by: "eva" };
  await lagInFile.silence(silence);
  await lagInFile.close();

  const store = await openPostgresAccessStore(url);
  const { access } = await accessFixture({ store });
  // Others came first, under the names of two.
  await access.users.add(root, { name: "bob", password: "another horse entirely", grants: everywhere("admin") });
  await access.tokens.add(root, { name: "deploys", grants: everywhere("operator"), expiresAtMs });
  const lag = await openPostgresLagStore(url);
  const told: string[] = [];
  const carry = () =>
    carryOver({ dataDir: folder, database: url, access: store, lag, nowMs: access.now(), tell: (text) => told.push(text) });
  await carry();
  assert.match(told.join("\n"), /1 users, 1 tokens and 1 sessions/);
  assert.match(told.join("\n"), /stay as they are: bob/);
  assert.equal((await access.sessions.actor(sessions[0]!.secret))?.name, "ada");
  assert.equal(await access.sessions.actor(sessions[1]!.secret), null, "it would be the session of an admin now");
  assert.deepEqual((await access.tokens.actor(token.secret))?.role, "viewer");
  assert.equal((await store.user("bob"))!.grants[0]!.role, "admin");
  const jobs = await openPostgresJobs(url);
  assert.deepEqual([await jobs.job("j"), await jobs.items("j", { cursor: 0, limit: 9 }), await jobs.plan("j")], before);
  assert.deepEqual(await jobs.receiptPositions("j"), [{ partition: 0, offset: 5 }]);
  assert.deepEqual(Buffer.from((await jobs.edited("j"))!), Buffer.from([0, 255]));
  assert.deepEqual(
    (await jobs.nextItems("j", 1)).map(({ failureId }) => failureId),
    ["f-1"],
  );
  assert.deepEqual(await lag.silences(0), [silence]);
  assert.deepEqual(readdirSync(folder).toSorted(), ["control.db.carried", "jobs.db.carried", "lag.db.carried"]);
  await access.users.remove({ name: "bob" }, "ada");
  told.length = 0;
  await carry();
  assert.deepEqual(told, []);
  assert.equal(await store.user("ada"), null, "who was removed since is not back");
  for (const opened of [store, jobs, lag]) await opened.close();
});

test("a database that went away is told of as such, logs nobody out, and is used again", async () => {
  const url = await newDatabase();
  const store = await openPostgresAccessStore(url);
  const { access } = await accessFixture({ store });
  await access.users.add({ name: "root" }, { name: "ada", password: goodPassword, grants: everywhere("viewer") });
  const { secret } = await access.login.withPassword("ada", goodPassword, visitor);
  await server.stop();
  const away = { code: "CONTROL_DATABASE_AWAY", retryable: true };
  await assert.rejects(access.sessions.actor(secret), away);
  await assert.rejects(access.login.withPassword("ada", goodPassword, visitor), away);
  await server.start();
  assert.equal((await access.sessions.actor(secret))?.name, "ada");
  await store.close();
});
