import { isSchema } from "../schema-structure.ts";
import { type Building, type Check, type Evaluable, has, isJsonObject, passes, pathTo, refused } from "./check.ts";

type Maker = (building: Building) => Check | null;

const named = (building: Building, keyword: string): [string, Evaluable][] => {
  const schemas = building.schema[keyword];
  if (!isSchema(schemas)) return [];
  return Object.entries(schemas).flatMap(([name, each]) =>
    isSchema(each) || typeof each === "boolean" ? [[name, building.inner(each)]] : [],
  );
};

const properties: Maker = (building) => {
  const known = named(building, "properties");
  if (known.length === 0) return null;
  return (value, path, run, seen) => {
    if (!isJsonObject(value)) return true;
    let passed = true;
    for (const [name, each] of known) {
      if (!has(value, name)) continue;
      seen?.properties.add(name);
      if (each.evaluate(value[name], pathTo(run, path, name), run, null)) continue;
      passed = false;
      if (run.errors === null) return false;
    }
    return passed;
  };
};

const patternProperties: Maker = (building) => {
  const patterns = named(building, "patternProperties").map(([text, each]) => [new RegExp(text, "u"), each] as const);
  if (patterns.length === 0) return null;
  return (value, path, run, seen) => {
    if (!isJsonObject(value)) return true;
    let passed = true;
    for (const name of Object.keys(value)) {
      for (const [pattern, each] of patterns) {
        if (!has(value, name) || !pattern.test(name)) continue;
        seen?.properties.add(name);
        if (!each.evaluate(value[name], pathTo(run, path, name), run, null)) passed = false;
      }
      if (!passed && run.errors === null) return false;
    }
    return passed;
  };
};

type Others = "additionalProperties" | "unevaluatedProperties";

/** What the others must be: one that is refused outright is told by its name. */
function others(building: Building, keyword: Others, isOther: (name: string, seen: Parameters<Check>[3]) => boolean): Check {
  const given = building.schema[keyword];
  const each = building.inner(given);
  const [param, word] =
    keyword === "additionalProperties" ? ["additionalProperty", "additional"] : ["unevaluatedProperty", "unevaluated"];
  return (value, path, run, seen) => {
    if (!isJsonObject(value)) return true;
    let passed = true;
    for (const name of Object.keys(value)) {
      if (!has(value, name) || !isOther(name, seen)) continue;
      seen?.properties.add(name);
      const taken =
        given === false
          ? refused(run, building, keyword, value, path, { [param]: name }, `must NOT have ${word} properties`)
          : each.evaluate(value[name], pathTo(run, path, name), run, null);
      if (!taken) passed = false;
      if (!passed && run.errors === null) return false;
    }
    return passed;
  };
}

const additionalProperties: Maker = (building) => {
  const { properties: given, patternProperties: patterns, additionalProperties: rest } = building.schema;
  if (rest === undefined) return null;
  const known = new Set(isSchema(given) ? Object.keys(given) : []);
  const regexes = isSchema(patterns) ? Object.keys(patterns).map((text) => new RegExp(text, "u")) : [];
  return others(building, "additionalProperties", (name) => !known.has(name) && !regexes.some((regex) => regex.test(name)));
};

/** The last of all, for it asks what the others have looked at. */
export const unevaluatedProperties: Maker = (building) =>
  building.schema["unevaluatedProperties"] === undefined
    ? null
    : others(building, "unevaluatedProperties", (name, seen) => seen?.properties.has(name) !== true);

const propertyNames: Maker = (building) => {
  if (building.schema["propertyNames"] === undefined) return null;
  const each = building.inner(building.schema["propertyNames"]);
  return (value, path, run) => {
    if (!isJsonObject(value)) return true;
    let passed = true;
    for (const propertyName of Object.keys(value)) {
      if (!has(value, propertyName) || passes(each, propertyName, run, null)) continue;
      passed = refused(run, building, "propertyNames", value, path, { propertyName }, "property name must be valid");
      if (run.errors === null) return false;
    }
    return passed;
  };
};

/** Dependent schemas are about the whole object, as if they stood in it. */
const dependentSchemas =
  (keyword: "dependentSchemas" | "dependencies"): Maker =>
  (building) => {
    const known = keyword === "dependentSchemas" && building.rules.draft === "draft-07" ? [] : named(building, keyword);
    if (known.length === 0) return null;
    return (value, path, run, seen) => {
      if (!isJsonObject(value)) return true;
      let passed = true;
      for (const [name, each] of known) {
        if (!has(value, name) || each.evaluate(value, path, run, seen)) continue;
        passed = false;
        if (run.errors === null) return false;
      }
      return passed;
    };
  };

/** In the order in which they are asked. */
export const objectApplicators: readonly Maker[] = [
  properties,
  patternProperties,
  additionalProperties,
  propertyNames,
  dependentSchemas("dependentSchemas"),
  dependentSchemas("dependencies"),
];
