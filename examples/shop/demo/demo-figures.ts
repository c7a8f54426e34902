import { header, readProgress } from "../driver/log-reading.ts";
import { deadLetterTopic } from "throughline/system-topics";
import type { EventShop } from "../driver/event-shop.ts";
import { readMailSink } from "../driver/mail-sink.ts";
import type { OrderLoad } from "../driver/order-load.ts";
import { services } from "../services.ts";

/** What the panel shows. */
export interface Figures {
  readonly runningForMs: number;
  readonly orders: { readonly placed: number; readonly completed: number; readonly refused: number; readonly perMinute: number };
  readonly events: { readonly total: number; readonly perSecond: number };
  readonly mails: { readonly mails: number; readonly calls: number };
  readonly services: readonly ServiceFigures[];
  /** Of an order that was completed lately; null before the first. */
  readonly correlationId: string | null;
}

export interface ServiceFigures {
  readonly name: string;
  readonly pid: number | null;
  /** When a service that died is started again. */
  readonly restartsInMs: number | null;
  readonly handled: number;
  readonly perSecond: number;
  readonly behind: number;
  /** Events that used up their retries. */
  readonly deadLetters: number;
}

interface Sample {
  readonly atMs: number;
  readonly placed: number;
  readonly events: number;
  readonly handled: ReadonlyMap<string, number>;
}

const windowMs = 10_000;

/** Reads the figures of a running shop: from the log and from the mail sink. */
export function createFigures({
  shop,
  load,
  restarts,
}: {
  shop: EventShop;
  load: OrderLoad;
  restarts: ReadonlyMap<string, number>;
}): { read(): Promise<Figures> } {
  const startedAtMs = Date.now();
  const samples: Sample[] = [];

  async function read(): Promise<Figures> {
    const nowMs = Date.now();
    const progress = new Map(
      await Promise.all(services.map(async (name) => [name, await readProgress(shop.log, name)] as const)),
    );
    const deadLetters = new Map(
      await Promise.all(services.map(async (name) => [name, await countRecords(deadLetterTopic(name))] as const)),
    );
    const handledNow = new Map([...progress].map(([name, { handled }]) => [name as string, handled]));
    const sample: Sample = { atMs: nowMs, placed: load.placed.length, events: await countEvents(), handled: handledNow };
    samples.push(sample);
    while (samples.length > 1 && (samples[0]?.atMs ?? nowMs) < nowMs - windowMs) samples.shift();
    const oldest = samples[0] ?? sample;
    const seconds = (nowMs - oldest.atMs) / 1_000 || 1;

    return {
      runningForMs: nowMs - startedAtMs,
      orders: {
        placed: load.placed.length,
        completed: load.completed.length,
        refused: load.refused.length,
        perMinute: ((sample.placed - oldest.placed) / seconds) * 60,
      },
      events: { total: sample.events, perSecond: (sample.events - oldest.events) / seconds },
      mails: await readMailSink(shop.mailSinkUrl),
      services: services.map((name) => {
        const process = shop.process(name);
        const due = restarts.get(name);
        const { handled, behind } = progress.get(name) ?? { handled: 0, behind: 0 };
        return {
          name,
          pid: process?.isRunning() ? process.pid : null,
          restartsInMs: due === undefined ? null : Math.max(0, due - nowMs),
          handled,
          perSecond: Math.max(0, handled - (oldest.handled.get(name) ?? 0)) / seconds,
          behind,
          deadLetters: deadLetters.get(name) ?? 0,
        };
      }),
      correlationId: await latestCorrelationId(),
    };
  }

  async function countEvents(): Promise<number> {
    const streams = (await shop.log.topics()).filter(({ name }) => !name.includes("."));
    const counts = await Promise.all(streams.map(({ name }) => countRecords(name)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  const countRecords = async (topic: string): Promise<number> =>
    (await shop.log.offsets(topic)).reduce((sum, { end }) => sum + end, 0);

  async function latestCorrelationId(): Promise<string | null> {
    let latest: { id: string; timestampMs: number } | null = null;
    for (const { partition, earliest, end } of await shop.log.offsets("receipt")) {
      if (end === earliest) continue;
      for await (const records of shop.log.read({ topic: "receipt", partition, fromOffset: end - 1 })) {
        for (const record of records) {
          const id = header(record, "ce_correlationid");
          if (id !== null && record.timestampMs > (latest?.timestampMs ?? 0)) latest = { id, timestampMs: record.timestampMs };
        }
      }
    }
    return latest?.id ?? null;
  }

  return { read };
}
