import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { logFailure } from "../errors/index.ts";
import { SqliteWriter } from "./writer.ts";

/** Some hundred times as many as fit into the timer's delay. */
const most = 200_000;

async function opened(t: TestContext): Promise<SqliteWriter> {
  const folder = mkdtempSync(join(tmpdir(), "loop-turn-"));
  const writer = await SqliteWriter.open(join(folder, "a.db"), { mapFailure: logFailure });
  t.after(async () => {
    await writer.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return writer;
}

for (const kind of ["transaction", "read"] as const)
  test(`a timer has its turn in a chain of ${kind}s that wait for nothing but one another`, async (t) => {
    const writer = await opened(t);
    let isOver = false;
    const timer = setTimeout(() => (isOver = true), 20);
    t.after(() => clearTimeout(timer));
    let done = 0;
    while (!isOver && done < most) {
      await writer[kind]((db) => db.prepare("SELECT 1").get());
      done += 1;
    }
    assert.ok(isOver, `${done} ${kind}s, and the event loop has not turned`);
  });
