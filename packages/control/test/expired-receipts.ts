import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { auditTopic, commandsTopic, receiptsTopic, redriveTopic } from "throughline/system-topics";
import { createIndexer } from "../src/index.ts";
import type { IndexStore } from "../src/index-store/index-store.ts";
import { readFailures, readServices } from "../src/reading/index.ts";
import { requestFor, writeRequests } from "../src/redrive/requests.ts";
import { readLetters } from "../src/redrive/read-letters.ts";
import { failingBilling, type FailingBilling, until } from "./failing-billing.ts";

/** What an index that is built anew still knows when all but the letters and the audit is gone. */
export function expirySuite(name: string, indexes: (t: TestContext) => Promise<{ readonly store: IndexStore }>): void {
  test(`${name}: once the receipts are gone, a rebuilt index has every letter as it stood`, async (t) => {
    const { store } = await indexes(t);
    const billing = await failingBilling(t);
    billing.redrives.start();
    const subjects = ["open", "applied", "died-again", "discarded", "discarded-twice", "asked"];
    for (const subject of subjects) await billing.publish(subject, -1);
    await billing.letters(subjects.length);
    billing.broken.add("died-again");
    billing.mend();
    await answer(billing, "redrive", "applied");
    await answer(billing, "redrive", "died-again");
    await answer(billing, "discard", "discarded");
    await answer(billing, "discard", "discarded-twice");
    await askDirectly(billing, "discarded-twice");
    await billing.close();
    await askDirectly(billing, "asked");

    const indexer = createIndexer({ log: billing.log, store });
    await indexer.catchUp();
    const before = await standing(store);
    assert.deepEqual(before, {
      open: "open",
      applied: "answered, applied, redrive by eva",
      "died-again": "open",
      discarded: "answered, discarded, discard by eva",
      "discarded-twice": "answered, discarded, discard by ian",
      asked: "asked, discard by ian",
    });

    for (const topic of [receiptsTopic, commandsTopic, redriveTopic("billing")]) await forget(billing, topic);
    await indexer.rebuild();
    assert.deepEqual(await standing(store), before);
    assert.ok((await store.positions()).some(({ topic, lost }) => topic === receiptsTopic && lost > 0));
    const read = await readFailures(billing.log, await readServices(billing.log, Date.now()));
    assert.deepEqual(
      Object.fromEntries(read.map(({ event, state, answer: by }) => [event!.subject, by === null ? state : by.outcome])),
      {
        open: "open",
        applied: "applied",
        "died-again": "open",
        discarded: "discarded",
        "discarded-twice": "discarded",
        asked: "asked",
      },
    );
  });
}

const answer = async ({ index, redrives }: FailingBilling, action: "redrive" | "discard", subject: string): Promise<void> => {
  const plan = await redrives.plan({
    action,
    selection: { query: { subject } },
    by: subject === "discarded-twice" ? "ian" : "eva",
  });
  const { id } = await redrives.confirm(plan.id, { by: plan.by, reason: "it is known", isCanary: false });
  await until(`${subject} is answered`, async () => (await redrives.job(id)).endedAtMs !== null);
  const state = subject === "died-again" ? "open" : "answered";
  await until(`the index has ${subject} ${state}`, async () => (await index.failures({ subject })).failures[0]?.state === state);
};

/** Without a plan, which would leave it out. */
async function askDirectly({ log, index }: FailingBilling, subject: string): Promise<void> {
  const { failures } = await index.failures({ subject });
  const letters = await readLetters(log, failures);
  const terms = { action: "discard", by: "ian", reason: null, atMs: Date.now(), editedValue: null, force: false } as const;
  const requests = failures.map((failure) =>
    requestFor(failure, letters.get(failure.failureId)!.original, `again-${subject}`, terms),
  );
  await writeRequests(log, requests);
  if (failures[0]!.state === "answered") await until("it is refused", () => isRefused(log, `again-${subject}`));
}

async function isRefused(log: FailingBilling["log"], id: string): Promise<boolean> {
  for await (const batch of log.read({ topic: auditTopic, partition: 0, fromOffset: 0 }))
    for (const { value } of batch) {
      const entry = JSON.parse(Buffer.from(value!).toString()) as { id: string; outcome?: string };
      if (entry.id === id && entry.outcome === "refused") return true;
    }
  return false;
}

async function forget({ log }: FailingBilling, topic: string): Promise<void> {
  if (!(await log.topics()).some(({ name }) => name === topic)) return;
  for (const { partition, end } of await log.offsets(topic)) log.trim(topic, partition, end);
}

async function standing(store: IndexStore): Promise<Record<string, string>> {
  const { failures } = await store.failures({});
  return Object.fromEntries(
    failures.map(({ subject, state, answer: by, asked }) => {
      const who = asked === null ? null : `${asked.action} by ${asked.by}`;
      return [subject, [state, by, who].filter((part) => part !== null).join(", ")];
    }),
  );
}
