import { describe } from "node:test";
import { storeControls } from "./store-controls.ts";
import { storeCursors } from "./store-cursors.ts";
import { storeHandlers } from "./store-handlers.ts";
import { storeInbox } from "./store-inbox.ts";
import { storeIsolation } from "./store-isolation.ts";
import { storeLeases } from "./store-leases.ts";
import { storeNumbering } from "./store-numbering.ts";
import type { StoreUnderTest } from "./store-options.ts";
import { storeOutbox } from "./store-outbox.ts";
import { storeOverlap } from "./store-overlap.ts";
import { storeParked } from "./store-parked.ts";
import { storePositions } from "./store-positions.ts";
import { storePublishing } from "./store-publishing.ts";
import { storeService } from "./store-service.ts";
import { storeSharing } from "./store-sharing.ts";
import { storeTransactions } from "./store-transactions.ts";

/**
 * Registers, with `node:test`, what every store must do: each sentence of the seam `Store`, as far as the store declares the
 * feature. Every test gets an empty store of its own from `create`.
 * @example
 *   storeConformance("memory", { features, create: async (options) => createMemoryStore(options), effects });
 */
export function storeConformance<Tx>(name: string, underTest: StoreUnderTest<Tx>): void {
  describe(`store: ${name}`, () => {
    storeTransactions(underTest);
    storeHandlers(underTest);
    storeCursors(underTest);
    storeInbox(underTest);
    storePositions(underTest);
    storeParked(underTest);
    storeOutbox(underTest);
    storeNumbering(underTest);
    storePublishing(underTest);
    storeLeases(underTest);
    storeControls(underTest);
    storeService(underTest);
    storeIsolation(underTest);
    storeSharing(underTest);
    storeOverlap(underTest);
  });
}
