import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";

/** Outside of the service: what was asked of it stays, whatever the service commits. */
export function openProvider(): { send(key: string): Promise<void> } {
  const db = new DatabaseSync(`${process.env.CRASH_DATA ?? "."}/provider.db`, { timeout: 5_000 });
  db.exec("PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS calls (call INTEGER PRIMARY KEY, key TEXT NOT NULL)");
  return {
    async send(key) {
      await wait(2);
      db.prepare("INSERT INTO calls (key) VALUES (?)").run(key);
      await wait(2);
    },
  };
}
