import { type Failure, type FailureFilter, matchesFilter, matchId } from "@throughline/control/reading";
import { cliError, usageError } from "../cli-errors.ts";

export interface Selection {
  readonly ids: readonly string[];
  readonly filter: FailureFilter;
  /** Everything that is open, where no filter is given. */
  readonly all: boolean;
}

export interface Selected {
  readonly chosen: readonly Failure[];
  /** Letters with the reason `uncertain` that only an id may choose: repeating them may do something twice. */
  readonly uncertain: readonly Failure[];
}

/** Which dead letters a redrive or discard means. In the order to be handled: by consumer, then as they stood in the log. */
export function selectFailures(failures: readonly Failure[], selection: Selection): Selected {
  const filtered = Object.values(selection.filter).some((value) => value !== undefined);
  if (selection.ids.length > 0 && (filtered || selection.all)) throw usageError("give failure ids, or filters, not both");
  if (selection.ids.length > 0) return { chosen: inOrder(selection.ids.map((id) => failureById(failures, id))), uncertain: [] };
  if (!filtered && !selection.all)
    throw usageError("say which dead letters: failure ids, --service, --handler, --type, --reason, or --all for every open one");
  const open = failures.filter((failure) => failure.state !== "answered" && matchesFilter(failure, selection.filter));
  return {
    chosen: inOrder(open.filter(({ letter }) => letter.reason !== "uncertain")),
    uncertain: open.filter(({ letter }) => letter.reason === "uncertain"),
  };
}

/** The failure that an id, or enough of one, names; an answered one too. */
export function failureById(failures: readonly Failure[], id: string): Failure {
  const open = failures.filter(({ state }) => state !== "answered").map(({ letter }) => letter.failureId);
  const found =
    matchId(id, open, "open dead letters") ??
    matchId(
      id,
      failures.map(({ letter }) => letter.failureId),
      "dead letters",
    );
  const failure = failures.find(({ letter }) => letter.failureId === found);
  if (failure === undefined)
    throw cliError("CLI_NOTHING_FOUND", {
      what: `no dead letter has the id "${id}"`,
      hint: '"throughline failed" lists those that are open',
    });
  return failure;
}

function inOrder(failures: readonly Failure[]): Failure[] {
  return [...new Set(failures)].toSorted(
    ({ letter: a }, { letter: b }) =>
      a.service.localeCompare(b.service) ||
      a.handler.localeCompare(b.handler) ||
      a.origin.topic.localeCompare(b.origin.topic) ||
      a.origin.partition - b.origin.partition ||
      a.origin.offset - b.origin.offset,
  );
}
