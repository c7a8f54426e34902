import { isSchema } from "../schema-structure.ts";
import { type Building, type Check, has, isJsonObject, refused } from "./check.ts";

type Maker = (building: Building) => Check | null;

const required: Maker = (building) => {
  const { required: names } = building.schema;
  if (!Array.isArray(names) || names.length === 0) return null;
  return (value, path, run) => {
    if (!isJsonObject(value)) return true;
    let passed = true;
    for (const missingProperty of names as string[]) {
      if (has(value, missingProperty)) continue;
      const message = `must have required property '${missingProperty}'`;
      passed = refused(run, building, "required", value, path, { missingProperty }, message);
      if (run.errors === null) return false;
    }
    return passed;
  };
};

const dependentRequired =
  (keyword: "dependentRequired" | "dependencies"): Maker =>
  (building) => {
    const given = keyword === "dependentRequired" && building.rules.draft === "draft-07" ? undefined : building.schema[keyword];
    const known = isSchema(given) ? Object.entries(given).filter(([, names]) => Array.isArray(names)) : [];
    if (known.length === 0) return null;
    return (value, path, run) => {
      if (!isJsonObject(value)) return true;
      let passed = true;
      for (const [property, names] of known) {
        if (!has(value, property)) continue;
        for (const missingProperty of names as string[]) {
          if (has(value, missingProperty)) continue;
          const message = `must have property ${missingProperty} when property ${property} is present`;
          passed = refused(run, building, keyword, value, path, { property, missingProperty }, message);
        }
      }
      return passed;
    };
  };

const count = (keyword: string, what: string, isLeast: boolean, sizeOf: (value: unknown) => number | null): Maker => {
  return (building) => {
    const limit = building.schema[keyword];
    if (typeof limit !== "number") return null;
    return (value, path, run) => {
      const size = sizeOf(value);
      if (size === null || (isLeast ? size >= limit : size <= limit)) return true;
      const message = `must NOT have ${isLeast ? "fewer" : "more"} than ${limit} ${what}`;
      return refused(run, building, keyword, value, path, { limit }, message);
    };
  };
};

const membersOf = (value: unknown): number | null =>
  isJsonObject(value) ? Object.keys(value).filter((name) => has(value, name)).length : null;
const itemsOf = (value: unknown): number | null => (Array.isArray(value) ? value.length : null);

/** What is said of how many members and items there are, and of which. */
export const memberRules: readonly Maker[] = [
  required,
  dependentRequired("dependentRequired"),
  dependentRequired("dependencies"),
  count("minProperties", "properties", true, membersOf),
  count("maxProperties", "properties", false, membersOf),
  count("minItems", "items", true, itemsOf),
  count("maxItems", "items", false, itemsOf),
];
