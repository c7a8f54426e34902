import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { DatabaseSync } from "node:sqlite";
import { openSqliteAccessStore } from "../src/access/sqlite-access-store.ts";
import { accessFixture, everywhere, goodPassword, visitor } from "./access-fixture.ts";
import { accessStoreSuite } from "./access-store-suite.ts";

const suiteFolder = mkdtempSync(join(tmpdir(), "throughline-access-stores-"));
after(() => rmSync(suiteFolder, { recursive: true, force: true }));
let files = 0;
accessStoreSuite("SQLite", async (count) => {
  const file = join(suiteFolder, `control-${(files += 1)}.db`);
  return Promise.all(Array.from({ length: count }, () => openSqliteAccessStore(file)));
});

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "throughline-access-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("what stands in the file lets nobody in, and nobody else on the machine may read it", async (t) => {
  const folder = folderOf(t);
  const path = join(folder, "control.db");
  const { access, surroundings } = await accessFixture({ store: await openSqliteAccessStore(path) });
  await access.users.add({ name: "root" }, { name: "ada", password: goodPassword, grants: everywhere("admin") });
  const session = await access.login.withPassword("ada", goodPassword, visitor);
  const expiresAtMs = surroundings.clock.now() + 1_000_000;
  const token = await access.tokens.add({ name: "root" }, { name: "deploys", grants: everywhere("viewer"), expiresAtMs });
  const files = readdirSync(folder);
  assert.ok(files.includes("control.db-wal"));
  for (const file of files) {
    const bytes = readFileSync(join(folder, file));
    for (const secret of [goodPassword, session.secret, token.secret]) assert.ok(!bytes.includes(secret), file);
    if (process.platform !== "win32") assert.equal(statSync(join(folder, file)).mode & 0o077, 0, file);
  }
  await access.store.close();
});

test("users, sessions, tokens and the key are there after a restart", async (t) => {
  const path = join(folderOf(t), "control.db");
  const before = await accessFixture({ store: await openSqliteAccessStore(path) });
  await before.access.users.add({ name: "root" }, { name: "ada", password: goodPassword, grants: everywhere("admin") });
  const { secret } = await before.access.login.withPassword("ada", goodPassword, visitor);
  await before.access.store.close();
  const { access } = await accessFixture({ store: await openSqliteAccessStore(path) });
  assert.equal((await access.sessions.actor(secret))?.name, "ada");
  assert.ok(access.store.key.equals(before.access.store.key));
  assert.equal(access.store.key.length, 32);
  assert.ok(!access.store.key.equals(Buffer.alloc(32)));
  await access.store.close();
});

test("a file that is no database, or of a later version, is refused with its name", async (t) => {
  const folder = folderOf(t);
  const [text, later] = [join(folder, "text.db"), join(folder, "later.db")];
  writeFileSync(
    text,
    "no database at all, but a longer text than a header of one would be, which is a hundred bytes long".repeat(3),
  );
  await assert.rejects(openSqliteAccessStore(text), (error: Error) => error.message.includes("text.db"));
  const db = new DatabaseSync(later);
  db.exec("PRAGMA user_version = 99");
  db.close();
  await assert.rejects(openSqliteAccessStore(later), /ACCESS_STORE_UNUSABLE|newer version/);
  await assert.rejects(
    openSqliteAccessStore(join(text, "under-a-file.db")),
    (error) => (error as { code?: string }).code === "ACCESS_STORE_UNUSABLE",
  );
});

test("sessions that are over are removed when somebody logs in, so the file does not grow", async () => {
  const { access, surroundings } = await accessFixture({ times: { idleMs: 10_000 } });
  await access.users.add({ name: "root" }, { name: "ada", password: goodPassword, grants: everywhere("viewer") });
  for (let n = 0; n < 5; n++) await access.login.withPassword("ada", goodPassword, visitor);
  assert.equal((await access.store.sessions(surroundings.clock.now())).length, 5);
  await surroundings.clock.advance(10_001);
  assert.deepEqual(await access.sessions.list(), []);
  await access.login.withPassword("ada", goodPassword, visitor);
  assert.equal((await access.store.sessions(surroundings.clock.now())).length, 1);
});
