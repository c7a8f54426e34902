import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, it } from "node:test";
import { isThroughlineError } from "throughline/seams";
import { storeFailure } from "../errors/index.ts";
import { prepared } from "./prepared.ts";
import { SqliteWriter, type SqliteWriterOptions } from "./writer.ts";

const folder = mkdtempSync(join(tmpdir(), "writer-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = (): string => join(folder, `file-${(files += 1)}.db`);
const open = (file: string, options: Partial<SqliteWriterOptions> = {}) =>
  SqliteWriter.open(file, { mapFailure: storeFailure(file), ...options });
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function withNumbers(file = newFile()): Promise<SqliteWriter> {
  const writer = await open(file);
  await writer.transaction((db) => db.exec("CREATE TABLE number (n INTEGER PRIMARY KEY)"));
  return writer;
}
const insert = (db: DatabaseSync, n: number) => prepared(db, "INSERT INTO number VALUES (?)").run(n);
const numbers = (writer: SqliteWriter) =>
  writer.read((db) =>
    prepared(db, "SELECT n FROM number ORDER BY n")
      .all()
      .map((row) => row["n"]),
  );

describe("SqliteWriter", () => {
  it("runs transactions one at a time, in the order they were asked for", async () => {
    const writer = await withNumbers();
    const story: string[] = [];
    const step = (name: string) =>
      writer.transaction(async (db) => {
        story.push(`${name} begins`);
        await turn();
        assert.ok(db.isTransaction);
        story.push(`${name} ends`);
      });
    await Promise.all([step("a"), step("b"), step("c")]);
    assert.deepEqual(story, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
    await writer.close();
  });

  it("rolls back what rejects, with the same error, and goes on", async () => {
    const writer = await withNumbers();
    const reason = new Error("no");
    await assert.rejects(
      writer.transaction((db) => {
        insert(db, 1);
        throw reason;
      }),
      (error) => error === reason,
    );
    await assert.rejects(
      writer.transaction(async (db) => {
        insert(db, 2);
        await turn();
        throw reason;
      }),
      (error) => error === reason,
    );
    await writer.transaction((db) => insert(db, 3));
    assert.deepEqual(await numbers(writer), [3]);
    await writer.close();
  });

  it("rolls back when COMMIT fails, and passes the caller's own errors through unmapped", async () => {
    const writer = await withNumbers();
    await writer.transaction((db) =>
      db.exec("CREATE TABLE child (n INTEGER REFERENCES number (n) DEFERRABLE INITIALLY DEFERRED)"),
    );
    await assert.rejects(
      writer.transaction((db) => db.exec("INSERT INTO child VALUES (7)")),
      { code: "ERR_SQLITE_ERROR", message: /FOREIGN KEY/ },
    );
    await writer.transaction((db) => insert(db, 1));
    assert.deepEqual(await numbers(writer), [1]);
    await writer.close();
  });

  it("reads a committed state on a connection that refuses to write", async () => {
    const writer = await withNumbers();
    let seenMeanwhile: unknown[] = [];
    await writer.transaction(async (db) => {
      insert(db, 1);
      seenMeanwhile = await numbers(writer);
    });
    assert.deepEqual(seenMeanwhile, []);
    assert.deepEqual(await numbers(writer), [1]);
    await assert.rejects(
      writer.read((db) => insert(db, 2)),
      { code: "STORE_READ_ONLY" },
    );
    await writer.close();
  });

  it("shares one connection between all who open the file, by whatever path, until the last one closes it", async () => {
    const file = newFile();
    const [first, second] = await Promise.all([withNumbers(file), open(file)]);
    const link = newFile();
    symlinkSync(file, link);
    const third = await open(link);
    const connections = await Promise.all([first, second, third].map((writer) => writer.transaction((db) => db)));
    assert.ok(connections.every((db) => db === connections[0]));
    await first.close();
    await first.close();
    await assert.rejects(
      first.transaction(() => 1),
      { code: "STORE_CLOSED", retryable: false },
    );
    await second.transaction((db) => insert(db, 1));
    await second.close();
    await third.close();
    assert.equal(connections[0]?.isOpen, false);
    const again = await open(file);
    assert.deepEqual(await numbers(again), [1]);
    await again.close();
  });

  it("finishes what was queued before it closes", async () => {
    const file = newFile();
    const writer = await withNumbers(file);
    const written = [1, 2, 3].map((n) =>
      writer.transaction(async (db) => {
        await turn();
        insert(db, n);
      }),
    );
    await writer.close();
    await Promise.all(written);
    const again = await open(file);
    assert.deepEqual(await numbers(again), [1, 2, 3]);
    await again.close();
  });

  it("waits for another process's lock without freezing the event loop", async () => {
    const file = newFile();
    const writer = await withNumbers(file);
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    let done = false;
    const waiting = writer.transaction((db) => insert(db, 1)).then(() => (done = true));
    let longestMs = 0;
    for (const since = performance.now(); performance.now() - since < 150;) {
      const before = performance.now();
      await turn();
      longestMs = Math.max(longestMs, performance.now() - before);
    }
    assert.equal(done, false);
    assert.ok(longestMs < 100, `the event loop stood still for ${longestMs} ms`);
    other.exec("COMMIT");
    await waiting;
    assert.deepEqual(await numbers(writer), [1]);
    other.close();
    await writer.close();
  });

  it("gives up on a lock with a retryable error, having written nothing", async () => {
    const file = newFile();
    await (await withNumbers(file)).close();
    const writer = await open(file, { lockTimeoutMs: 30 });
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    await assert.rejects(
      writer.transaction((db) => insert(db, 1)),
      (error) => isThroughlineError(error, "STORE_UNAVAILABLE") && error.retryable,
    );
    other.exec("COMMIT");
    other.close();
    assert.deepEqual(await numbers(writer), []);
    await writer.close();
  });

  it("names a file that is no database, and a folder that cannot be made", async () => {
    const file = newFile();
    writeFileSync(file, "this is a text file, and a long one, ".repeat(100));
    await assert.rejects(open(file), { code: "SQLITE_FILE_UNUSABLE", retryable: false, message: /no SQLite database/ });
    await assert.rejects(open(join(file, "below", "x.db")), {
      code: "STORE_UNAVAILABLE",
      message: /cannot be opened or created/,
    });
  });

  it("follows another file that is put in its place, and waits for one that was moved away", async () => {
    const file = newFile();
    await (await withNumbers(file)).close();
    const writer = await open(file, { follow: true });
    await writer.transaction((db) => insert(db, 1));
    const backup = newFile();
    const copy = new DatabaseSync(file);
    copy.exec(`VACUUM INTO '${backup}'`);
    copy.close();
    await writer.transaction((db) => insert(db, 2));
    renameSync(file, `${file}-old`);
    const outcome = () =>
      numbers(writer).then(
        (found) => found.join(),
        (error: unknown) => (error as { code: string }).code,
      );
    const until = async (expected: string) => {
      for (const endsAt = performance.now() + 10_000; (await outcome()) !== expected; await turn())
        assert.ok(performance.now() < endsAt, `it never came to ${expected}, but to ${await outcome()}`);
    };
    await until("STORE_UNAVAILABLE");
    await assert.rejects(
      writer.transaction((db) => insert(db, 3)),
      { code: "STORE_UNAVAILABLE" },
    );
    for (const suffix of ["-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
    renameSync(backup, file);
    await until("1");
    await writer.transaction((db) => insert(db, 4));
    await until("1,4");
    await writer.close();
  });

  it("keeps what was committed, whole, when the process is killed", async () => {
    const file = newFile();
    const writer = await withNumbers(file);
    const child = spawn(
      process.execPath,
      [...process.execArgv, join(import.meta.dirname, "../../test/fixtures/commit-pairs.ts"), file],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let acknowledged = 0;
    child.stdout.on("data", (bytes: Buffer) => {
      acknowledged = Math.max(acknowledged, Number(bytes.toString().trimEnd().split("\n").at(-1)));
      if (acknowledged > 50) child.kill("SIGKILL");
    });
    await new Promise((resolve) => child.once("close", resolve));
    const found = await numbers(writer);
    assert.ok(acknowledged > 50);
    assert.ok(found.length >= 2 * acknowledged, "a commit was lost");
    assert.equal(found.length % 2, 0, "half a transaction was kept");
    await writer.close();
  });
});
