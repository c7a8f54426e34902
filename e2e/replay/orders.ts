import { encodeEvent, type EventLog, withSequence } from "throughline";
import type { NewRecord } from "throughline/seams";
import { nextBalance, OrderPlaced } from "./ledger.ts";

/** What must stand in the ledger for one event. */
export interface Expected {
  readonly id: string;
  readonly subject: string;
  readonly sequence: number;
  readonly balance: number;
}

/** The publisher of the orders' history and of those that keep coming; what it appended is what is expected. */
export class Orders {
  readonly expected: Expected[] = [];
  readonly #log: EventLog;
  readonly #subjects: number;
  readonly #balances = new Map<string, { sequence: number; balance: number }>();
  #coming: Promise<void> = Promise.resolve();
  #isComing = false;

  constructor(log: EventLog, subjects: number) {
    this.#log = log;
    this.#subjects = subjects;
  }

  /** Appends `count` events; one in a hundred stands in the log twice. */
  async append(count: number): Promise<void> {
    for (let done = 0; done < count; done += 500) {
      const records = Array.from({ length: Math.min(500, count - done) }, () => this.#next()).flatMap((record, i) =>
        i % 100 === 99 ? [record, record] : [record],
      );
      for (const result of await this.#log.append(records)) if (!result.ok) throw result.error;
    }
  }

  /** Lets orders keep coming until `stopComing`. */
  keepComing(everyMs: number): void {
    this.#isComing = true;
    this.#coming = (async () => {
      while (this.#isComing) {
        await this.append(3);
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
    })();
  }

  async stopComing(): Promise<void> {
    this.#isComing = false;
    await this.#coming;
  }

  #next(): NewRecord {
    const n = this.expected.length;
    const subject = `o-${(n * 7919) % this.#subjects}`;
    const before = this.#balances.get(subject) ?? { sequence: 0, balance: 0 };
    const total = n % 1_000;
    const now = { sequence: before.sequence + 1, balance: nextBalance(before.balance, total) };
    const id = `01900000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
    this.#balances.set(subject, now);
    this.expected.push({ id, subject, ...now });
    const { key, value, headers } = encodeEvent({
      id,
      source: "orders",
      type: OrderPlaced.type,
      subject,
      timeMs: Date.now(),
      dataVersion: 1,
      data: { order_id: subject, total },
      correlationId: id,
    });
    return { topic: OrderPlaced.stream, key, value, headers: withSequence(headers, now.sequence, 0) };
  }
}
