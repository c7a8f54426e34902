import { setTimeout as wait } from "node:timers/promises";
import type { NewOrder } from "../front-door/order.ts";

export interface OrderLoadOptions {
  /** Where the orders service listens, such as `http://127.0.0.1:4511`. */
  readonly url: string;
  readonly ordersPerSecond: number;
  /** Begins every order id, so that loads on one shop do not meet. */
  readonly prefix: string;
  readonly makeOrder?: (orderId: string, n: number) => NewOrder;
  /** How long a customer waits for an answer. */
  readonly patienceMs?: number;
  /** How long a customer takes between placing an order and completing it. */
  readonly thinkMs?: number;
  /** A refused request is made again until it is taken, as a customer's app would. */
  readonly insist?: boolean;
  /** No order is begun while so many are under way: customers who all come again and again leave a shop that is behind no time. */
  readonly mostUnderWay?: number;
  /** Ends by itself after so many orders. */
  readonly total?: number;
}

export interface OrderLoad {
  /** Ids in the order in which the answers came. */
  readonly placed: readonly string[];
  readonly completed: readonly string[];
  /** Each says what was refused, and why. */
  readonly refused: readonly { readonly orderId: string; readonly step: string; readonly why: string; readonly atMs: number }[];
  /** Fulfils when `total` orders were sent and answered. */
  readonly done: Promise<void>;
  /** Sends no more, and waits for the answers under way. */
  stop(): Promise<void>;
}

const skus = ["espresso-cup", "tea-pot", "milk-jug", "sugar-bowl", "saucer", "carafe"];

/** Order number `n` of a customer who buys one to three kinds of china. The same `n` gives the same order. */
export function sampleOrder(orderId: string, n: number): NewOrder {
  const lines = Array.from({ length: 1 + (n % 3) }, (_, i) => ({
    sku: skus[(n * 5 + i) % skus.length] ?? "saucer",
    quantity: 1 + ((n + i) % 4),
    unit_price: 450 + ((n * 37 + i * 113) % 2_000),
  }));
  const total = lines.reduce((sum, line) => sum + line.quantity * line.unit_price, 0);
  return { order_id: orderId, tenant_id: n % 2 === 0 ? "acme" : "globex", customer: `customer-${n % 50}`, lines, total };
}

/** Keeps orders coming: each is placed, every third one changed, then completed. */
export function startOrderLoad(options: OrderLoadOptions): OrderLoad {
  const {
    url,
    ordersPerSecond,
    prefix,
    makeOrder = sampleOrder,
    patienceMs = 5_000,
    thinkMs = 0,
    insist = false,
    mostUnderWay = Infinity,
    total = Infinity,
  } = options;
  const placed: string[] = [];
  const completed: string[] = [];
  const refused: { orderId: string; step: string; why: string; atMs: number }[] = [];
  const underWay = new Set<Promise<void>>();
  const stopping = new AbortController();

  async function send(orderId: string, step: string, method: string, path: string, body?: unknown): Promise<boolean> {
    for (;;) {
      const why = await request(url + path, { method, body, patienceMs, correlationId: `visit-${orderId}` });
      if (why === null) return true;
      if (!insist || stopping.signal.aborted) {
        refused.push({ orderId, step, why, atMs: Date.now() });
        return false;
      }
      await wait(200);
    }
  }

  async function buy(n: number): Promise<void> {
    const order = makeOrder(`${prefix}-${n}`, n);
    const { order_id: orderId } = order;
    if (!(await send(orderId, "place", "POST", "/orders", order))) return;
    placed.push(orderId);
    if (thinkMs > 0) await wait(thinkMs);
    if (n % 3 === 0) {
      const lines = order.lines.map((line) => ({ ...line, quantity: line.quantity + 1 }));
      const change = { lines, total: lines.reduce((sum, line) => sum + line.quantity * line.unit_price, 0) };
      if (!(await send(orderId, "change", "PATCH", `/orders/${orderId}`, change))) return;
    }
    if (await send(orderId, "complete", "POST", `/orders/${orderId}/complete`)) completed.push(orderId);
  }

  async function run(): Promise<void> {
    const startedAt = performance.now();
    for (let n = 1; n <= total && !stopping.signal.aborted; n++) {
      const order = buy(n).finally(() => underWay.delete(order));
      underWay.add(order);
      if (underWay.size >= mostUnderWay) await Promise.race(underWay);
      const dueInMs = startedAt + (n * 1_000) / ordersPerSecond - performance.now();
      if (dueInMs > 0) await wait(dueInMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
    await Promise.all(underWay);
  }

  const done = run();
  return {
    placed,
    completed,
    refused,
    done,
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

/** Null when it was taken; otherwise why it was not. */
async function request(
  url: string,
  { method, body, patienceMs, correlationId }: { method: string; body: unknown; patienceMs: number; correlationId: string },
): Promise<string | null> {
  // One id for all that a customer does with one order: the shop on events carries it on.
  const headers = { "x-correlation-id": correlationId };
  const content =
    body === undefined
      ? { headers }
      : { headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
  try {
    const response = await fetch(url, { method, ...content, signal: AbortSignal.timeout(patienceMs) });
    const text = await response.text();
    return response.ok ? null : `${response.status} ${text}`;
  } catch (error) {
    return (error as Error).name === "TimeoutError"
      ? `no answer within ${patienceMs} ms`
      : String((error as Error).cause ?? error);
  }
}
