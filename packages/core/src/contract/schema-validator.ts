import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Evaluator } from "./evaluation/evaluator.ts";
import { formats } from "./evaluation/formats.ts";
import { isPlainData } from "./evaluation/plain-data.ts";
import { suitsAjv } from "./evaluation/suits-ajv.ts";
import type { JsonSchema } from "./json-schema.ts";
import { type Dialect, dialectOf } from "./schema-dialect.ts";
import { type SchemaDocument, schemaDocument } from "./schema-document.ts";
import { escapePointer, isSchema, pointerSegments } from "./schema-structure.ts";

/** A compiled schema. */
export interface SchemaValidator {
  /**
   * The errors of a value; empty when it is valid.
   * @param isPlain Whether it is known to be as `isPlainData` says. Default: it is looked at.
   */
  errors(value: unknown, isPlain?: boolean): readonly ErrorObject[];
  /** The errors by one of the schemas inside, as an error names it. */
  errorsBy(inner: JsonSchema, value: unknown): readonly ErrorObject[];
  /** Whether one of the schemas inside, or a part of it, has a place for a property of this name. */
  namesProperty(inner: JsonSchema, name: string): boolean;
}

const OPTIONS = {
  strict: false,
  strictNumbers: true,
  allErrors: true,
  verbose: true,
  formats,
  logger: false,
} as const;
/** Names a compiled schema within its own Ajv, whether it has an `$id` or not. */
const KEY = "contract";

/**
 * Compiles a schema that `schemaErrors` found none in: to code by Ajv where that is right about it, else to checks of our own.
 * Throws an error for what only compiling shows.
 */
export function schemaValidator(schema: JsonSchema): SchemaValidator {
  const { errors, errorsBy } = suitsAjv(schema) ? forPlainData(codeOf(schema), schema) : checksOf(schema);
  let document: SchemaDocument | undefined;
  return {
    errors: (value, isPlain) => bounded(value, () => errors(value, isPlain)),
    errorsBy: (inner, value) => bounded(value, () => errorsBy(inner, value)),
    namesProperty: (inner, name) => {
      document ??= schemaDocument(schema);
      return [...document.sameValue(inner)].some(
        ({ properties, patternProperties }) =>
          (isSchema(properties) && Object.hasOwn(properties, name)) ||
          (isSchema(patternProperties) && Object.keys(patternProperties).some((pattern) => new RegExp(pattern, "u").test(name))),
      );
    },
  };
}

type Errors = Pick<SchemaValidator, "errors" | "errorsBy">;

function codeOf(schema: JsonSchema): Errors {
  const options = { ...OPTIONS, meta: false, validateSchema: false };
  const ajv = dialectOf(schema["$schema"]) === "draft-07" ? new Ajv(options) : new Ajv2020(options);
  const { $schema: _, $id: __, ...rest } = schema;
  ajv.addSchema(rest, KEY);
  const validate = ajv.getSchema(KEY) as ValidateFunction;
  let document: SchemaDocument | undefined;
  const inside = new Map<JsonSchema, ValidateFunction>();
  return {
    errors: (value) => errorsOf(validate, value),
    errorsBy: (inner, value) => {
      let check = inside.get(inner);
      if (check === undefined) {
        document ??= schemaDocument(rest);
        const segments = pointerSegments(document.pointers.get(inner) ?? "");
        const fragment = segments.map((segment) => `/${encodeURIComponent(escapePointer(segment))}`).join("");
        check = ajv.getSchema(`${KEY}#${fragment}`) as ValidateFunction;
        inside.set(inner, check);
      }
      return errorsOf(check, value);
    },
  };
}

/** Ajv's code takes for an object's own what it inherits and what is undefined, and JSON writes neither: such data goes through our checks. */
function forPlainData(code: Errors, schema: JsonSchema): Errors {
  let checks: Errors | undefined;
  const fitting = (value: unknown, isPlain = isPlainData(value)): Errors => (isPlain ? code : (checks ??= checksOf(schema)));
  return {
    errors: (value, isPlain) => fitting(value, isPlain).errors(value),
    errorsBy: (inner, value) => fitting(value).errorsBy(inner, value),
  };
}

function checksOf(schema: JsonSchema): Errors {
  const evaluator = new Evaluator(schema);
  return {
    errors: (value) => evaluator.errors(value),
    errorsBy: (inner, value) => evaluator.errors(value, inner),
  };
}

function errorsOf(validate: ValidateFunction, value: unknown): readonly ErrorObject[] {
  return validate(value) ? [] : (validate.errors ?? []);
}

/** Data that is nested without end, or into itself, is refused like any other that is wrong. */
function bounded(value: unknown, errors: () => readonly ErrorObject[]): readonly ErrorObject[] {
  try {
    return errors();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = "must not be nested that deeply";
    return [
      { keyword: "nesting", instancePath: "", schemaPath: "", params: {}, message, data: value, schema: true, parentSchema: {} },
    ];
  }
}

const metaValidators = new Map<Dialect, Ajv | Ajv2020>();

/** What is wrong with a schema by the schema of its own draft. */
export function schemaErrors(schema: JsonSchema, dialect: Dialect): readonly ErrorObject[] {
  let ajv = metaValidators.get(dialect);
  if (ajv === undefined) {
    ajv = dialect === "draft-07" ? new Ajv(OPTIONS) : new Ajv2020(OPTIONS);
    metaValidators.set(dialect, ajv);
  }
  return ajv.validateSchema(schema) === true ? [] : (ajv.errors ?? []);
}
