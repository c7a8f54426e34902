import { isThroughlineError } from "throughline";
import { Problem, type FieldProblem } from "../front-door/problem.ts";

/** A publish that the contract refused is the caller's mistake: 422, with the JSON pointer of each wrong field. */
export function contractProblem(error: unknown): unknown {
  if (!isThroughlineError(error, "EVENT_INVALID")) return error;
  return new Problem(422, "the event would break its contract", error.message, error.details.problems as FieldProblem[]);
}
