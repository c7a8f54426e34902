import { allHandlers } from "throughline/system-topics";
import type { FailureQuery } from "../failures/indexed-failure.ts";
import type { IndexStore } from "../index-store/index-store.ts";
import type { CommandOrder } from "./command-order.ts";

const most = 500;

/** What the index knows of the subject or tenant that is to be held or released, in sentences; and what is odd about it. */
export interface HeldReach {
  readonly sentences: readonly string[];
  readonly warnings: readonly string[];
}

const nothing: HeldReach = { sentences: [], warnings: [] };

/** Told before a hold or a release, for a name that is written wrong holds nobody. @param seesAll Events are of several services. */
export async function heldReach(
  index: Pick<IndexStore, "findEvents" | "failures">,
  order: CommandOrder,
  seesAll: boolean,
): Promise<HeldReach> {
  if (order.command !== "hold" && order.command !== "release") return nothing;
  const { service, handler, subject, tenant } = order;
  const whose = handler === allHandlers ? { service } : { service, handler };
  const of: FailureQuery = subject === null ? { tenantId: tenant! } : { subject };
  const { failures } = await index.failures({ ...whose, ...of, state: "open", limit: most });
  const failed = failures.length === 0 ? [] : [sayFailed(failures.length, new Set(failures.map((one) => one.subject)).size)];
  if (subject === null || !seesAll) return { sentences: failed, warnings: [] };
  const events = await index.findEvents({ subject, limit: most });
  if (events.length === 0)
    return { sentences: failed, warnings: [`no event of subject "${subject}" is known: it is matched as it is written, whole`] };
  const last = events.reduce((newest, event) => (event.timestampMs > newest.timestampMs ? event : newest));
  const known = `${counted(events.length, "event")} of it ${events.length === 1 ? "is" : "are"} known, the last ${last.type} of ${new Date(last.timestampMs).toISOString()}.`;
  return { sentences: [known, ...failed], warnings: [] };
}

const sayFailed = (failures: number, subjects: number): string =>
  `${counted(failures, "failed event")} of it, of ${counted(subjects, "subject")}, ${failures === 1 ? "waits" : "wait"} for an answer.`;

const counted = (count: number, what: string): string =>
  `${count.toLocaleString("en")}${count === most ? " and more" : ""} ${what}${count === 1 ? "" : "s"}`;
