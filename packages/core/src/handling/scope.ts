import type { AgreedContracts } from "../contracts-lock/agreed-contracts.ts";
import type { EncodedSchemas } from "../encoding/encoded-schemas.ts";
import type { FrameEntry } from "../correlation/current-frame.ts";
import type { Logger, LogShipper } from "../logging/index.ts";
import type { LoopWatch } from "../metrics/loop-watch.ts";
import type { EventLog } from "../seams/event-log.ts";
import type { Surroundings } from "../seams/runtime.ts";
import type { Store } from "../seams/store.ts";
import type { Deliveries } from "./delivery.ts";
import type { RunDeadlines } from "./run-deadlines.ts";
import type { RunGate } from "./run-gate.ts";

/** What all parts of one running service share. */
export interface ServiceScope<Tx> {
  readonly identity: ServiceIdentity;
  readonly log: EventLog;
  readonly store: Store<Tx>;
  readonly surroundings: Surroundings;
  /** How records become what handlers are given. */
  readonly deliveries: Deliveries;
  /** What encoded events are written with. */
  readonly schemas: EncodedSchemas;
  /** What was agreed on the contracts that it publishes. */
  readonly agreed: AgreedContracts;
  readonly logger: Logger;
  /** Null: its lines are not shipped. */
  readonly shipper: LogShipper | null;
  /** Aborts when the service begins to close: take no new work. */
  readonly closing: AbortSignal;
  /** Aborts when what still runs must end: the deadline of closing has passed. */
  readonly deadline: AbortSignal;
  /** Handlers run inside what was current when the service was started. */
  readonly frames: FrameEntry;
  /** Time limits of handlers. */
  readonly deadlines: RunDeadlines;
  readonly settings: HandlingSettings;
  /** This start of the service: no other one has the name, of this instance or of another. */
  readonly life: string;
  /** Handlers run inside it. */
  readonly gate: RunGate;
  /** When each loop last turned. */
  readonly loops: LoopWatch;
  /** Nothing of what it does is kept. */
  readonly isRehearsal: boolean;
  /** Call after a commit that wrote outbox rows. */
  wakeRelay(): void;
  /** Call after a commit that made parked events due. */
  wakeDrain(): void;
}

export interface ServiceIdentity {
  readonly service: string;
  /** Names that it had before: what is still asked of them is asked of it. */
  readonly formerNames: readonly string[];
  readonly instance: string;
  /** The name was given, so that who starts after it takes its place; not made up for this process alone. */
  readonly isInstanceNamed: boolean;
  readonly version: string;
  readonly owner: string | null;
}

export interface HandlingSettings {
  /** A transaction begins no further event after this long. */
  readonly transactionBudgetMs: number;
  /** Ids of handled events are remembered at least this long. */
  readonly rememberIdsMs: number;
  /** How long an event of a version that the code does not know is held before it is a dead letter. */
  readonly unknownVersionMs: number;
  readonly maxBatchRecords: number;
}

export const defaultSettings: HandlingSettings = {
  transactionBudgetMs: 100,
  rememberIdsMs: 30 * 24 * 60 * 60 * 1000,
  unknownVersionMs: 24 * 60 * 60 * 1000,
  maxBatchRecords: 500,
};

/** Whether a request or a command to a service of this name is this one's to carry out. */
export function isAddressed({ service, formerNames }: ServiceIdentity, to: string): boolean {
  return to === service || formerNames.includes(to);
}
