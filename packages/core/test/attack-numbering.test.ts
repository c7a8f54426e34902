import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import {
  decodeEvent,
  type EventContract,
  type HandlerOptions,
  type MemoryLog,
  type MemoryStore,
  PermanentError,
} from "../src/index.ts";
import type { LogRecord, NewRecord, ParkedRow } from "../src/seams/index.ts";
import { readDeadLetter, redriveRecord } from "../src/system-topics/index.ts";
import { eventRecord, isSettled, memory, OrderCreated, OrderUpdated, readAll, receipts, service, until } from "./harness.ts";

/** An event of a numbering, as `<numbering>.<number>`. */
const event = (place: string, id?: string, contract: EventContract = OrderUpdated) => {
  const [sequenceEpoch = 0, sequence = 0] = place.split(".").map(Number);
  const data = { order_id: "o", total: sequenceEpoch * 1_000 + sequence };
  return eventRecord(contract, data, sequence, { sequenceEpoch, ...(id === undefined ? {} : { id }) });
};
const idOf = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, "e")}`;
const seen = (store: MemoryStore) => store.get<string[]>("seen") ?? [];

async function letters(log: MemoryLog) {
  return (await readAll(log, "reader.dlt")).map((record) => readDeadLetter(record)).filter((letter) => letter !== null);
}

async function ask(log: MemoryLog, index: number, action: "redrive" | "discard" = "redrive"): Promise<void> {
  const { letter, original } = (await letters(log))[index]!;
  const { service: name, handler, failureId } = letter;
  const asked = { action, service: name, handler, failureId, by: "ann", reason: null, atMs: Date.now(), original };
  await log.append([redriveRecord({ ...asked, requestId: randomUUID(), editedValue: null, force: false })]);
}

/** A reader that notes the places of what it applied. */
async function reading(options: HandlerOptions = {}, fails: (place: string) => Error | undefined = () => undefined) {
  const { log, store } = memory(1);
  await log.createTopics([{ name: "order" }]);
  const reader = service("reader", log, store);
  reader.on(
    OrderUpdated,
    "follow",
    async ({ data }, ctx) => {
      const place = `${Math.floor(data.total / 1_000)}.${data.total % 1_000}`;
      const error = fails(place);
      if (error !== undefined) throw error;
      await ctx.tx.put("seen", [...((await ctx.tx.get<string[]>("seen")) ?? []), place]);
    },
    options,
  );
  return { log, store, running: await reader.start() };
}

const reasons = async (store: MemoryStore) =>
  (await store.unitOfWork((unit) => unit.parked.counts())).map(({ state, reason, count }) => `${count} ${state} ${reason}`);

const parkedRows = (store: MemoryStore) => store.unitOfWork((unit) => unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 10));

/** What a log of its own makes of it. */
async function recordOf(record: NewRecord): Promise<LogRecord> {
  const { log } = memory(1);
  await log.createTopics([{ name: record.topic }]);
  await log.append([record]);
  return (await readAll(log, record.topic))[0]!;
}

const parkedRow = (record: LogRecord): ParkedRow => ({
  id: idOf(900),
  handlerId: 1,
  epoch: 1,
  stream: "order",
  subject: "o",
  sequence: null,
  sequenceEpoch: 0,
  eventKey: decodeEvent(record).key,
  state: "waiting",
  reason: "behind",
  dueAtMs: null,
  logDueMs: null,
  attempts: [],
  handled: true,
  record,
  edited: null,
  lease: null,
  parkedAtMs: Date.now(),
});

describe("a new numbering begins (R5)", () => {
  it("and consumers go on with it, at its number 1", async () => {
    const { log, store, running } = await reading();
    await log.append(["0.1", "0.2", "1.1", "1.2", "2.1", "2.2"].map((place) => event(place)));
    await until("all", () => seen(store).length === 6);
    assert.deepEqual(seen(store), ["0.1", "0.2", "1.1", "1.2", "2.1", "2.2"]);
    await running.close();
  });

  it("and what was sent before under the old one only passes", async () => {
    const { log, store, running } = await reading();
    await log.append([event("0.1", idOf(1)), event("0.2", idOf(2)), event("1.1", idOf(2)), event("1.2", idOf(3))]);
    await until("all", () => seen(store).length === 3);
    assert.deepEqual(seen(store), ["0.1", "0.2", "1.2"]);
    await until("settled", () => isSettled(log, store, ["order"]));
    assert.equal((await letters(log)).length, 0);
    await running.close();
  });

  it("behind an event that is being retried: nothing is overtaken, nothing is stale", async () => {
    let failures = 0;
    const { log, store, running } = await reading({ retryDelaysMs: [40, 40, 40] }, (place) =>
      place === "0.2" && failures++ < 3 ? new Error("not yet") : undefined,
    );
    await log.append(["0.1", "0.2", "0.3", "1.1", "1.2", "2.1"].map((place) => event(place)));
    await until("all", () => seen(store).length === 6);
    assert.deepEqual(seen(store), ["0.1", "0.2", "0.3", "1.1", "1.2", "2.1"]);
    await running.close();
  });

  for (const action of ["redrive", "discard"] as const) {
    it(`behind a dead letter, and goes on after its ${action}`, async () => {
      let isMended = false;
      const { log, store, running } = await reading({}, (place) =>
        place === "0.2" && !isMended ? new PermanentError("never") : undefined,
      );
      await log.append(["0.1", "0.2", "0.3", "1.1", "1.2"].map((place) => event(place)));
      await until("the letter, and what waits", async () => (await reasons(store)).includes("3 waiting behind"));
      assert.deepEqual(seen(store), ["0.1"]);
      isMended = true;
      await ask(log, 0, action);
      const middle = action === "redrive" ? ["0.2"] : [];
      const expected = ["0.1", ...middle, "0.3", "1.1", "1.2"];
      await until("all", () => seen(store).length === expected.length);
      assert.deepEqual(seen(store), expected);
      await running.close();
    });
  }

  it("behind an event whose predecessor is missing, until it comes", async () => {
    const { log, store, running } = await reading();
    await log.append(["0.1", "0.3", "1.1"].map((place) => event(place)));
    await until("both are parked", async () => (await reasons(store)).length === 2);
    assert.deepEqual((await reasons(store)).toSorted(), ["1 waiting behind", "1 waiting gap"]);
    await log.append([event("0.2")]);
    await until("all", () => seen(store).length === 4);
    assert.deepEqual(seen(store), ["0.1", "0.2", "0.3", "1.1"]);
    await running.close();
  });

  it("behind an event whose predecessor never comes: a gap letter first, and never silently", async () => {
    const { log, store, running } = await reading({ gapDeadlineMs: 30 });
    await log.append(["0.1", "0.3", "1.1"].map((place) => event(place)));
    await until("the letter", async () => (await letters(log)).length === 1);
    assert.deepEqual(seen(store), ["0.1"]);
    await ask(log, 0);
    await until("all", () => seen(store).length === 3);
    assert.deepEqual(seen(store), ["0.1", "0.3", "1.1"]);
    await running.close();
  });

  it("with a gap of its own, which is a gap and no baseline", async () => {
    const { log, store, running } = await reading({ gapDeadlineMs: 60_000, reorderWindowMs: 20 });
    await log.append(["0.1", "1.3", "1.2"].map((place) => event(place)));
    await until("both are parked", async () => (await parkedRows(store)).length === 2);
    assert.deepEqual(
      (await parkedRows(store)).filter(({ reason }) => reason === "window"),
      [],
    );
    await log.append([event("1.1")]);
    await until("all", () => seen(store).length === 4);
    assert.deepEqual(seen(store), ["0.1", "1.1", "1.2", "1.3"]);
    await running.close();
  });

  it("and numbers that were lost in the old one are not lost in it", async () => {
    const { log, store, running } = await reading({ afterDeadLetter: "continue", gapDeadlineMs: 20 });
    await log.append(["0.1", "0.4", "0.5"].map((place) => event(place)));
    await until("2 and 3 are declared lost", () => seen(store).length === 2);
    await log.append([event("1.1")]);
    await until("the new numbering", () => seen(store).length === 3);
    // Its deadline counts from the record's time: far from now, however slow the machine is.
    await log.append([{ ...event("1.4"), timestampMs: Date.now() + 3_600_000 }]);
    await until("it is parked", async () => (await reasons(store)).some((reason) => reason.includes("waiting")));
    await log.append([event("1.2"), event("1.3")]);
    await until("all", () => seen(store).length === 6);
    assert.deepEqual(seen(store), ["0.1", "0.5", "1.1", "1.2", "1.3", "1.4"]);
    await running.close();
  });

  it("behind an event that was parked without the lock, and so not counted", async () => {
    const { log, store, running } = await reading();
    await log.append([event("0.1")]);
    await until("the first", () => seen(store).length === 1);
    const later = await recordOf(event("0.2"));
    await store.unitOfWork((unit) => unit.parked.add([{ ...parkedRow(later), sequence: 2, dueAtMs: Date.now() + 150 }]));
    await log.append([event("1.1")]);
    await until("all", () => seen(store).length === 3);
    assert.deepEqual(seen(store), ["0.1", "0.2", "1.1"]);
    await running.close();
  });

  for (const fails of ["is retried", "is a dead letter, and redriven"] as const) {
    it(`behind a call of the older one that ${fails}`, async () => {
      const { log, store } = memory(1);
      await log.createTopics([{ name: "order" }]);
      const reader = service("reader", log, store, { retryDelaysMs: fails === "is retried" ? [20, 20, 20] : [] });
      const placeOf = ({ total }: { total: number }) => `${Math.floor(total / 1_000)}.${total % 1_000}`;
      let failures = fails === "is retried" ? 2 : 1;
      reader.on(
        OrderUpdated,
        "send",
        {
          call: async ({ data }) => {
            if (placeOf(data) === "0.2" && failures-- > 0) throw new Error("not yet");
          },
          commit: async (_, { data }, ctx) => {
            await ctx.tx.put("seen", [...((await ctx.tx.get<string[]>("seen")) ?? []), placeOf(data)]);
          },
        },
        { replay: "run" },
      );
      await using _running = await reader.start();
      await log.append(["0.1", "0.2", "0.3", "1.1", "1.2", "2.1"].map((place) => event(place)));
      if (fails !== "is retried") {
        await until("the letter", async () => (await letters(log)).length === 1);
        await until("what waits", async () => (await parkedRows(store)).length === 5);
        assert.deepEqual(seen(store), ["0.1"]);
        await ask(log, 0);
      }
      await until("all", () => seen(store).length === 6);
      assert.deepEqual(seen(store), ["0.1", "0.2", "0.3", "1.1", "1.2", "2.1"]);
    });
  }

  it("under latest: what is older never follows what is newer", async () => {
    const { log, store, running } = await reading({ order: "latest" });
    await log.append(["0.8", "0.9", "1.1", "0.10", "1.2"].map((place) => event(place)));
    await until("settled", async () => seen(store).includes("1.2") && (await isSettled(log, store, ["order"])));
    assert.deepEqual(seen(store), ["0.8", "0.9", "1.1", "1.2"]);
    assert.equal((await letters(log)).length, 0);
    await running.close();
  });
});

describe("an event of an older numbering that comes late (R5)", () => {
  it("is a conflict, and never silently stale; its redrive runs it out of its number", async () => {
    const { log, store, running } = await reading();
    await log.append(["0.1", "0.2", "1.1", "0.3", "1.2"].map((place) => event(place)));
    await until("the conflict", async () => (await letters(log)).length === 1);
    await until("what follows goes on", () => seen(store).length === 4);
    assert.deepEqual((await letters(log))[0]?.letter.reason, "conflict");
    assert.match(
      (await letters(log))[0]?.letter.error.message ?? "",
      /number 3 of subject "o", which stands at 1 \(numbering 1\)/,
    );
    await ask(log, 0);
    await until("it ran", () => seen(store).length === 5);
    await log.append([event("1.3")]);
    await until("the position stayed", () => seen(store).length === 6);
    assert.deepEqual(seen(store), ["0.1", "0.2", "1.1", "1.2", "0.3", "1.3"]);
    assert.equal((await letters(log)).length, 1);
    await running.close();
  });

  it("is a duplicate where it was handled, and nothing where its type is not", async () => {
    const { log, store, running } = await reading();
    await log.append([
      event("0.1"),
      event("0.2", idOf(2)),
      event("1.1"),
      event("0.2", idOf(2)),
      event("0.3", idOf(3), OrderCreated),
    ]);
    await log.append([event("1.2")]);
    await until("all", () => seen(store).length === 4);
    await until("settled", () => isSettled(log, store, ["order"]));
    assert.equal((await letters(log)).length, 0);
    assert.ok((await receipts(log)).some((receipt) => receipt.kind === "event" && receipt.outcome === "duplicate"));
    await running.close();
  });

  it("does not take a redriven letter's subject back to the old numbering", async () => {
    let isMended = false;
    const { log, store, running } = await reading({ afterDeadLetter: "continue" }, (place) =>
      place === "0.2" && !isMended ? new PermanentError("never") : undefined,
    );
    await log.append(["0.1", "0.2", "1.1"].map((place) => event(place)));
    await until("the letter, and the new numbering", async () => (await letters(log)).length === 1 && seen(store).length === 2);
    isMended = true;
    await ask(log, 0);
    await until("it ran", () => seen(store).length === 3);
    await log.append([event("1.2")]);
    await until("the new numbering goes on", () => seen(store).length === 4);
    assert.deepEqual(seen(store), ["0.1", "1.1", "0.2", "1.2"]);
    await running.close();
  });
});

describe("a redriven conflict (R5, R7)", () => {
  it("runs where later events wait for a dead letter, holds nothing, and is a letter again when it fails", async () => {
    let isMended = false;
    const { log, store, running } = await reading({ retryDelaysMs: [] }, (place) =>
      place === "0.77" && !isMended ? new Error("not yet") : undefined,
    );
    const second = eventRecord(OrderUpdated, { order_id: "o", total: 77 }, 1, { id: idOf(77) });
    await log.append([event("0.1"), event("0.2"), second]);
    await until("the conflict", async () => (await letters(log)).length === 1);
    await ask(log, 0);
    await until("it failed", async () => (await letters(log)).length === 2);
    assert.deepEqual(
      (await letters(log)).map(({ letter }) => [letter.reason, letter.holdsSubject]),
      [
        ["conflict", false],
        ["failed", false],
      ],
    );
    await log.append([event("0.3")]);
    await until("nothing waits for it", () => seen(store).includes("0.3"));
    isMended = true;
    await ask(log, 1);
    await until("it ran", () => seen(store).includes("0.77"));
    await log.append([second]);
    await until("settled", () => isSettled(log, store, ["order"]));
    assert.deepEqual(seen(store), ["0.1", "0.2", "0.3", "0.77"]);
    assert.deepEqual(await reasons(store), []);
    await running.close();
  });
});

describe("all orders of two numberings (R5)", () => {
  const placed = ["0.1", "0.2", "1.1", "1.2", "1.3"];
  for (const order of ["sequential", "latest", "any"] as const) {
    it(`crash no handler under ${order}, and every event is applied, stale or a letter`, async () => {
      const { log, store } = memory(1);
      await log.createTopics([{ name: "order" }]);
      const reader = service("reader", log, store);
      reader.on(
        OrderUpdated,
        "follow",
        async ({ subject, data }, ctx) =>
          ctx.tx.put(`at:${subject}`, [...((await ctx.tx.get<number[]>(`at:${subject}`)) ?? []), data.total]),
        { order, gapDeadlineMs: 60_000, reorderWindowMs: 60_000 },
      );
      await using _running = await reader.start();
      const all = permutations(placed);
      const records = all.flatMap((places, index) =>
        places.map((place) => {
          const [sequenceEpoch = 0, sequence = 0] = place.split(".").map(Number);
          return eventRecord(OrderUpdated, { order_id: `o-${index}`, total: sequenceEpoch * 1_000 + sequence }, sequence, {
            sequenceEpoch,
          });
        }),
      );
      await log.append(records);
      await until("read", async () =>
        (await store.unitOfWork((unit) => unit.cursors.list())).some(
          ({ topic, offset }) => topic === "order" && offset === records.length,
        ),
      );
      await until("nothing is due", async () => (await store.unitOfWork((unit) => unit.parked.nextDueMs([1], 0))) === null);
      await until("all is told", async () => (await store.unitOfWork((unit) => unit.outbox.backlog())).count === 0);
      const dead = new Map<string, number>();
      for (const { original } of await letters(log)) {
        const { order_id } = JSON.parse(Buffer.from(original.value ?? []).toString());
        dead.set(order_id, (dead.get(order_id) ?? 0) + 1);
      }
      const stale = new Map<string, number>();
      for (const receipt of await receipts(log))
        if (receipt.kind === "event" && receipt.outcome === "stale")
          stale.set(`o-${Math.floor(receipt.offset / 5)}`, (stale.get(`o-${Math.floor(receipt.offset / 5)}`) ?? 0) + 1);
      for (const [index, places] of all.entries()) {
        const subject = `o-${index}`;
        const applied = store.get<number[]>(`at:${subject}`) ?? [];
        const parked = (
          await store.unitOfWork((unit) => unit.parked.ofSubject({ handlerId: 1, epoch: 1, stream: "order", subject }, 10))
        ).filter(({ state }) => state === "waiting").length;
        assert.equal(
          applied.length + parked + (dead.get(subject) ?? 0) + (order === "latest" ? (stale.get(subject) ?? 0) : 0),
          5,
          `${places.join(" ")}: applied ${applied.join(" ")}, ${parked} parked, ${dead.get(subject) ?? 0} dead`,
        );
        if (order === "any") assert.equal(applied.length, 5);
        else
          assert.deepEqual(
            applied,
            applied.toSorted((a, b) => a - b),
            places.join(" "),
          );
        if (order === "latest") assert.equal(applied.at(-1), 1_003);
      }
    });
  }
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}
