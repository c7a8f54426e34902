import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createMemoryLog, createService, defineEvent, encodeEvent, type MemoryLog, withSequence } from "throughline";
import type { Store } from "throughline/seams";
import { runCommand, type CommandRun } from "./run-command.ts";
import { until } from "./running-service.ts";

const order = {
  type: "object",
  properties: { order_id: { type: "string" }, total: { type: "integer" } },
  required: ["order_id", "total"],
} as const;
export const OrderCompleted = defineEvent<"order.completed", { order_id: string; total: number }>("order.completed", {
  version: 1,
  subject: "order_id",
  data: order,
});

export interface FailedOrders<Tx> {
  readonly log: MemoryLog;
  readonly folder: string;
  /** Runs `rehearse` on a build that handles orders so. */
  rehearse(handle: string, ...args: readonly string[]): Promise<CommandRun>;
  /** The build's file. */
  build(handle: string, more?: { readonly name?: string; readonly contracts?: string }): Promise<string>;
  /** Starts a build that runs in this process, with this handler. */
  run(handle: (data: { order_id: string; total: number }, tx: Tx) => Promise<void> | void): Promise<{ close(): Promise<void> }>;
}

interface Database<Tx> {
  readonly store: () => Store<Tx>;
  /** How a build's program makes its store, and with what imports. */
  readonly source: { readonly imports: string; readonly store: string };
  readonly env: Readonly<Record<string, string>>;
}

/** A service "billing" that could handle no order below zero, on a database, and builds of it in files. */
export async function failedOrders<Tx>(
  t: TestContext,
  totals: readonly number[],
  database: Database<Tx>,
): Promise<FailedOrders<Tx>> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-rehearse-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const log = createMemoryLog({ defaultPartitions: 1 });
  await log.createTopics([{ name: "order" }]);
  const run: FailedOrders<Tx>["run"] = async (handle) => {
    const service = createService<Tx>({
      name: "billing",
      version: "1.0.0",
      eventLog: log.connect(),
      store: database.store(),
      from: "earliest",
      log: { silent: true },
      retryDelaysMs: [],
    });
    service.on(OrderCompleted, "create-invoice", ({ data }, ctx) => handle(data, ctx.tx));
    return service.start();
  };
  for (const [n, total] of totals.entries()) await log.append([orderRecord(n, total)]);
  const running = await run(() => {
    throw new Error("build 1 fails");
  });
  await until("all failed", async () => (await letters(log)) === totals.length);
  await running.close();
  const build: FailedOrders<Tx>["build"] = async (handle, { name = "billing", contracts = "OrderCompleted" } = {}) => {
    const file = join(folder, `${name}-${crypto.randomUUID()}.service.mjs`);
    await writeFile(file, source(database, { name, handle, contracts }));
    return file;
  };
  return {
    log,
    folder,
    run,
    build,
    rehearse: async (handle, ...args) =>
      runCommand(log, ["rehearse", await build(handle), ...args], {
        nowMs: Date.now(),
        env: { ...(process.env as Record<string, string>), ...database.env },
      }),
  };
}

export function orderRecord(n: number, total: number) {
  const data = { order_id: `o-${n}`, total };
  const { key, value, headers } = encodeEvent({
    id: crypto.randomUUID(),
    source: "orders",
    type: "order.completed",
    subject: data.order_id,
    timeMs: Date.now(),
    dataVersion: 1,
    data,
    correlationId: `c-${n}`,
  });
  return { topic: "order", key, value, headers: withSequence(headers, 1, 0) };
}

async function letters(log: MemoryLog): Promise<number> {
  if (!(await log.topics()).some(({ name }) => name === "billing.dlt")) return 0;
  return (await log.offsets("billing.dlt")).reduce((sum, { end }) => sum + end, 0);
}

/** It lies outside of the workspace, so what it imports is named by where it is. */
function source<Tx>(
  { source: { imports, store } }: Database<Tx>,
  of: { name: string; handle: string; contracts: string },
): string {
  const core = JSON.stringify(import.meta.resolve("throughline"));
  return `import { createService, defineEvent } from ${core};
${imports}
const data = ${JSON.stringify(order)};
const OrderCompleted = defineEvent("order.completed", { version: 1, subject: "order_id", data });
const InvoiceCreated = defineEvent("invoice.created", { version: 1, subject: "order_id", data });
const service = createService({
  name: ${JSON.stringify(of.name)}, version: "2.4.1", from: "earliest", retryDelaysMs: [], log: { silent: true },
  publishes: [InvoiceCreated], eventLog: () => { throw new Error("the log is not opened"); }, store: ${store},
});
service.on(${of.contracts}, "create-invoice", async ({ data }, ctx) => { ${of.handle} });
await service.start();
`;
}

export const linesOf = async (file: string): Promise<string[]> =>
  (await readFile(file, "utf8").catch(() => "")).split("\n").filter((line) => line !== "");
