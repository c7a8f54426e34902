import type { TestContext } from "node:test";
import { createMemoryLog, createService, defineEvent, systemSurroundings } from "throughline";
import { postgres, type PostgresStore } from "../../src/index.ts";
import { numbers, tables } from "../store-fixture.ts";
import type { ExecutorUnderTest, OpenedClient } from "./executor-under-test.ts";

const data = { type: "object", properties: { id: { type: "string" } }, required: ["id"], additionalProperties: false } as const;
export const Happened = defineEvent<"thing.happened", { id: string }>("thing.happened", { version: 1, subject: "id", data });

export interface Opened<Tx> extends OpenedClient<Tx> {
  readonly store: PostgresStore<Tx>;
}

/** An open store through the client, on an empty database. */
export async function opened<Tx>(t: TestContext, underTest: ExecutorUnderTest<Tx>, url: string): Promise<Opened<Tx>> {
  const client = await underTest.open(url);
  t.after(() => client.close());
  const store = postgres({ executor: client.executor, tables });
  t.after(() => store.close());
  await store.open({ service: "billing", surroundings: systemSurroundings });
  return { ...client, store };
}

/** What a handler does with each event, by the event's subject, in this order. */
export type Reactions<Tx> = Readonly<Record<string, (tx: Tx) => Promise<void>>>;

/** Has one handler take an event for each reaction, in one batch; answers with what was written, and which events are dead letters. */
export async function handled<Tx>(
  t: TestContext,
  { store }: Opened<Tx>,
  reactions: Reactions<Tx>,
): Promise<{ numbers: Record<string, number>; dead: string[] }> {
  const log = createMemoryLog({ defaultPartitions: 1 });
  const publisher = createService({
    name: "things",
    eventLog: () => log.connect(),
    publishes: [Happened],
    log: { silent: true },
  });
  const billing = createService({
    name: "billing",
    eventLog: () => log.connect(),
    store,
    from: "earliest",
    log: { silent: true },
  });
  billing.on(Happened, "react", async (event, ctx) => reactions[event.data.id]?.(ctx.tx), { retryDelaysMs: [] });
  {
    await using _things = await publisher.start();
    for (const id of Object.keys(reactions)) await publisher.publish(Happened, { id });
  }
  await using _running = await billing.start();
  const settled = "SELECT (SELECT count(*) FROM throughline.inbox) + (SELECT count(*) FROM throughline.parked) AS n";
  while (Number((await store.query<{ n: string }>(settled)).rows[0]?.n) < Object.keys(reactions).length) {
    if (t.signal.aborted) throw new Error("the events were not handled in time");
    await new Promise((resolve) => setImmediate(resolve));
  }
  const dead = await store.query<{ subject: string }>(
    "SELECT subject FROM throughline.parked WHERE state = 'dead' ORDER BY subject",
  );
  return { numbers: await numbers(store as PostgresStore<never>), dead: dead.rows.map(({ subject }) => subject) };
}
