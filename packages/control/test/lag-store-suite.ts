import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alert, HistoryPoint, Incident, LagRetention, LagStore } from "../src/index.ts";

export const minute = 60_000;

export const point = (group: string, atMs: number): HistoryPoint => ({
  group,
  atMs,
  behind: atMs / minute,
  behindMs: 5,
  status: "ok",
  partitions: [["order", 0, 1, 2, 5]],
});

type Changes = Parameters<LagStore["save"]>[1];

export const changes = (part: Partial<Changes> = {}): Changes => ({
  nowMs: 0,
  groups: [],
  removedGroups: [],
  ends: [],
  removedEnds: [],
  incidents: [],
  deliveries: [],
  history: [],
  ...part,
});

const incident = (id: string, part: Partial<Incident> = {}): Incident => ({
  id,
  group: "billing",
  openedAtMs: 1_000,
  cause: "behind",
  limit: 10_000,
  behindAtOpen: 20_000,
  worstBehind: 20_000,
  worstBehindMs: null,
  endedAtMs: null,
  endedBy: null,
  told: [0],
  toldChannels: ["pager"],
  ...part,
});

function delivery(id: string, incidentId: string, channel: string): Changes["deliveries"][number] {
  const alert: Alert = {
    id,
    kind: "alert",
    about: "lag",
    atMs: 0,
    incidentId,
    group: "g",
    title: "t",
    lines: ["é\u0000"],
    url: null,
    facts: { n: 1 },
  };
  return { id, incidentId, channel, alert, attempts: 0 };
}

/** A way to a store: each call of `open` opens the same one. */
export interface LagStorePlace {
  open(options?: LagRetention): Promise<LagStore>;
}

