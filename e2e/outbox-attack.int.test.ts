import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { newEventId, systemSurroundings } from "throughline";
import { until } from "./bad-input/until.ts";
import { eventsIn, firstAppearances, numbersAstray, rowsOf } from "./outbox/evidence.ts";
import { type Program, startProgram, throughline } from "./outbox/processes.ts";
import { isSoak, sizes } from "./sizes.ts";

const writers = 8;
const relays = 4;
const kills = sizes({ test: 24, soak: 300 });
/** Events that are committed between two kills, at least. */
const betweenKills = 40;
const lockedMs = 300;
const patienceMs = 90_000;

test(
  `${writers} writers and ${relays} relays, ${kills} kill -9, an unrelated lock and a refused record: each subject's events stand in the log in commit order, numbered without gaps`,
  { timeout: isSoak ? 900_000 : 280_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "throughline-outbox-"));
    let held = false;
    t.after(() => {
      if (held) rmSync(folder, { recursive: true, force: true });
      else t.diagnostic(`data is in ${folder}`);
    });
    const [events, file] = [join(folder, "events.db"), join(folder, "orders.db")];
    const fleet = startFleet(t, events, file);
    await until("everybody works", () => fleet.all().every(({ lines }) => lines.length > 0), patienceMs);
    const count = (): number => rowsOf<{ n: number }>(file, "SELECT count(*) AS n FROM placed")[0]?.n ?? 0;
    const placed = (): Placed[] => rowsOf<Placed>(file, "SELECT event_id, order_id, n FROM placed ORDER BY id");

    // Somebody else's transactions: one that reads all the time, and one that holds the file's write lock again and again.
    const reader = new DatabaseSync(file, { readOnly: true });
    reader.exec("BEGIN");
    reader.prepare("SELECT count(*) FROM placed").get();
    const stranger = new DatabaseSync(file, { timeout: 30_000 });
    let killed = 0;
    for (; killed < kills; killed++) {
      if (killed === Math.floor(kills / 2)) insertRefused(stranger);
      const isLocked = killed % 4 === 0;
      if (isLocked) stranger.exec("BEGIN IMMEDIATE");
      if (isLocked) {
        await pause(lockedMs);
        stranger.exec("COMMIT");
      }
      const before = count();
      await until("the others go on", () => count() >= before + betweenKills, patienceMs);
      fleet.killOne();
    }
    reader.close();
    stranger.close();
    await fleet.stopWriters();
    const left = (): number => rowsOf<{ n: number }>(file, "SELECT count(*) AS n FROM throughline_outbox")[0]?.n ?? 0;
    await until("everything that can be sent is sent", () => left() === 0, patienceMs);

    const rows = placed();
    t.diagnostic(`${rows.length} events were committed while ${killed} processes were killed`);
    assert.ok(rows.length >= kills * betweenKills);
    const ids = new Set(rows.map(({ event_id }) => event_id));
    assert.deepEqual(
      fleet.acknowledged().filter((id) => !ids.has(id)),
      [],
      "what a writer was told of is there",
    );

    const stopped = (await throughline(t, "store", "stopped", "--store", `sqlite:${file}`))["stopped"] as { subject: string }[];
    assert.deepEqual(
      stopped.map(({ subject }) => subject),
      ["refused"],
    );
    const before = await eventsIn(events, "order");
    assert.deepEqual(inLog(before, "refused"), [1], "what stands behind the refused one waits");
    assert.deepEqual(numbersAstray(before), []);
    assertCommitOrder(rows, before);

    await throughline(t, "store", "repair", "--all", "--skip", "--yes", "--store", `sqlite:${file}`);
    await until(
      "the refused subject goes on",
      async () => inLog(await eventsIn(events, "order"), "refused").length === 2,
      patienceMs,
    );
    const after = (await eventsIn(events, "order")).filter(({ subject }) => subject === "refused");
    assert.deepEqual(
      [...(firstAppearances(after).get("refused") ?? [])].map((event) => [event.sequence, (event.data() as { n: number }).n]),
      [
        [1, 1],
        [3, 3],
      ],
    );
    await fleet.stopRelays();
    held = true;
  },
);

interface Placed {
  readonly event_id: string;
  readonly order_id: string;
  readonly n: number;
}

interface Member {
  readonly does: "publish" | "relay";
  readonly instance: string;
  program: Program;
}

/** Writers and relays of one store, each of which is started again when it is killed. */
function startFleet(t: TestContext, events: string, file: string) {
  const start = (does: Member["does"], instance: string): Program =>
    startProgram(t, "e2e/outbox/publisher.ts", events, file, instance, does, "5");
  const members: Member[] = [
    ...Array.from({ length: writers }, (_, i): [Member["does"], string] => ["publish", `w${i}`]),
    ...Array.from({ length: relays }, (_, i): [Member["does"], string] => ["relay", `r${i}`]),
  ].map(([does, instance]) => ({ does, instance, program: start(does, instance) }));
  const told: string[] = [];
  let turn = 0;
  const stop = async (does: Member["does"]): Promise<void> => {
    const ending = members.filter((member) => member.does === does);
    for (const { program } of ending) program.child.kill("SIGTERM");
    for (const { program } of ending) await program.ended;
  };
  return {
    all: () => members.map(({ program }) => program),
    /** The events that a writer was told of, whether it still runs or not. */
    acknowledged: () => [...told, ...members.flatMap(({ program }) => acknowledgedBy(program))],
    /** Every member has its turn, in an order that mixes writers and relays. */
    killOne() {
      const member = members[(turn++ * 5) % members.length]!;
      member.program.child.kill("SIGKILL");
      told.push(...acknowledgedBy(member.program));
      member.program = start(member.does, member.instance);
    },
    stopWriters: () => stop("publish"),
    stopRelays: () => stop("relay"),
  };
}

const acknowledgedBy = ({ lines }: Program): string[] =>
  lines.filter((line) => line.startsWith("placed ")).map((line) => line.slice("placed ".length));

/** Three events of one subject as another language inserts them; the log has no room for the second. */
function insertRefused(db: DatabaseSync): void {
  const insert = db.prepare(
    "INSERT INTO throughline_outbox (event_id, topic, subject, key, value, headers) VALUES (?, 'order', 'refused', 'refused', ?, ?)",
  );
  db.exec("BEGIN IMMEDIATE");
  for (const n of [1, 2, 3]) {
    const id = newEventId(systemSurroundings);
    const value = { order_id: "refused", n, ...(n === 2 ? { rest: "x".repeat(70_000) } : {}) };
    const attributes = { specversion: "1.0", id, source: "orders", type: "order.placed", subject: "refused" };
    const headers = Object.fromEntries(Object.entries(attributes).map(([name, text]) => [`ce_${name}`, text]));
    insert.run(id, JSON.stringify(value), JSON.stringify({ ...headers, "content-type": "application/json" }));
  }
  db.exec("COMMIT");
}

type Events = Awaited<ReturnType<typeof eventsIn>>;

const inLog = (events: Events, subject: string): number[] =>
  (firstAppearances(events).get(subject) ?? []).map((event) => (event.data() as { n: number }).n);

/** Rows have their ids in commit order, for the file's write lock is held from the first write of a transaction to its end. */
function assertCommitOrder(rows: readonly Placed[], events: Events): void {
  const sent = firstAppearances(events);
  for (const [order_id, committed] of Map.groupBy(rows, (row) => row.order_id))
    assert.deepEqual(
      (sent.get(order_id) ?? []).map(({ id }) => id),
      committed.map(({ event_id }) => event_id),
      `${order_id}: the order of the log is that of the commits, and nothing is missing`,
    );
}
