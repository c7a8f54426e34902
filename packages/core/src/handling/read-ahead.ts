import type { EventContract } from "../contract/index.ts";
import { type Delivery } from "./delivery.ts";
import type { HandlerSpec } from "./handler-state.ts";
import { contractData } from "./outcome-book.ts";

export interface ReadData {
  readonly contract: EventContract;
  readonly data: unknown;
}

/**
 * The data of events, read and validated before their transaction begins: while it is open, its connection and its locks would wait
 * for that. Each is given out once, for a handler may change what it was given, and a run that is repeated begins with fresh data.
 */
export class ReadAhead<Tx> {
  readonly #spec: HandlerSpec<Tx>;
  readonly #read = new Map<Delivery, ReadData>();

  constructor(spec: HandlerSpec<Tx>) {
    this.#spec = spec;
  }

  read(deliveries: readonly Delivery[]): void {
    this.#read.clear();
    for (const delivery of deliveries) {
      if (delivery.type === null || !this.#spec.contracts.has(delivery.type)) continue;
      try {
        this.#read.set(delivery, contractData(this.#spec, delivery));
      } catch {
        // Whoever asks for it is told why.
      }
    }
  }

  /** @throws What is wrong with the data. */
  take(delivery: Delivery): ReadData {
    const read = this.#read.get(delivery);
    if (read === undefined) return contractData(this.#spec, delivery);
    this.#read.delete(delivery);
    return read;
  }
}
