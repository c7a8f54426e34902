import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { isDateTime } from "./date-time-format.ts";
import type { JsonSchema } from "./json-schema.ts";
import { type Dialect, dialectOf } from "./schema-dialect.ts";
import { type SchemaDocument, schemaDocument } from "./schema-document.ts";
import { escapePointer, isSchema, pointerSegments } from "./schema-structure.ts";

/** A compiled schema. */
export interface SchemaValidator {
  /** The errors of a value; empty when it is valid. */
  errors(value: unknown): readonly ErrorObject[];
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
  formats: { ...fullFormats, "date-time": isDateTime },
  logger: false,
} as const;
/** Names a compiled schema within its own Ajv, whether it has an `$id` or not. */
const KEY = "contract";

/** Compiles a schema that `schemaErrors` found none in. Throws Ajv's error for what only compiling shows. */
export function schemaValidator(schema: JsonSchema): SchemaValidator {
  const options = { ...OPTIONS, meta: false, validateSchema: false };
  // Draft 2019-09 reads draft-07 as it is meant, and has the keyword that closes composed objects.
  const ajv = dialectOf(schema["$schema"]) === "draft-07" ? new Ajv2019(options) : new Ajv2020(options);
  const { $schema: _, ...rest } = schema;
  ajv.addSchema(rest, KEY);

  const validate = ajv.getSchema(KEY) as ValidateFunction;
  let document: SchemaDocument | undefined;
  return {
    errors: (value) => errorsOf(validate, value),
    errorsBy: (inner, value) => {
      document ??= schemaDocument(rest);
      const segments = pointerSegments(document.pointers.get(inner) ?? "");
      const fragment = segments.map((segment) => `/${encodeURIComponent(escapePointer(segment))}`).join("");
      return errorsOf(ajv.getSchema(`${KEY}#${fragment}`) as ValidateFunction, value);
    },
    namesProperty: (inner, name) => {
      document ??= schemaDocument(rest);
      return [...document.sameValue(inner)].some(
        ({ properties, patternProperties }) =>
          (isSchema(properties) && Object.hasOwn(properties, name)) ||
          (isSchema(patternProperties) && Object.keys(patternProperties).some((pattern) => new RegExp(pattern, "u").test(name))),
      );
    },
  };
}

function errorsOf(validate: ValidateFunction, value: unknown): readonly ErrorObject[] {
  return validate(value) ? [] : (validate.errors ?? []);
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
