import type { ErrorObject } from "ajv";
import type { JsonSchema } from "./json-schema.ts";
import { disclose } from "./personal-paths.ts";
import type { Problem } from "./problem.ts";
import { sentenceOf } from "./problem-sentence.ts";
import { escapePointer, isSchema, pointerSegments } from "./schema-structure.ts";
import type { SchemaValidator } from "./schema-validator.ts";

/**
 * Says in sentences what Ajv found. Of a value that matches none of several alternatives, only what the alternative that it
 * was meant for finds wrong; all of them when that cannot be told.
 * @param personal Paths of the properties whose values no sentence may quote.
 */
export function explainErrors(
  errors: readonly ErrorObject[],
  validator: SchemaValidator,
  personal: readonly string[],
): Problem[] {
  const problems = withoutAlternatives(errors, validator)
    .filter((error, _, all) => isNews(error, all, validator))
    .map((error): Problem => {
      const { pointer, isPublic } = disclose(pointerSegments(placeOf(error)), personal);
      return { pointer, message: sentenceOf(error, isPublic) };
    });
  const seen = new Set<string>();
  return problems.filter(({ pointer, message }) => !seen.has(`${pointer} ${message}`) && seen.add(`${pointer} ${message}`));
}

/** The place that an error is about: a missing or unknown property's own. */
function placeOf({ instancePath, keyword, params }: ErrorObject): string {
  const name: unknown =
    keyword === "required" || keyword === "dependentRequired" || keyword === "dependencies"
      ? params["missingProperty"]
      : (params["additionalProperty"] ?? params["unevaluatedProperty"]);
  return typeof name === "string" ? `${instancePath}/${escapePointer(name)}` : instancePath;
}

/**
 * Whether an error says anything that the others do not. Where an alternative fails, the properties that it names count as
 * unevaluated too.
 */
function isNews(error: ErrorObject, all: readonly ErrorObject[], validator: SchemaValidator): boolean {
  if (error.keyword === "if") return false;
  if (error.keyword !== "unevaluatedProperties") return true;
  return (
    !validator.namesProperty(error.parentSchema as JsonSchema, error.params["unevaluatedProperty"] as string) ||
    !all.some(({ keyword, instancePath }) => keyword !== "unevaluatedProperties" && isWithin(instancePath, error.instancePath))
  );
}

function withoutAlternatives(errors: readonly ErrorObject[], validator: SchemaValidator): ErrorObject[] {
  let rest = [...errors];
  const explained: ErrorObject[] = [];
  // The error of a union comes after those of its alternatives, and an outer union's after those of the ones inside.
  for (let union = rest.findLast(isUnion); union !== undefined; union = rest.findLast(isUnion)) {
    const { instancePath, keyword, parentSchema, data } = union;
    const branches = ((parentSchema as JsonSchema)[keyword] as unknown[]).map((branch) =>
      isSchema(branch)
        ? validator.errorsBy(branch, data).map((error) => ({ ...error, instancePath: instancePath + error.instancePath }))
        : [],
    );
    const told = new Set(branches.flat().map(identity));
    rest = rest.filter((error) => error !== union && !told.has(identity(error)));
    explained.push(...explainUnion(union, branches, validator));
  }
  return [...rest, ...explained];
}

function explainUnion(
  union: ErrorObject,
  branches: readonly (readonly ErrorObject[])[],
  validator: SchemaValidator,
): ErrorObject[] {
  if (branches.every((errors) => errors.length > 0)) {
    const ofItsType = branches.filter(
      (errors) => !errors.some(({ keyword, instancePath }) => keyword === "type" && instancePath === union.instancePath),
    );
    const ofItsKind = ofItsType.filter((errors) => !errors.some((error) => isOfAnotherKind(error, union.instancePath)));
    const [meant] = ofItsKind.length === 1 ? ofItsKind : ofItsType.length === 1 ? ofItsType : [];
    if (meant !== undefined) return withoutAlternatives(meant, validator);
  }
  const first = branches[0]?.find(({ keyword }) => keyword === "const");
  const kinds = branches.map((errors) =>
    errors.find(({ keyword, instancePath }) => keyword === "const" && instancePath === first?.instancePath),
  );
  if (first !== undefined && kinds.every((kind) => kind !== undefined)) {
    const allowedValues = kinds.map((kind) => kind?.params["allowedValue"] as unknown);
    return [{ ...first, keyword: "enum", params: { allowedValues } }];
  }
  const types = branches.map((errors) =>
    errors.find(({ keyword, instancePath }) => keyword === "type" && instancePath === union.instancePath),
  );
  if (types.every((type) => type !== undefined)) {
    return [{ ...union, keyword: "type", params: { type: types.flatMap((type) => type?.params["type"] as string | string[]) } }];
  }
  return [union];
}

/** Whether a property differs that tells alternatives apart. */
function isOfAnotherKind({ keyword, instancePath }: ErrorObject, valuePath: string): boolean {
  return (
    (keyword === "const" || keyword === "enum") && pointerSegments(instancePath).length <= pointerSegments(valuePath).length + 1
  );
}

function isUnion({ keyword }: ErrorObject): boolean {
  return keyword === "anyOf" || keyword === "oneOf";
}

function identity({ instancePath, keyword, params, schema }: ErrorObject): string {
  return JSON.stringify([instancePath, keyword, params, schema]);
}

function isWithin(pointer: string, outer: string): boolean {
  return pointer === outer || pointer.startsWith(`${outer}/`);
}
