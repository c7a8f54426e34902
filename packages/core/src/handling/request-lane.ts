import type { LogRecord } from "../seams/event-log.ts";
import type { CursorRow, UnitOfWork } from "../seams/store.ts";
import type { Delivery } from "./delivery.ts";
import { isInfrastructureFailure } from "./failure.ts";
import { ClaimLost, LaneClaim } from "./lane-claim.ts";
import type { PartitionLane } from "./partition-reader.ts";
import { waitFor } from "./retry-wait.ts";
import type { ServiceScope } from "./scope.ts";

/** A request that fails this often by itself is malformed. Waits of 40 ms to 320 ms lie between. */
const mostTries = 5;
const skipped = "a request to this service cannot be carried out; it is skipped, so that later ones are";

/** Carries out one request in the transaction that moves the cursor. A rejection rolls back, and the request is tried again. */
export type RequestHandler<Tx> = (unit: UnitOfWork<Tx>, record: LogRecord) => Promise<void>;

/** A lane for the service's own topics (redrive requests, commands): each record once, in a transaction of its own. */
export class RequestLane<Tx> implements PartitionLane {
  readonly isDone = false;
  readonly #scope: ServiceScope<Tx>;
  readonly #cursor: CursorRow;
  readonly #handle: RequestHandler<Tx>;
  readonly #onDone: () => void;
  readonly #claim: LaneClaim<Tx>;
  #offset: number;

  /** @param onDone Called after each request's commit. */
  constructor(scope: ServiceScope<Tx>, cursor: CursorRow, handle: RequestHandler<Tx>, onDone: () => void) {
    this.#scope = scope;
    this.#cursor = cursor;
    this.#handle = handle;
    this.#onDone = onDone;
    this.#offset = cursor.offset;
    this.#claim = new LaneClaim(scope, cursor);
  }

  get offset(): number {
    return this.#offset;
  }

  async take(deliveries: readonly Delivery[], nextOffset: number, signal: AbortSignal): Promise<void> {
    for (const { record } of deliveries) {
      if (record.offset >= this.#offset) await this.#one(record, signal);
      if (signal.aborted) return;
    }
    if (this.#offset < nextOffset) this.#offset = nextOffset;
  }

  /** Takes no more; its owner lives. */
  async close(): Promise<void> {
    await this.#claim.giveBack(this.#offset).catch(() => undefined);
  }

  async #one(record: LogRecord, signal: AbortSignal): Promise<void> {
    const { store, surroundings, logger, gate } = this.#scope;
    let handle = this.#handle;
    for (let tries = 1; !signal.aborted; tries++) {
      try {
        const carryOut = async (unit: UnitOfWork<Tx>): Promise<void> => {
          const cursor = await unit.cursors.lock(this.#cursor);
          // Somebody else carried it out.
          if (cursor === null || cursor.offset > record.offset) return;
          await handle(unit, record);
          await unit.cursors.move(this.#cursor, cursor.offset, record.offset + 1, Math.max(cursor.logTimeMs, record.timestampMs));
        };
        const transact = (): Promise<void> => store.unitOfWork(carryOut);
        // It may run code of the service's: `onReset`, which may kill the process as a handler may.
        await this.#claim.take();
        const verdict = this.#claim.verdictOn(record);
        if (verdict !== null) {
          logger.error({ topic: record.topic, offset: record.offset, err: verdict }, skipped);
          handle = () => Promise.resolve();
        }
        await (this.#claim.isCareful && verdict === null ? this.#claim.alone(record, transact) : gate.shared(transact));
        this.#offset = record.offset + 1;
        this.#scope.wakeRelay();
        this.#scope.wakeDrain();
        this.#onDone();
        return;
      } catch (error) {
        // It is taken again, if this is still the one to do it.
        if (error instanceof ClaimLost) continue;
        const about = { topic: record.topic, offset: record.offset, err: error, tries };
        if (tries >= mostTries && !isInfrastructureFailure(error)) {
          logger.error(about, skipped);
          handle = () => Promise.resolve();
        } else {
          logger.warn(about, "a request to this service could not be carried out; it is tried again");
        }
        await waitFor(surroundings, Math.min(5_000, 20 * 2 ** Math.min(tries, 10)), signal);
      }
    }
  }
}
