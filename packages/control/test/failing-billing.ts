import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import {
  createMemoryLog,
  createMemoryStore,
  createService,
  defineEvent,
  PermanentError,
  systemSurroundings,
  type MemoryLog,
} from "throughline";
import { createAudit } from "../src/audit/create-audit.ts";
import { openSqliteIndex } from "../src/index-store/sqlite/open-sqlite-index.ts";
import { createIndexer, type Indexer } from "../src/indexing/indexer.ts";
import type { IndexStore } from "../src/index-store/index-store.ts";
import type { JobStore } from "../src/redrive/job-store.ts";
import { createRedrives, type Redrives, type RedrivesOptions } from "../src/redrive/redrives.ts";
import { openSqliteJobs } from "../src/redrive/sqlite/open-sqlite-jobs.ts";

export const OrderCompleted = defineEvent<"order.completed", { order_id: string; total: number }>("order.completed", {
  version: 1,
  subject: "order_id",
  data: {
    type: "object",
    properties: { order_id: { type: "string" }, total: { type: "integer" } },
    required: ["order_id", "total"],
  },
});

export interface FailingBilling {
  readonly log: MemoryLog;
  readonly index: IndexStore;
  readonly indexer: Indexer;
  readonly jobs: JobStore;
  readonly redrives: Redrives;
  /** Others, on the same log and index. */
  redrivesOn(jobs: JobStore): Redrives;
  /** Totals below zero fail for as long as this is true; those of subjects in `broken` always. */
  mend(): void;
  readonly broken: Set<string>;
  /** What was handled without failing, in order: `service subject total`. */
  readonly handled: string[];
  publish(orderId: string, total: number): Promise<void>;
  /** Stops the services; what is asked of them now has no answer. */
  close(): Promise<void>;
  /** Waits until the index holds so many open letters. */
  letters(count: number): Promise<void>;
}

/** Services "billing", which fails until it is mended, and "shipping", which does not, on one memory log with the control plane's parts. */
export async function failingBilling(
  t: TestContext,
  options: Partial<RedrivesOptions> & { readonly afterDeadLetter?: "hold" | "continue" } = {},
): Promise<FailingBilling> {
  const log = createMemoryLog({ defaultPartitions: 1 });
  await log.createTopics([{ name: "order" }]);
  const broken = new Set<string>();
  const handled: string[] = [];
  let isMended = false;
  const service = (name: string, canFail: boolean) => {
    const made = createService({
      name,
      instance: `${name}-1`,
      version: "1.0.0",
      eventLog: log.connect(),
      store: createMemoryStore(),
      from: "earliest",
      publishes: name === "billing" ? [OrderCompleted] : [],
      log: { silent: true },
    });
    made.on(
      OrderCompleted,
      "create-invoice",
      ({ data }) => {
        if (canFail && ((data.total < 0 && !isMended) || broken.has(data.order_id)))
          throw new PermanentError(`no invoice of ${data.total} for ${data.order_id}`);
        handled.push(`${name} ${data.order_id} ${data.total}`);
      },
      { retryDelaysMs: [], afterDeadLetter: options.afterDeadLetter ?? "continue" },
    );
    return made;
  };
  const [billing, shipping] = [service("billing", true), service("shipping", false)];
  const running = await Promise.all([billing.start(), shipping.start()]);
  const close = async (): Promise<void> => void (await Promise.all(running.map((one) => one.close())));
  t.after(close);
  const folder = mkdtempSync(join(tmpdir(), "redrives-"));
  const index = openSqliteIndex(join(folder, "index.db"));
  const indexer = createIndexer({ log, store: index, pollMs: 10 });
  indexer.start();
  const jobs = await openSqliteJobs(join(folder, "jobs.db"));
  const closing: Redrives[] = [];
  const redrivesOn = (store: JobStore): Redrives => {
    const made = createRedrives({
      log,
      index,
      jobs: store,
      surroundings: systemSurroundings,
      audit: createAudit({ log, surroundings: systemSurroundings }),
      pollMs: 10,
      ...options,
    });
    closing.push(made);
    return made;
  };
  const redrives = redrivesOn(jobs);
  t.after(async () => {
    for (const one of closing) await one.close();
    await indexer.close();
    await index.close();
    await jobs.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    log,
    index,
    indexer,
    jobs,
    redrives,
    redrivesOn,
    broken,
    handled,
    mend: () => (isMended = true),
    publish: async (order_id, total) => void (await billing.publish(OrderCompleted, { order_id, total }, { tx: "none" })),
    close,
    letters: (count) =>
      until(
        `${count} open letters`,
        async () => (await index.failureGroups()).reduce((sum, group) => sum + group.open, 0) === count,
      ),
  };
}

export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const endsAt = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endsAt) throw new Error(`it did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
