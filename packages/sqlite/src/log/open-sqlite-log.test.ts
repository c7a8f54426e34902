import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, it } from "node:test";
import { SqliteWriter } from "../database/writer.ts";
import { logFailure } from "../errors/index.ts";
import { openSqliteLog } from "./open-sqlite-log.ts";

const folder = mkdtempSync(join(tmpdir(), "open-log-"));
after(() => rmSync(folder, { recursive: true }));

describe("openSqliteLog", () => {
  it("makes the folder and three files from an address", async () => {
    await using log = await openSqliteLog(`sqlite:${join(folder, "new", "events.db")}`);
    for (const file of ["events.db", "events.groups.db", "events.system.db"])
      assert.ok(existsSync(join(folder, "new", file)), file);
    assert.deepEqual(log.features, { retention: true, processes: true, durable: true });
    assert.equal(log.maxRecordBytes, 1024 * 1024);
  });

  it("keeps the system's topics in a file of their own", async () => {
    await using log = await openSqliteLog(join(folder, "split.db"));
    await log.createTopics([{ name: "order" }, { name: "throughline.receipts" }]);
    assert.deepEqual(
      (await log.topics()).map(({ name, partitions }) => [name, partitions]),
      [
        ["order", 6],
        ["throughline.receipts", 6],
      ],
    );
    const topicsIn = (file: string) => {
      const db = new DatabaseSync(join(folder, file), { readOnly: true });
      const names = db
        .prepare("SELECT name FROM topic")
        .all()
        .map((row) => row["name"]);
      db.close();
      return names;
    };
    assert.deepEqual([topicsIn("split.db"), topicsIn("split.system.db")], [["order"], ["throughline.receipts"]]);
  });

  it("waits for the disk with each commit only when asked to survive the loss of power", async () => {
    for (const [durability, synchronous] of [
      ["process", 1],
      ["power", 2],
    ] as const) {
      const path = join(folder, `${durability}.db`);
      await using _log = await openSqliteLog({ path, durability });
      // The same connection, for the file is open already.
      const writer = await SqliteWriter.open(path, { mapFailure: logFailure });
      assert.equal(await writer.transaction((db) => db.prepare("PRAGMA synchronous").get()?.["synchronous"]), synchronous);
      await writer.close();
    }
  });

  it("refuses an address that is none, with what one looks like", async () => {
    for (const address of ["kafka://localhost:9092", "", "sqlite:", ":memory:"]) {
      await assert.rejects(
        openSqliteLog(address),
        { code: "SQLITE_ADDRESS_INVALID", message: /sqlite:\.\/data\/events\.db/ },
        address,
      );
    }
  });

  it("refuses a file that is no database, and one of a later version, and closes what it opened", async () => {
    const text = join(folder, "text.db");
    writeFileSync(text, "not a database, but long enough to look at ".repeat(50));
    await assert.rejects(openSqliteLog(text), { code: "SQLITE_FILE_UNUSABLE" });

    const later = join(folder, "later.db");
    await (await openSqliteLog(later)).close();
    const db = new DatabaseSync(join(folder, "later.groups.db"));
    const format = Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
    db.exec("PRAGMA user_version = 99");
    await assert.rejects(openSqliteLog(later), { code: "LOG_FILE_TOO_NEW", message: /99/ });
    db.exec(`PRAGMA user_version = ${format}`);
    db.close();
    await (await openSqliteLog(later)).close();
  });

  it("brings files of an earlier format to its own", async () => {
    const earlier = join(folder, "earlier.db");
    await (await openSqliteLog(earlier)).close();
    const db = new DatabaseSync(join(folder, "earlier.groups.db"));
    db.exec("ALTER TABLE member DROP COLUMN client_id; PRAGMA user_version = 1");
    db.close();
    await using log = await openSqliteLog(earlier);
    await log.createTopics([{ name: "order" }]);
    const nothing = async (): Promise<void> => undefined;
    const onAssigned = async (partitions: readonly unknown[]): Promise<null[]> => partitions.map(() => null);
    const subscription = await log.subscribe({
      group: "billing",
      clientId: "one",
      topics: ["order"],
      onAssigned,
      onBatch: nothing,
      onRevoked: nothing,
      onLost: () => undefined,
      onError: () => undefined,
    });
    assert.equal((await log.groups())[0]?.members[0]?.clientId, "one");
    await subscription.close();
  });

  it("refuses topics that a broker would refuse", async () => {
    await using log = await openSqliteLog(join(folder, "names.db"));
    const wrong = [
      { name: "" },
      { name: "a b" },
      { name: ".." },
      { name: "x".repeat(250) },
      { name: "t", partitions: 0 },
      { name: "t", partitions: 1.5 },
      { name: "t", retentionMs: -1 },
    ];
    for (const topic of wrong)
      await assert.rejects(log.createTopics([{ name: "fine" }, topic]), { code: "LOG_TOPIC_INVALID" }, JSON.stringify(topic));
    assert.deepEqual(await log.topics(), []);
  });
});
