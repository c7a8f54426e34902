import type { TestContext } from "node:test";
import { createMemoryLog, createMemoryStore, createService, defineEvent, type MemoryLog, type MemoryStore } from "throughline";
import { runCommand, type CommandRun } from "./run-command.ts";

const OrderCompleted = defineEvent<"order.completed", { order_id: string }>("order.completed", {
  version: 1,
  subject: "order_id",
  data: { type: "object", properties: { order_id: { type: "string" } }, required: ["order_id"] },
});

/** A service "billing" that runs, for commands that services answer. */
export interface RunningBilling {
  readonly log: MemoryLog;
  readonly store: MemoryStore;
  /** Subjects in the order in which they were handled. */
  readonly handled: string[];
  publish(orderId: string): Promise<void>;
  /** Runs a command now, as the service's clock has it. */
  run(...args: readonly string[]): Promise<CommandRun>;
}

export async function runBilling(t: TestContext, instances: readonly string[] = ["billing-1"]): Promise<RunningBilling> {
  const log = createMemoryLog({ defaultPartitions: 1 });
  const store = createMemoryStore();
  const handled: string[] = [];
  await log.createTopics([{ name: "order" }]);
  const services = instances.map((instance) =>
    createService({
      name: "billing",
      instance,
      eventLog: log.connect(),
      store: store.connect(),
      from: "earliest",
      publishes: [OrderCompleted],
      log: { silent: true },
    }),
  );
  for (const service of services) {
    service.on(OrderCompleted, "create-invoice", ({ subject }) => void handled.push(subject ?? ""));
    const running = await service.start();
    t.after(() => running.close());
  }
  return {
    log,
    store,
    handled,
    publish: async (orderId) => void (await services[0]!.publish(OrderCompleted, { order_id: orderId }, { tx: "none" })),
    run: (...args) => runCommand(log, args, { nowMs: Date.now() }),
  };
}

export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const endsAt = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endsAt) throw new Error(`it did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
