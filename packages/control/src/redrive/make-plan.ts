import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventLog } from "throughline/seams";
import { controlError } from "../errors/catalogue.ts";
import type { FailureQuery, IndexedFailure } from "../failures/indexed-failure.ts";
import type { IndexStore } from "../index-store/index-store.ts";
import { indexedServices } from "../index-store/indexed-services.ts";
import type { JobAction, RedrivePlan } from "./job.ts";
import type { JobStore, PlanDraft } from "./job-store.ts";
import { planConsumers } from "./plan-consumers.ts";
import { planWarnings } from "./plan-warnings.ts";
import type { LeftOut, LeftOutReason, Selection } from "./selection.ts";

export interface PlanRequest {
  readonly action: JobAction;
  readonly selection: Selection;
  /** Also those that were asked for already, and have no answer. */
  readonly askAgain?: boolean;
  /** Replaces the payload of the one letter that the selection names. */
  readonly editedValue?: Uint8Array | null;
  readonly by: string;
  /** Whose letters whoever asks may see; others are not there for them. Default: all. */
  readonly maySee?: (service: string) => boolean;
}

export interface PlanContext {
  readonly log: EventLog;
  readonly index: IndexStore;
  readonly jobs: JobStore;
  readonly nowMs: number;
  /** Of the new plan. */
  readonly id: string;
  /** How long it may be confirmed. */
  readonly validForMs: number;
  /** More letters than this are refused. */
  readonly mostLetters: number;
}

/** Letters that are read from the index, and written to the plan, at once. */
const pageSize = 500;

/**
 * Says what a redrive or discard would do, and does nothing: how many letters of which consumers in which order, which are left out and
 * why, what waits behind them, and what there is to know of their services. Letters are taken page by page, however many they are.
 * Throws `REDRIVE_SELECTION_INVALID`, `REDRIVE_TOO_MANY`.
 */
export async function makePlan(context: PlanContext, request: PlanRequest): Promise<RedrivePlan> {
  const { jobs, index, log, nowMs, id } = context;
  check(request);
  const { action, selection, by, editedValue = null, askAgain = false } = request;
  const draft: PlanDraft = {
    id,
    action,
    by,
    selection: askAgain ? { ...selection, askAgain } : selection,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + context.validForMs,
    edited: editedValue,
  };
  await jobs.draft(draft);
  const maySee = request.maySee ?? (() => true);
  if ("failureIds" in selection) await addNamed(context, selection.failureIds, { askAgain, maySee });
  else await addFound(context, selection.query, { askAgain, maySee });
  while (await jobs.arrange(id)) await nextTurn();
  const services = await indexedServices(index, log, nowMs);
  const consumers = await planConsumers(context, services);
  const warnings = planWarnings(consumers, services, await index.positions());
  await jobs.completePlan(id, { consumers: consumers.map(({ uncertain: _, ...told }) => told), warnings });
  return (await jobs.plan(id))!;
}

function check({ selection, editedValue, action }: PlanRequest): void {
  const refuse = (what: string): never => {
    throw controlError("REDRIVE_SELECTION_INVALID", { what });
  };
  const isOne = "failureIds" in selection && new Set(selection.failureIds).size === 1;
  if ("failureIds" in selection && selection.failureIds.length === 0) refuse("it names no failure id");
  if (editedValue != null && (!isOne || action !== "redrive"))
    refuse("an edit mends one dead letter, which is named by its id, and redrives it");
}

/** Letters that a person named: those whose call is uncertain, too, for that person may know that it did not happen. */
async function addNamed(
  { index, jobs, id }: PlanContext,
  given: readonly string[],
  { askAgain, maySee }: { readonly askAgain: boolean; readonly maySee: (service: string) => boolean },
): Promise<void> {
  const ids = [...new Set(given)];
  for (let at = 0; at < ids.length; at += pageSize) {
    const part = ids.slice(at, at + pageSize);
    const { failures } = await index.failures({ failureIds: part, withSuperseded: true, limit: pageSize });
    const known = new Map(failures.filter(({ service }) => maySee(service)).map((failure) => [failure.failureId, failure]));
    const leftOut: LeftOut[] = [];
    const chosen: IndexedFailure[] = [];
    for (const failureId of part) {
      const failure = known.get(failureId);
      const why = failure === undefined ? "unknown" : whyLeftOut(failure, askAgain);
      if (why === null) chosen.push(failure!);
      else leftOut.push({ failureId, service: failure?.service ?? null, handler: failure?.handler ?? null, why });
    }
    await jobs.addItems(id, chosen);
    await jobs.leaveOut(id, leftOut);
    await nextTurn();
  }
}

function whyLeftOut(failure: IndexedFailure, askAgain: boolean): LeftOutReason | null {
  if (failure.isSuperseded) return "superseded";
  if (failure.state === "answered") return "answered";
  return failure.state === "asked" && !askAgain ? "asked" : null;
}

/** Every open letter that a query finds; those that are asked for, or uncertain, are left out. */
async function addFound(
  context: PlanContext,
  query: Omit<FailureQuery, "state" | "limit" | "cursor">,
  { askAgain, maySee }: { readonly askAgain: boolean; readonly maySee: (service: string) => boolean },
): Promise<void> {
  const { index, jobs, id, mostLetters } = context;
  let count = 0;
  for (const state of ["open", "asked"] as const) {
    let cursor: string | null = null;
    do {
      const page = await index.failures({ ...query, state, limit: pageSize, ...(cursor === null ? {} : { cursor }) });
      const isLeftOut = ({ reason }: IndexedFailure): boolean => reason === "uncertain" || (state === "asked" && !askAgain);
      const seen = page.failures.filter(({ service }) => maySee(service));
      const chosen = seen.filter((failure) => !isLeftOut(failure));
      count += chosen.length;
      if (count > mostLetters) throw controlError("REDRIVE_TOO_MANY", { most: mostLetters });
      await jobs.addItems(id, chosen);
      await jobs.leaveOut(
        id,
        seen.filter(isLeftOut).map(({ failureId, service, handler, reason }) => ({
          failureId,
          service,
          handler,
          why: reason === "uncertain" ? "uncertain" : "asked",
        })),
      );
      ({ cursor } = page);
      await nextTurn();
    } while (cursor !== null);
  }
}
