import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccessStore, StoredSession, StoredToken, StoredUser } from "../src/access/access-store.ts";
import type { Grant } from "../src/access/grants.ts";

const admin: readonly Grant[] = [{ role: "admin", services: null }];
const viewer: readonly Grant[] = [{ role: "viewer", services: ["billing"], payloads: true }];

const aUser = (name: string, part: Partial<StoredUser> = {}): StoredUser => ({
  name,
  passwordHash: `hash of ${name}`,
  grants: viewer,
  isLocked: false,
  createdAtMs: 1_000,
  createdBy: "root",
  loggedInAtMs: null,
  ...part,
});

const aSession = (id: string, part: Partial<StoredSession> = {}): StoredSession => ({
  id,
  hash: `hash of ${id}`,
  user: "ada",
  grants: null,
  createdAtMs: 1_000,
  seenAtMs: 1_000,
  endsAtMs: 9_000,
  address: "192.0.2.7",
  agent: "a browser",
  ...part,
});

const aToken = (id: string, part: Partial<StoredToken> = {}): StoredToken => ({
  id,
  hash: `hash of ${id}`,
  name: `name of ${id}`,
  grants: viewer,
  createdBy: "root",
  createdAtMs: 1_000,
  expiresAtMs: 9_000,
  usedAtMs: null,
  ...part,
});

