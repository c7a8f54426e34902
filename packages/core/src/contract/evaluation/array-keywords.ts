import { type Building, type Check, type Evaluable, passes, pathTo, refused } from "./check.ts";
import { repeated } from "./json-values.ts";

type Maker = (building: Building) => Check | null;

/** The items at the beginning that have schemas of their own, and the schema of those that follow. */
interface Items {
  readonly first: readonly Evaluable[];
  readonly others: Evaluable | null;
  /** The keyword that speaks of the others. */
  readonly keyword: string;
}

function itemsOf({ schema, rules, inner }: Building): Items {
  const { items, prefixItems, additionalItems } = schema;
  const optional = (given: unknown): Evaluable | null => (given === undefined ? null : inner(given));
  const listed = (given: unknown): Evaluable[] => (Array.isArray(given) ? given.map((each) => inner(each)) : []);
  if (rules.draft === "2020-12") return { first: listed(prefixItems), others: optional(items), keyword: "items" };
  if (!Array.isArray(items)) return { first: [], others: optional(items), keyword: "items" };
  return { first: listed(items), others: optional(additionalItems), keyword: "additionalItems" };
}

const items: Maker = (building) => {
  const { first, others, keyword } = itemsOf(building);
  if (first.length === 0 && others === null) return null;
  return (value, path, run, seen) => {
    if (!Array.isArray(value)) return true;
    if (others?.schema === false && value.length > first.length) {
      const message = `must NOT have more than ${first.length} items`;
      return refused(run, building, keyword, value, path, { limit: first.length }, message);
    }
    let passed = true;
    for (let index = 0; index < value.length; index++) {
      const each = first[index] ?? others;
      if (each === null || each.evaluate(value[index], pathTo(run, path, index), run, null)) continue;
      passed = false;
      if (run.errors === null) return false;
    }
    if (seen !== null) seen.items = Math.max(seen.items, others === null ? Math.min(first.length, value.length) : value.length);
    return passed;
  };
};

const contains: Maker = (building) => {
  const { schema, rules } = building;
  if (schema["contains"] === undefined) return null;
  const sought = building.inner(schema["contains"]);
  const isCounted = rules.draft === "2020-12" && rules.uses("validation");
  const { minContains, maxContains } = schema;
  const least = isCounted && typeof minContains === "number" ? minContains : 1;
  const most = isCounted && typeof maxContains === "number" ? maxContains : Number.POSITIVE_INFINITY;
  const limits = most === Number.POSITIVE_INFINITY ? { minContains: least } : { minContains: least, maxContains: most };
  const message =
    most === Number.POSITIVE_INFINITY
      ? `must contain at least ${least} valid item(s)`
      : `must contain at least ${least} and no more than ${most} valid item(s)`;
  return (value, path, run, seen) => {
    if (!Array.isArray(value)) return true;
    let found = 0;
    for (const [index, item] of value.entries()) {
      if (!passes(sought, item, run, null)) continue;
      found++;
      seen?.some.add(index);
      if (seen === null && found >= least && most === Number.POSITIVE_INFINITY) break;
    }
    return (found >= least && found <= most) || refused(run, building, "contains", value, path, limits, message);
  };
};

export const uniqueItems: Maker = (building) => {
  if (building.schema["uniqueItems"] !== true) return null;
  return (value, path, run) => {
    const same = Array.isArray(value) ? repeated(value) : null;
    if (same === null) return true;
    const [j, i] = same;
    const message = `must NOT have duplicate items (items ## ${j} and ${i} are identical)`;
    return refused(run, building, "uniqueItems", value, path, { i, j }, message);
  };
};

/** The last of all, for it asks what the others have looked at. */
export const unevaluatedItems: Maker = (building) => {
  const given = building.schema["unevaluatedItems"];
  if (given === undefined) return null;
  const each = building.inner(given);
  return (value, path, run, seen) => {
    if (!Array.isArray(value)) return true;
    let passed = true;
    for (const [index, item] of value.entries()) {
      if (seen?.hasItem(index) === true) continue;
      if (given === false) {
        const message = `must NOT have more than ${index} items`;
        return refused(run, building, "unevaluatedItems", value, path, { limit: index }, message);
      }
      if (!each.evaluate(item, pathTo(run, path, index), run, null)) passed = false;
      if (!passed && run.errors === null) return false;
    }
    if (seen !== null) seen.items = value.length;
    return passed;
  };
};

export const arrayApplicators: readonly Maker[] = [items, contains];
