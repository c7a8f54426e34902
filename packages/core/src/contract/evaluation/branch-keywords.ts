import type { ErrorObject } from "ajv";
import { isSchema } from "../schema-structure.ts";
import { type Building, type Check, type Evaluable, passes, refused, type Run } from "./check.ts";
import { Seen } from "./seen.ts";

type Maker = (building: Building) => Check | null;

function listed(building: Building, keyword: string): Evaluable[] | null {
  const given = building.schema[keyword];
  return Array.isArray(given) ? given.map((each) => building.inner(each)) : null;
}

const allOf: Maker = (building) => {
  const parts = listed(building, "allOf");
  if (parts === null) return null;
  return (value, path, run, seen) => {
    let passed = true;
    for (const part of parts) {
      if (part.evaluate(value, path, run, seen)) continue;
      passed = false;
      if (run.errors === null) return false;
    }
    return passed;
  };
};

/** One alternative by itself: what it has seen counts only when it passes, and its errors only when none does. */
function tried(part: Evaluable, value: unknown, path: string, run: Run, seen: Seen | null): ErrorObject[] | null {
  const { errors } = run;
  const own = seen === null ? null : new Seen();
  run.errors = errors === null ? null : [];
  const passed = part.evaluate(value, path, run, own);
  const found = run.errors ?? [];
  run.errors = errors;
  if (passed && own !== null) seen?.add(own);
  return passed ? null : found;
}

const anyOf: Maker = (building) => {
  const parts = listed(building, "anyOf");
  if (parts === null) return null;
  return (value, path, run, seen) => {
    const failures: ErrorObject[] = [];
    let passed = false;
    for (const part of parts) {
      const failure = tried(part, value, path, run, seen);
      if (failure !== null) failures.push(...failure);
      else passed = true;
      // Each one that passes may have seen more.
      if (passed && seen === null) return true;
    }
    if (passed) return true;
    run.errors?.push(...failures);
    return refused(run, building, "anyOf", value, path, {}, "must match a schema in anyOf");
  };
};

const oneOf: Maker = (building) => {
  const parts = listed(building, "oneOf");
  if (parts === null) return null;
  return (value, path, run, seen) => {
    const failures: ErrorObject[] = [];
    const passing: number[] = [];
    for (const [index, part] of parts.entries()) {
      const failure = tried(part, value, path, run, seen);
      if (failure !== null) failures.push(...failure);
      else passing.push(index);
      if (passing.length > 1) break;
    }
    if (passing.length === 1) return true;
    if (passing.length === 0) run.errors?.push(...failures);
    const passingSchemas = passing.length > 1 ? passing : null;
    return refused(run, building, "oneOf", value, path, { passingSchemas }, "must match exactly one schema in oneOf");
  };
};

const not: Maker = (building) => {
  if (building.schema["not"] === undefined) return null;
  const forbidden = building.inner(building.schema["not"]);
  return (value, path, run) =>
    !passes(forbidden, value, run, null) || refused(run, building, "not", value, path, {}, "must NOT be valid");
};

const conditional: Maker = (building) => {
  const { if: condition, then: consequence, else: alternative } = building.schema;
  if (condition === undefined) return null;
  const test = building.inner(condition);
  const branch = (given: unknown): Evaluable | null => (given === undefined ? null : building.inner(given));
  const [whenTrue, whenFalse] = [branch(consequence), branch(alternative)];
  return (value, path, run, seen) => {
    const own = seen === null ? null : new Seen();
    const holds = passes(test, value, run, own);
    if (holds && own !== null) seen?.add(own);
    const part = holds ? whenTrue : whenFalse;
    if (part === null || part.evaluate(value, path, run, seen)) return true;
    const failingKeyword = holds ? "then" : "else";
    return refused(run, building, "if", value, path, { failingKeyword }, `must match "${failingKeyword}" schema`);
  };
};

export const branchKeywords: readonly Maker[] = [allOf, anyOf, oneOf, not, conditional];

/** Whether a schema asks what others have looked at. */
export const asksWhatIsSeen = (schema: unknown): boolean =>
  isSchema(schema) && (schema["unevaluatedProperties"] !== undefined || schema["unevaluatedItems"] !== undefined);