/** What every store of users, sessions and tokens does. `open` answers with several on the same place, as control planes have. */
export function accessStoreSuite(name: string, open: (count: number) => Promise<AccessStore[]>): void {
  const on = (title: string, work: (one: AccessStore, two: AccessStore) => Promise<void>): void =>
    void test(`${name}: ${title}`, async () => {
      const [one, two] = await open(2);
      await work(one!, two!);
      await one!.close();
      await two!.close();
    });

  on("what one control plane writes of users, sessions and tokens, all read as it was", async (one, two) => {
    assert.ok(one.key.equals(two.key) && one.key.length === 32 && !one.key.equals(Buffer.alloc(32)));
    const [ada, bob] = [aUser("ada"), aUser("bob", { grants: admin, isLocked: true, loggedInAtMs: 2_000 })];
    assert.deepEqual([await one.addUser(bob), await one.addUser(ada), await two.addUser(aUser("ada"))], [true, true, false]);
    assert.deepEqual(await two.users(), [ada, bob]);
    assert.deepEqual([await two.user("bob"), await two.user("nobody"), await two.user("a\u0000\ud800")], [bob, null, null]);
    const [session, provided] = [aSession("s-1"), aSession("s-2", { user: "eva@x", grants: admin, agent: "é\u{1f600}" })];
    await one.addSession(session);
    await one.addSession(provided);
    assert.deepEqual(await two.session("hash of s-1"), { session, grants: viewer });
    assert.deepEqual(await two.session("hash of s-2"), { session: provided, grants: admin });
    assert.equal(await two.session("hash of s-3"), null);
    await two.touchSession("s-1", 5_000);
    await two.touchSession("s-1", 4_000);
    assert.deepEqual(
      (await one.sessions(8_999)).map(({ id, seenAtMs }) => [id, seenAtMs]),
      [
        ["s-1", 5_000],
        ["s-2", 1_000],
      ],
    );
    assert.deepEqual(await one.sessions(9_000), []);
    const token = aToken("t-1");
    assert.deepEqual([await one.addToken(token), await two.addToken(aToken("t-2", { name: token.name }))], [true, false]);
    assert.deepEqual(await two.token(token.hash), token);
    await two.touchToken("t-1", 3_000);
    assert.deepEqual(await one.tokens(), [{ ...token, usedAtMs: 3_000 }]);
    assert.equal((await two.endToken("t-1"))?.id, "t-1");
    assert.deepEqual([await one.token(token.hash), await one.endToken("t-1")], [null, null]);
  });

  on(
    "who is locked, removed or has another password has no session any more, and another of that name has none",
    async (one, two) => {
      await one.addUser(aUser("ada"));
      for (const id of ["s-1", "s-2"]) await one.addSession(aSession(id));
      await one.addSession(aSession("s-3", { grants: viewer }));
      const open = async (): Promise<string[]> => (await one.sessions(0)).map(({ id }) => id).toSorted();
      await two.changeUser("ada", { passwordHash: "new", endSessions: { except: "s-2" } }, "needs-none");
      assert.deepEqual(await open(), ["s-2", "s-3"], "a provider's session is not of that user");
      await two.changeUser("ada", { isLocked: true }, "needs-none");
      assert.equal(await one.session("hash of s-2"), null);
      await two.changeUser("ada", { isLocked: false }, "needs-none");
      assert.deepEqual((await one.session("hash of s-2"))?.grants, viewer);
      await two.changeUser("ada", { grants: admin }, "needs-none");
      assert.deepEqual((await one.session("hash of s-2"))?.grants, admin);
      assert.equal(await two.removeUser("ada", "needs-none"), "done");
      await one.addUser(aUser("ada"));
      assert.deepEqual(await open(), ["s-3"]);
      assert.deepEqual(
        [await two.endSession("s-3"), await two.endSession("s-3")].map((found) => found?.id ?? null),
        ["s-3", null],
      );
      assert.equal(await two.changeUser("nobody", {}, "needs-admin"), "unknown");
      assert.equal(await two.removeUser("nobody", "needs-admin"), "unknown");
    },
  );

  on("of many first users at once one is made, and of two admins who remove each other one stays", async (one, two) => {
    const first = await Promise.all(
      Array.from({ length: 8 }, (_, n) => (n % 2 === 0 ? one : two).addFirstUser(aUser(`u-${n}`, { grants: admin }))),
    );
    assert.equal(first.filter(Boolean).length, 1);
    const [{ name }] = (await one.users()) as [StoredUser];
    await one.addUser(aUser("deputy", { grants: admin }));
    const both = await Promise.all([one.removeUser(name, "needs-admin"), two.removeUser("deputy", "needs-admin")]);
    assert.deepEqual(both.toSorted(), ["done", "last-admin"]);
    const [last] = (await one.users()) as [StoredUser];
    for (const change of [{ isLocked: true }, { grants: viewer }])
      assert.equal(await two.changeUser(last.name, change, "needs-admin"), "last-admin");
    assert.deepEqual(await one.users(), [last]);
    assert.equal(await two.changeUser(last.name, { grants: viewer }, "needs-none"), "done");
  });

  on("of many attempts at once, at several control planes, a bucket takes no more than it holds", async (one, two) => {
    const limit = { burst: 10, everyMs: 60_000 };
    const wide = { burst: 1_000, everyMs: 1 };
    const attempt = [
      { bucket: 7, limit },
      { bucket: 3, limit: wide },
    ];
    const waits = await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? one : two).takeAttempts(attempt, 1_000)));
    assert.equal(waits.filter((wait) => wait === 0).length, 10);
    assert.deepEqual([...new Set(waits)].toSorted(), [0, 60_000]);
    await two.giveBackAttempts(attempt);
    assert.equal(await one.takeAttempts(attempt, 1_000), 0);
    assert.equal(await two.takeAttempts(attempt, 1_001), 59_999);
    assert.equal(
      await two.takeAttempts([{ bucket: 3, limit: { burst: 11, everyMs: 1 } }], 1_000),
      0,
      "of the refused none counted",
    );
    assert.equal(await one.takeAttempts(attempt, 61_000), 0);
  });

  on("what is over is removed", async (one, two) => {
    await one.addSession(aSession("over", { endsAtMs: 2_000 }));
    await one.addSession(aSession("idle", { seenAtMs: 500 }));
    await one.addSession(aSession("open"));
    await one.addToken(aToken("old", { expiresAtMs: 100 }));
    await one.addToken(aToken("good"));
    await two.prune({ sessionsMs: 2_000, idleSinceMs: 600, tokensMs: 100 });
    assert.deepEqual(
      (await one.sessions(0)).map(({ id }) => id),
      ["open"],
    );
    assert.deepEqual(
      (await one.tokens()).map(({ id }) => id),
      ["good"],
    );
  });
}
