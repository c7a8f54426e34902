import { unpackDurations, type EventReceipt, type RangeReceipt } from "throughline/system-topics";
import type { LoggedEvent } from "../reading/flow-events.ts";
import { receiptKey, type PlacedReceipt } from "../reading/receipts.ts";

/** What a range receipt says of one event: handled at the first try. */
export interface RangeOutcome {
  readonly durationMicros: number;
  readonly handledAtMs: number;
  readonly version: string;
  readonly epoch: number;
}

/** All that receipts tell of one handler and one event. */
export interface HandledEvent {
  readonly inRange: RangeOutcome | null;
  /** Told once each, in the order they were written. */
  readonly told: readonly EventReceipt[];
}

/** What receipts tell of a handler in one partition. */
interface Passed {
  lowest: number;
  highest: number;
}

export class HandlerReceipts {
  readonly #handled = new Map<string, { inRange: RangeOutcome | null; told: PlacedReceipt<EventReceipt>[] }>();
  readonly #passed = new Map<string, Passed>();
  readonly #covered = new Map<string, number>();
  readonly #reporting = new Set<string>();

  /** Handlers that said anything, as `service` and `handler`. */
  reporting(): { service: string; handler: string }[] {
    return [...this.#reporting]
      .map((name) => JSON.parse(name) as [string, string])
      .map(([service, handler]) => ({ service, handler }));
  }

  reports(service: string, handler: string): boolean {
    return this.#reporting.has(JSON.stringify([service, handler]));
  }

  of(service: string, handler: string, logged: LoggedEvent): HandledEvent {
    const found = logged.places
      .map((place) => this.#handled.get(placeKey(service, handler, place)))
      .filter((handled) => handled !== undefined);
    const told = new Map(found.flatMap((handled) => handled.told).map((placed) => [receiptKey(placed.receipt), placed]));
    return {
      inRange: found.find((handled) => handled.inRange !== null)?.inRange ?? null,
      told: [...told.values()]
        .toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
        .map((placed) => placed.receipt),
    };
  }

  /** When a range that passes over the event was written; null when there is none. */
  coveredAtMs(service: string, handler: string, logged: LoggedEvent): number | null {
    const times = logged.places
      .map((place) => this.#covered.get(placeKey(service, handler, place)))
      .filter((atMs) => atMs !== undefined);
    return times.length === 0 ? null : Math.max(...times);
  }

  /** `covered`: its ranges pass over the event; `after`: they begin after it; `before`: they end before it; null: none in that partition. */
  passed(service: string, handler: string, logged: LoggedEvent): "covered" | "after" | "before" | null {
    if (logged.places.some((place) => this.#covered.has(placeKey(service, handler, place)))) return "covered";
    const { topic, partition, offset } = logged.event;
    const passed = this.#passed.get(JSON.stringify([service, handler, topic, partition]));
    if (passed === undefined) return null;
    return passed.lowest > offset ? "after" : passed.highest <= offset ? "before" : "covered";
  }

  addRange(receipt: RangeReceipt, places: readonly { topic: string; partition: number; offset: number }[]): void {
    this.noteReporting(receipt.service, receipt.handler);
    this.noteReach({ ...receipt, lowest: receipt.from, highest: receipt.to });
    const inside = places.filter(({ offset }) => offset >= receipt.from && offset < receipt.to);
    if (inside.length === 0) return;
    const durations = unpackDurations(receipt.applied);
    for (const place of inside) {
      const key = placeKey(receipt.service, receipt.handler, place);
      this.#covered.set(key, receipt.atMs);
      const durationMicros = durations[place.offset - receipt.from] ?? null;
      if (durationMicros === null) continue;
      // The range tells when its last event was handled: those after this one took the time between.
      const later = durations.slice(place.offset - receipt.from + 1).reduce<number>((sum, micros) => sum + (micros ?? 0), 0);
      this.#entry(key).inRange = {
        durationMicros,
        handledAtMs: receipt.atMs - Math.round(later / 1000),
        version: receipt.version,
        epoch: receipt.epoch,
      };
    }
  }

  /** That a handler writes receipts. */
  noteReporting(service: string, handler: string): void {
    this.#reporting.add(JSON.stringify([service, handler]));
  }

  /** How far a handler's ranges reach in a partition. */
  noteReach(at: { service: string; handler: string; topic: string; partition: number; lowest: number; highest: number }): void {
    const { lowest, highest } = at;
    const partition = JSON.stringify([at.service, at.handler, at.topic, at.partition]);
    const passed = this.#passed.get(partition);
    this.#passed.set(partition, {
      lowest: Math.min(passed?.lowest ?? lowest, lowest),
      highest: Math.max(passed?.highest ?? highest, highest),
    });
  }

  addTold(placed: PlacedReceipt<EventReceipt>): void {
    const { receipt } = placed;
    this.noteReporting(receipt.service, receipt.handler);
    this.#entry(placeKey(receipt.service, receipt.handler, receipt)).told.push(placed);
  }

  #entry(key: string) {
    const entry = this.#handled.get(key) ?? { inRange: null, told: [] };
    this.#handled.set(key, entry);
    return entry;
  }
}

const placeKey = (service: string, handler: string, at: { topic: string; partition: number; offset: number }): string =>
  JSON.stringify([service, handler, at.topic, at.partition, at.offset]);
