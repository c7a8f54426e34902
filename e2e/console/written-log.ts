import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteLog } from "@throughline/sqlite";
import { announcementRecord, deadLetterRecord, type DeadLetter, servicesTopic } from "throughline/system-topics";
import type { EventLog } from "throughline";
import { type ShopConsole, startShopConsole } from "../../examples/shop/driver/shop-console.ts";
import { until } from "../../examples/shop/driver/until.ts";
import { ensurePage } from "../../scripts/gate/build-page.ts";
import { freePort } from "./broken-shop.ts";

/** An embedded log that the test writes by hand, as services would, and a console on it. */
export interface WrittenLog extends AsyncDisposable {
  readonly log: EventLog;
  readonly url: string;
  readonly console: ShopConsole;
  /** What the console printed. */
  readonly logFile: string;
}

export interface WrittenLogOptions {
  /** More options of `throughline console`, given where it will be reached. */
  readonly args?: (url: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export async function startWrittenLog({ args = () => [], env = {} }: WrittenLogOptions = {}): Promise<WrittenLog> {
  ensurePage();
  await using opened = new AsyncDisposableStack();
  const dataDir = mkdtempSync(join(tmpdir(), "throughline-console-"));
  opened.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  const file = join(dataDir, "events.db");
  const log = await openSqliteLog({ path: file });
  opened.defer(() => log.close());
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const shop = { dataDir, env: { ...env, THROUGHLINE_EVENTS: `sqlite:${file}` } };
  const console = await startShopConsole(shop, { port, args: args(url) });
  opened.defer(() => console.close());
  const parts = opened.move();
  return {
    log,
    url,
    console,
    logFile: join(dataDir, "logs", "console.log"),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Writes that a service runs with one handler. */
export async function announce(log: EventLog, service: string, handler: string): Promise<void> {
  const atMs = Date.now();
  await log.createTopics([{ name: servicesTopic, partitions: 1, compacted: true }]);
  await log.append([
    announcementRecord({
      service,
      instance: `${service}-1`,
      version: "1.0.0",
      owner: `team-${service}`,
      state: "running",
      startedAtMs: atMs - 60_000,
      atMs,
      publishes: [],
      handlers: [
        {
          name: handler,
          types: [{ type: "order.created", version: 1 }],
          streams: ["order"],
          order: "sequential",
          kind: "transaction",
          mode: "shared",
          askedMode: "shared",
          isSerial: false,
          from: "earliest",
          retryDelaysMs: [],
          state: "live",
          problem: null,
          behind: 0,
          parked: 0,
          dead: 1,
          replays: [],
        },
      ],
      outbox: null,
    }),
  ]);
}

/** Writes the letter of an event that stands at an offset of the topic `order`. */
export async function letter(
  log: EventLog,
  offset: number,
  part: Pick<DeadLetter, "service" | "handler" | "failureId"> & Partial<DeadLetter>,
): Promise<void> {
  await log.createTopics([{ name: `${part.service}.dlt`, partitions: 1 }]);
  for await (const batch of log.read({ topic: "order", partition: 0, fromOffset: offset, toOffset: offset + 1 })) {
    const original = batch[0]!;
    const { topic, topicId, partition, timestampMs } = original;
    const whole: DeadLetter = {
      serviceVersion: "1.0.0",
      epoch: 1,
      reason: "failed",
      error: { name: "TypeError", code: null, message: "no total", stack: null },
      attempts: [],
      failedAtMs: Date.now(),
      holdsSubject: true,
      origin: { topic, topicId, partition, offset, timestampMs },
      ...part,
    };
    await log.append([deadLetterRecord(whole, original)]);
  }
}

/** Waits until the console has so many failures, as whoever may see them. */
export const untilFailures = (url: string, count: number): Promise<{ group: string }[]> =>
  until(`${count} failures are indexed`, async () => {
    const { items } = (await (await fetch(`${url}/api/v1/failures`)).json()) as { items: { group: string }[] };
    return items.length === count && items;
  });
