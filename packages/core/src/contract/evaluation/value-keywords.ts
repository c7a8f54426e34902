import { formatOf } from "./formats.ts";
import { type Building, type Check, refused } from "./check.ts";
import { isMultiple, isSame, lengthOf } from "./json-values.ts";

type Maker = (building: Building) => Check | null;

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === "boolean",
  string: (value) => typeof value === "string",
  number: isNumber,
  integer: Number.isInteger,
  array: Array.isArray,
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

const type: Maker = (building) => {
  const given = building.schema["type"];
  if (given === undefined) return null;
  const names = [given].flat().map(String);
  const tests = names.flatMap((name) => types[name] ?? []);
  return (value, path, run) =>
    tests.some((test) => test(value)) ||
    refused(run, building, "type", value, path, { type: given }, `must be ${names.join(",")}`);
};

const enumerated: Maker = (building) => {
  const allowed = building.schema["enum"];
  if (!Array.isArray(allowed)) return null;
  return (value, path, run) =>
    allowed.some((each) => isSame(each, value)) ||
    refused(run, building, "enum", value, path, { allowedValues: allowed }, "must be equal to one of the allowed values");
};

const constant: Maker = (building) => {
  const allowed = building.schema["const"];
  if (allowed === undefined) return null;
  return (value, path, run) =>
    isSame(allowed, value) ||
    refused(run, building, "const", value, path, { allowedValue: allowed }, "must be equal to constant");
};

const bounds: readonly [keyword: string, sign: string, holds: (value: number, limit: number) => boolean][] = [
  ["minimum", ">=", (value, limit) => value >= limit],
  ["maximum", "<=", (value, limit) => value <= limit],
  ["exclusiveMinimum", ">", (value, limit) => value > limit],
  ["exclusiveMaximum", "<", (value, limit) => value < limit],
];

const bound = ([keyword, comparison, holds]: (typeof bounds)[number]): Maker => {
  return (building) => {
    const limit = building.schema[keyword];
    if (typeof limit !== "number") return null;
    return (value, path, run) =>
      !isNumber(value) ||
      holds(value, limit) ||
      refused(run, building, keyword, value, path, { comparison, limit }, `must be ${comparison} ${limit}`);
  };
};

const multipleOf: Maker = (building) => {
  const divisor = building.schema["multipleOf"];
  if (typeof divisor !== "number") return null;
  return (value, path, run) =>
    !isNumber(value) ||
    isMultiple(value, divisor) ||
    refused(run, building, "multipleOf", value, path, { multipleOf: divisor }, `must be multiple of ${divisor}`);
};

const length = (keyword: "minLength" | "maxLength"): Maker => {
  return (building) => {
    const limit = building.schema[keyword];
    if (typeof limit !== "number") return null;
    const isLeast = keyword === "minLength";
    return (value, path, run) =>
      typeof value !== "string" ||
      (isLeast ? lengthOf(value) >= limit : lengthOf(value) <= limit) ||
      refused(
        run,
        building,
        keyword,
        value,
        path,
        { limit },
        `must NOT have ${isLeast ? "fewer" : "more"} than ${limit} characters`,
      );
  };
};

const pattern: Maker = (building) => {
  const text = building.schema["pattern"];
  if (typeof text !== "string") return null;
  const regex = new RegExp(text, "u");
  return (value, path, run) =>
    typeof value !== "string" ||
    regex.test(value) ||
    refused(run, building, "pattern", value, path, { pattern: text }, `must match pattern "${text}"`);
};

const format: Maker = (building) => {
  const name = building.schema["format"];
  const known = typeof name === "string" ? formatOf(name) : null;
  if (known === null) return null;
  return (value, path, run) =>
    typeof value !== known.type ||
    known.holds(value) ||
    refused(run, building, "format", value, path, { format: name }, `must match format "${String(name)}"`);
};

/** What is said of a value whatever is inside of it. */
export const validationKeywords: readonly Maker[] = [
  type,
  enumerated,
  constant,
  ...bounds.map(bound),
  multipleOf,
  length("minLength"),
  length("maxLength"),
  pattern,
];

export const formatKeyword: Maker = format;
