import type { EventContract } from "../contract/index.ts";
import type { EncodedSchemas } from "../encoding/encoded-schemas.ts";
import { HandlerMetrics } from "../metrics/handler-metrics.ts";
import type { HandlerRow } from "../seams/store.ts";
import type { BatchContext } from "../service/batch-handler.ts";
import type { CallHandler, HandlerContext, StartPosition } from "../service/handler.ts";
import type { Event } from "../service/event.ts";
import type { HandlerAnnouncement } from "../system-topics/index.ts";
import { Contention } from "./contention.ts";
import { HandlerControls } from "./handler-controls.ts";
import { HandlerGuards } from "./handler-guards.ts";
import type { OrderPolicy } from "./order-decision.ts";
import { handlerTimeLimit, type TimeLimit } from "./run-deadlines.ts";
import type { ServiceScope } from "./scope.ts";

/** A handler as it was declared, with every default filled in. */
export interface HandlerSpec<Tx> {
  readonly name: string;
  readonly contracts: ReadonlyMap<string, EventContract>;
  /** What its encoded events were written with; null where all of them are JSON. */
  readonly schemas: EncodedSchemas | null;
  readonly streams: readonly string[];
  readonly order: OrderPolicy;
  readonly from: StartPosition | undefined;
  readonly ownTransactions: boolean;
  /** Handlers of different subjects run at once. */
  readonly overlap: boolean;
  readonly timeoutMs: number;
  readonly retryDelaysMs: readonly number[];
  readonly holdsAfterDeadLetter: boolean;
  readonly renamedFrom: readonly string[];
  readonly gapDeadlineMs: number;
  readonly windowMs: number;
  /** Rows that wait, and dead letters. */
  readonly maxParked: number;
  readonly onReset: ((tx: Tx) => Promise<void> | void) | null;
  readonly work:
    | { readonly kind: "transaction"; run(event: Event, context: HandlerContext<Tx>): Promise<void> | void }
    | {
        readonly kind: "batch";
        readonly manyPerSubject: boolean;
        run(events: readonly Event[], context: BatchContext<Tx>): Promise<void> | void;
      }
    | CallWork<Tx>;
}

/** What a `call` handler does. */
export interface CallWork<Tx> extends CallHandler<Event, Tx> {
  readonly kind: "call";
  readonly concurrency: number;
  readonly keyValidForMs: number;
  /** For `commit`, which runs in a transaction. */
  readonly commitTimeoutMs: number;
  readonly replay: "run" | "skip";
}

export type HandlerMode = HandlerAnnouncement["mode"];

function modeOf(kind: "transaction" | "batch" | "call", { overlap, own }: { overlap: boolean; own: boolean }): HandlerMode {
  if (kind === "batch") return own ? "set-based, own" : "set-based";
  if (overlap) return "overlapping";
  return own ? "own" : "shared";
}

/** A declared handler with what its store knows of it. */
export class HandlerState<Tx> {
  readonly spec: HandlerSpec<Tx>;
  row: HandlerRow;
  /** Its transactions' conflicts with one another, as this instance met them. */
  readonly contention = new Contention();
  /** Why it does not read a topic, by topic: sentences that say what to do. */
  readonly problems = new Map<string, string>();
  /** What it did since this process started. */
  readonly metrics = new HandlerMetrics();
  /** What on call decided. */
  readonly controls = new HandlerControls();
  readonly guards: HandlerGuards;
  /** How long its code may run for an event or, with a `call`, outside of transactions. */
  readonly timeLimit: TimeLimit;
  /** The same for what it runs in a transaction after its `call`. */
  readonly commitTimeLimit: TimeLimit;

  constructor(spec: HandlerSpec<Tx>, row: HandlerRow, scope: Pick<ServiceScope<Tx>, "store" | "surroundings" | "logger">) {
    this.spec = spec;
    this.row = row;
    this.timeLimit = handlerTimeLimit(spec.name, spec.timeoutMs);
    this.commitTimeLimit = handlerTimeLimit(spec.name, spec.work.kind === "call" ? spec.work.commitTimeoutMs : spec.timeoutMs);
    this.guards = new HandlerGuards(spec, row.id, scope);
  }

  /** Why it does not work; null when it does. */
  get problem(): string | null {
    return this.problems.size === 0 ? null : [...this.problems.values()].join(". ");
  }

  get id(): number {
    return this.row.id;
  }

  get ownTransactions(): boolean {
    return this.spec.ownTransactions || this.row.ownTransactions;
  }

  get overlaps(): boolean {
    return this.spec.overlap && !this.row.overlapEnded && !this.ownTransactions;
  }

  /** How its events share transactions, as it stands (R4). */
  get mode(): HandlerMode {
    return modeOf(this.spec.work.kind, { overlap: this.overlaps, own: this.ownTransactions });
  }

  /** How they were to share them; a statement may have ended that. */
  get askedMode(): HandlerMode {
    return modeOf(this.spec.work.kind, { overlap: this.spec.overlap, own: this.spec.ownTransactions });
  }
}
