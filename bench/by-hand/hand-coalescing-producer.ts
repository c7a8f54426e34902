import { type MessageToProduce, Producer } from "@platformatic/kafka";
import { partitionForKey } from "throughline/seams";
import { partitionCount } from "../kafka-orders.ts";
import type { OrderData } from "../order-events.ts";
import { newId } from "./hand-event.ts";

export interface HandRecord {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: Map<Buffer, Buffer>;
}

const name = Object.fromEntries(
  ["specversion", "id", "source", "type", "subject", "time", "correlationid", "dataversion", "tenantid"].map((each) => [
    each,
    Buffer.from(`ce_${each}`),
  ]),
) as Record<string, Buffer>;
const specVersion = Buffer.from("1.0");
const source = Buffer.from("orders");
const type = Buffer.from("order.completed");
const dataVersion = Buffer.from("1");
const contentTypeName = Buffer.from("content-type");
const contentType = Buffer.from("application/json");

/** An event as one who knows its headers would write it: what never changes is made once. The same bytes as ours. */
export function handOrder(data: OrderData): HandRecord {
  const id = Buffer.from(newId(), "latin1");
  const key = Buffer.from(data.order_id);
  const headers = new Map<Buffer, Buffer>([
    [name["specversion"] as Buffer, specVersion],
    [name["id"] as Buffer, id],
    [name["source"] as Buffer, source],
    [name["type"] as Buffer, type],
    [name["subject"] as Buffer, key],
    [name["time"] as Buffer, Buffer.from(new Date().toISOString(), "latin1")],
    [name["correlationid"] as Buffer, id],
    [name["dataversion"] as Buffer, dataVersion],
    [name["tenantid"] as Buffer, Buffer.from(data.tenant_id)],
    [contentTypeName, contentType],
  ]);
  return { key, value: Buffer.from(JSON.stringify(data)), headers };
}

interface Waiting {
  readonly message: MessageToProduce<Buffer, Buffer, Buffer, Buffer>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The raw client with what everyone writes around it who has many callers: those that come while a send is under way go together
 * in the next one. Idempotent, acks from all, one send at a time, so that each partition keeps its order.
 */
export class HandCoalescingProducer {
  readonly #producer: Producer<Buffer, Buffer, Buffer, Buffer>;
  readonly #topic: string;
  #waiting: Waiting[] = [];
  #isSending = false;

  constructor(bootstrapServers: string, topic: string) {
    this.#producer = new Producer({ clientId: "by-hand", bootstrapBrokers: bootstrapServers.split(","), idempotent: true });
    this.#topic = topic;
  }

  /** Resolves when the record is durable. */
  send({ key, value, headers }: HandRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      const message = { topic: this.#topic, key, value, headers, partition: partitionForKey(key, partitionCount) };
      this.#waiting.push({ message, resolve, reject });
      if (this.#isSending) return;
      this.#isSending = true;
      queueMicrotask(() => void this.#sendAll());
    });
  }

  async close(): Promise<void> {
    await this.#producer.close();
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      try {
        await this.#producer.send({ messages: waiting.map(({ message }) => message) });
        for (const { resolve } of waiting) resolve();
      } catch (error) {
        for (const { reject } of waiting) reject(error);
      }
    }
    this.#isSending = false;
  }
}
