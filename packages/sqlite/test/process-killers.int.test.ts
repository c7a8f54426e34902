import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it, type TestContext } from "node:test";
import { openSqliteLog } from "@throughline/sqlite";
import { encodeEvent, withSequence } from "throughline";

const program = join(import.meta.dirname, "fixtures", "killed-service.ts");
const handlers = ["live", "parked", "called", "committed"];
const killers = handlers.map((handler) => `${handler}-killer`);
const subjects = ["a", ...killers, "b"];
const perSubject = 2;

interface Letter {
  readonly handler: string;
  readonly subject: string;
  readonly reason: string;
}

describe("an event that kills or hangs its process (R6)", () => {
  for (const [how, reason] of [
    ["memory", "crash"],
    ["loop", "crash"],
    ["microtasks", "crash"],
    ["exit", "crash"],
    ["never", "failed"],
  ] as const) {
    it(`ends as a dead letter, and every other subject goes on: ${how}`, { timeout: 240_000 }, async (t) => {
      const folder = await mkdtemp(join(tmpdir(), "throughline-killers-"));
      t.after(() => rm(folder, { recursive: true, force: true }));
      await publish(folder);
      const { ends, output } = await keepAlive(t, folder, how, () => isDone(folder));
      t.diagnostic(`${ends.length} deaths: ${[...new Set(ends)].join(", ")}`);
      assert.deepEqual(
        letters(folder),
        handlers.map((handler) => ({ handler, subject: `${handler}-killer`, reason })),
      );
      // Of each killer two deaths are nobody's, and three its own.
      assert.ok(ends.length <= 5 * handlers.length, `${ends.length} deaths`);
      if (reason === "crash") assert.ok(ends.length >= 3 * handlers.length, `${ends.length} deaths`);
      else assert.deepEqual(ends, []);
      if (how === "loop" || how === "microtasks") {
        assert.match(output, /the event loop has stood still for 700 ms.*the last that began was handler \\"live\\"/);
        assert.deepEqual([...new Set(ends)], ["SIGKILL"]);
      }
    });
  }
});

async function publish(folder: string): Promise<void> {
  await using log = await openSqliteLog(join(folder, "events.db"));
  await log.createTopics([{ name: "order", partitions: 2 }]);
  for (let sequence = 1; sequence <= perSubject; sequence++) {
    const records = subjects.map((subject, index) => {
      const { key, value, headers } = encodeEvent({
        id: `01900000-0000-7000-8000-${String(sequence * 100 + index).padStart(12, "0")}`,
        source: "orders",
        type: "order.placed",
        subject,
        timeMs: Date.now(),
        dataVersion: 1,
        data: { order_id: subject },
        correlationId: subject,
      });
      return { topic: "order", key, value, headers: withSequence(headers, sequence, 0) };
    });
    for (const result of await log.append(records)) assert.ok(result.ok);
  }
}

/** Starts the service again whenever it has ended, as a supervisor does, until `isDone`; then stops it. */
async function keepAlive(
  t: TestContext,
  folder: string,
  how: string,
  isDone: () => boolean,
): Promise<{ ends: string[]; output: string }> {
  const ends: string[] = [];
  let output = "";
  let child: ChildProcess | null = null;
  t.after(() => child?.kill("SIGKILL"));
  while (!t.signal.aborted) {
    const started = spawn(
      process.execPath,
      ["--conditions=throughline-source", "--max-old-space-size=64", program, folder, how],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    child = started;
    for (const stream of [started.stdout, started.stderr]) stream.on("data", (text: Buffer) => (output += text.toString()));
    const ended = once(started, "close") as Promise<[number | null, string | null]>;
    let isOver = false;
    void ended.then(() => (isOver = true));
    while (!isOver && !isDone() && !t.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
    if (!isOver) started.kill(t.signal.aborted ? "SIGKILL" : "SIGTERM");
    const [code, signal] = await ended;
    if (isDone()) {
      assert.equal(code, 0, `it does not stop cleanly: ${code} ${signal}\n${output.slice(-3_000)}`);
      return { ends, output };
    }
    ends.push(signal ?? `exit ${code}`);
    assert.ok(ends.length < 40, `it has died too often\n${output.slice(-3_000)}`);
  }
  throw new Error(`it was not done in time\n${output.slice(-3_000)}`);
}

function query<Row>(folder: string, sql: string): Row[] {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(join(folder, "store.db"), { readOnly: true });
    return db.prepare(sql).all() as Row[];
  } catch {
    // Not there yet, or being written.
    return [];
  } finally {
    db?.close();
  }
}

function letters(folder: string): Letter[] {
  const found = query<Letter>(
    folder,
    `SELECT n.name AS handler, p.subject, p.reason FROM throughline_parked p
       JOIN throughline_handler_names n ON n.handler_id = p.handler_id WHERE p.state = 'dead'`,
  );
  const sorted = found.map((row) => ({ ...row })).sort((a, b) => handlers.indexOf(a.handler) - handlers.indexOf(b.handler));
  return sorted;
}

/** Each handler has handled every event but those of its own killer. */
function isDone(folder: string): boolean {
  const [effects] = query<{ count: number }>(folder, "SELECT count(*) AS count FROM effects");
  return letters(folder).length >= handlers.length && effects?.count === handlers.length * (subjects.length - 1) * perSubject;
}