/** What every store of the watcher does. */
export function lagStoreSuite(name: string, newPlace: () => Promise<LagStorePlace>): void {
  const held = async (options: LagRetention = {}): Promise<LagStore> => {
    const store = await (await newPlace()).open(options);
    await store.claim("me", { nowMs: 0, untilMs: 1e12 });
    return store;
  };

  test(`${name}: history is bounded by age and by size, and a span begins with what stood at its beginning`, async () => {
    const store = await held({ historyMs: 100 * minute, historyPoints: 30 });
    const points = Array.from({ length: 60 }, (_, i) => [point("a", i * minute), point("b", i * minute)]).flat();
    assert.equal(await store.save("me", changes({ history: points })), true);
    const some = await store.history({ group: "a", fromMs: 10.5 * minute, toMs: 13 * minute });
    assert.deepEqual(
      some.map(({ atMs }) => atMs / minute),
      [10, 11, 12],
    );
    assert.deepEqual(some[0], point("a", 10 * minute));
    await store.prune(60 * minute);
    const whole = { fromMs: -1, toMs: 1e9 };
    const kept = [...(await store.history({ group: "a", ...whole })), ...(await store.history({ group: "b", ...whole }))];
    assert.equal(kept.length, 30);
    assert.equal(Math.min(...kept.map(({ atMs }) => atMs)), 45 * minute);
    await store.prune(155 * minute);
    assert.deepEqual(
      (await store.history({ group: "a", ...whole })).map(({ atMs }) => atMs / minute),
      [55, 56, 57, 58, 59],
    );
    await store.close();
  });

  test(`${name}: who lost the lease writes nothing`, async () => {
    const store = await (await newPlace()).open();
    assert.equal(await store.claim("first", { nowMs: 0, untilMs: 20 }), true);
    assert.equal(await store.claim("second", { nowMs: 19, untilMs: 39 }), false);
    assert.equal(await store.claim("first", { nowMs: 19, untilMs: 39 }), true, "it keeps it");
    assert.equal(await store.claim("second", { nowMs: 39, untilMs: 59 }), true);
    assert.equal(await store.save("first", changes({ history: [point("a", 0)] })), false);
    assert.deepEqual(await store.history({ group: "a", fromMs: -1, toMs: 9 }), []);
    await store.release("first");
    assert.equal(await store.claim("first", { nowMs: 40, untilMs: 59 }), false, "it can give back only its own");
    assert.equal(await store.claim("second", { nowMs: 3_600_000, untilMs: 3_600_020 }), true);
    assert.equal(await store.claim("first", { nowMs: 3_400_000, untilMs: 3_400_020 }), false, "clocks differ");
    assert.equal(await store.claim("first", { nowMs: 100, untilMs: 120 }), true, "its clock was an hour ahead");
    await store.close();
  });

  test(`${name}: of many that ask for the lease at once one has it`, async () => {
    const place = await newPlace();
    const stores = await Promise.all(Array.from({ length: 5 }, () => place.open()));
    for (const nowMs of [0, 100, 200]) {
      const claims = stores.map((store, n) => store.claim(`${nowMs}-${n}`, { nowMs, untilMs: nowMs + 50 }));
      assert.equal((await Promise.all(claims)).filter(Boolean).length, 1);
    }
    for (const store of stores) await store.close();
  });

  test(`${name}: what a sample saved is what the next watcher loads`, async () => {
    const place = await newPlace();
    const store = await place.open();
    await store.claim("me", { nowMs: 0, untilMs: 1e12 });
    const group = (called: string, members: number) => ({ group: called, members }) as unknown as Changes["groups"][number];
    const points = [
      { offset: 1, atMs: 5 },
      { offset: 9, atMs: 70 },
    ];
    await store.save(
      "me",
      changes({ groups: [group("a", 1), group("b é\u0000", 1)], ends: [{ topicId: "t-1", partition: 0, points }] }),
    );
    await store.save(
      "me",
      changes({ groups: [group("a", 2)], removedGroups: ["b é\u0000"], ends: [{ topicId: "t-2", partition: 3, points: [] }] }),
    );
    await store.save("me", changes({ removedEnds: [{ topicId: "t-2", partition: 3 }] }));
    const other = await place.open();
    assert.deepEqual(await other.load(), { groups: [group("a", 2)], ends: [{ topicId: "t-1", partition: 0, points }] });
    for (const one of [store, other]) await one.close();
  });

  test(`${name}: incidents are found by id, group, time and whether they are open, and acknowledged while they are`, async () => {
    const store = await held();
    const ended = incident("i-1", { endedAtMs: 5_000, endedBy: "caught up" });
    await store.save(
      "me",
      changes({
        incidents: [
          incident("i-1"),
          incident("i-2", { openedAtMs: 2_000 }),
          incident("i-3", { group: "mail", openedAtMs: 3_000 }),
        ],
      }),
    );
    await store.save("me", changes({ incidents: [ended] }));
    const ids = async (query: Parameters<LagStore["incidents"]>[0]) => (await store.incidents(query)).map(({ id }) => id);
    assert.deepEqual(await ids({}), ["i-3", "i-2", "i-1"]);
    assert.deepEqual(await ids({ isOpen: true, limit: -1 }), ["i-3", "i-2"]);
    assert.deepEqual(await ids({ isOpen: false }), ["i-1"]);
    assert.deepEqual(await ids({ group: "billing", limit: 1 }), ["i-2"]);
    assert.deepEqual(await ids({ beforeId: "i-2" }), ["i-1"]);
    assert.deepEqual(await ids({ beforeId: "i-0" }), []);
    assert.deepEqual(await store.incidents({ id: "i-1" }), [{ ...ended, acknowledgement: null }]);
    assert.equal(await store.acknowledge("i-1", { by: "eva", note: null, atMs: 9 }), false);
    assert.equal(await store.acknowledge("i-0", { by: "eva", note: null, atMs: 9 }), false);
    assert.equal(await store.acknowledge("i-2", { by: "eva", note: "mine", atMs: 9 }), true);
    assert.equal(await store.acknowledge("i-2", { by: "ian", note: null, atMs: 10 }), true);
    assert.deepEqual((await store.incidents({ id: "i-2" }))[0]!.acknowledgement, { by: "ian", note: null, atMs: 10 });
    await store.prune(5_001 + 90 * 24 * 60 * minute);
    assert.deepEqual(await ids({}), ["i-3", "i-2"]);
    await store.close();
  });

  test(`${name}: incidents that began with one sample are all found, page by page`, async () => {
    const store = await held();
    const all = Array.from({ length: 7 }, (_, n) => incident(`i-${n}`, { group: `g${n}`, openedAtMs: n < 6 ? 2_000 : 1_000 }));
    await store.save("me", changes({ incidents: all }));
    const found: string[] = [];
    for (let page = await store.incidents({ limit: 2 }); page.length > 0;) {
      found.push(...page.map(({ id }) => id));
      page = await store.incidents({ limit: 2, beforeId: found.at(-1)! });
    }
    assert.deepEqual(
      found,
      all.map(({ id }) => id),
    );
    await store.close();
  });

  test(`${name}: silences last until they are over or ended, the one that ends first before the others`, async () => {
    const store = await held();
    const silence = (id: string, untilMs: number) => ({ id, groups: "bill*", fromMs: 5, untilMs, reason: "import", by: "eva" });
    for (const one of [silence("s-1", 30), silence("s-2", 20), silence("s-3", 10)]) await store.silence(one);
    assert.deepEqual(await store.silences(10), [silence("s-2", 20), silence("s-1", 30)]);
    assert.equal(await store.endSilence("s-2", 15), true);
    assert.equal(await store.endSilence("s-2", 15), false);
    assert.equal(await store.endSilence("s-0", 15), false);
    assert.deepEqual(await store.silences(15), [silence("s-1", 30)]);
    await store.close();
  });

  test(`${name}: deliveries of one incident and channel come due in their order, and are listed with what came of them`, async () => {
    const store = await held();
    const [first, second, other] = [
      delivery("d-1", "i-1", "pager"),
      delivery("d-2", "i-1", "pager"),
      delivery("d-3", "i-1", "mail"),
    ];
    await store.save("me", changes({ nowMs: 10, deliveries: [first, second, other] }));
    await store.save("me", changes({ nowMs: 11, deliveries: [first] }));
    assert.deepEqual(await store.dueDeliveries(9, 10), []);
    assert.deepEqual(await store.dueDeliveries(10, 10), [first, other]);
    assert.deepEqual(await store.dueDeliveries(10, 1), [first, other], "one of each channel");
    await store.recordAttempt("d-1", { atMs: 12, nextMs: 20, error: "no answer" });
    assert.deepEqual(await store.dueDeliveries(12, 10), [other], "the second waits for the first");
    assert.deepEqual((await store.dueDeliveries(20, 10))[0], { ...first, attempts: 1 });
    await store.recordAttempt("d-1", { atMs: 20, nextMs: null, error: null });
    await store.recordAttempt("d-3", { atMs: 20, nextMs: null, error: "refused" });
    assert.deepEqual(await store.dueDeliveries(20, 10), [second]);
    assert.deepEqual(await store.deliveryCounts(), [
      { channel: "mail", state: "given up", count: 1 },
      { channel: "pager", state: "delivered", count: 1 },
      { channel: "pager", state: "waiting", count: 1 },
    ]);
    const listed = await store.deliveries({ limit: 2 });
    assert.deepEqual(
      listed.map(({ id, state, attempts, error }) => [id, state, attempts, error]),
      [
        ["d-3", "given up", 1, "refused"],
        ["d-2", "waiting", 0, null],
      ],
    );
    const ids = async (query: Parameters<LagStore["deliveries"]>[0]) => (await store.deliveries(query)).map(({ id }) => id);
    assert.deepEqual(await ids({ limit: 9, beforeId: "d-2" }), ["d-1"]);
    assert.deepEqual(await ids({ limit: 9, channel: "pager" }), ["d-2", "d-1"]);
    assert.deepEqual(await ids({ limit: 9, incidentId: "i-2" }), []);
    await store.prune(10 + 91 * 24 * 60 * minute);
    assert.deepEqual(await ids({ limit: 9 }), ["d-2"], "what waits is not removed");
    await store.close();
  });

  test(`${name}: what one channel does not take hides nothing of another's`, async () => {
    const store = await held();
    const many = Array.from({ length: 50 }, (_, n) => delivery(`p-${n}`, `i-${n}`, "pager"));
    await store.save("me", changes({ nowMs: 10, deliveries: [...many, delivery("m-1", "i-1", "mail")] }));
    const due = await store.dueDeliveries(10, 3);
    assert.deepEqual(
      due.map(({ id }) => id),
      ["p-0", "p-1", "p-2", "m-1"],
    );
    await store.close();
  });

  test(`${name}: several processes may open and write one at once`, async () => {
    const place = await newPlace();
    const stores = await Promise.all([1, 2, 3].map(() => place.open()));
    await stores[0]!.claim("me", { nowMs: 0, untilMs: 1e9 });
    const saves = stores.map((store, i) => store.save("me", changes({ history: [point(`g${i}`, 0)] })));
    assert.deepEqual(await Promise.all(saves), [true, true, true]);
    for (const store of stores) {
      assert.equal((await store.history({ group: "g1", fromMs: -1, toMs: 9 })).length, 1);
      await store.close();
    }
  });
}
