import type { EventShop } from "../driver/event-shop.ts";
import type { OrderLoad } from "../driver/order-load.ts";

/** One line of the report of `npm run demo -- --check`. */
export interface Check {
  readonly name: string;
  readonly expected: unknown;
  readonly actual: unknown;
  readonly ok: boolean;
}

/** Tells a reader what happens now. */
export type Progress = (text: string) => void;

/** What the checks of the shop on events work with. */
export interface CheckContext {
  readonly shop: EventShop;
  /** Orders that keep coming while faults are injected. */
  readonly load: OrderLoad;
  readonly progress: Progress;
}
