import type { FailureQuery } from "../failures/indexed-failure.ts";

/** Which dead letters a person means: some by their ids, or every open one that a query names. */
export type Selection =
  | { readonly failureIds: readonly string[] }
  | { readonly query: Omit<FailureQuery, "failureIds" | "state" | "limit" | "cursor"> };

/** Why a dead letter is left out, though the selection names it. */
export type LeftOutReason =
  /** The index does not know it. */
  | "unknown"
  /** It was applied, discarded, or found to be handled. */
  | "answered"
  /** Its event died again later, in another letter. */
  | "superseded"
  /** Its redrive or discard was asked for, and no answer is known. */
  | "asked"
  /** Its call may have happened (R4): it is taken only where it is named by its id. */
  | "uncertain"
  /** Another job has it. */
  | "in-another-job";

export interface LeftOut {
  readonly failureId: string;
  readonly service: string | null;
  readonly handler: string | null;
  readonly why: LeftOutReason;
}
