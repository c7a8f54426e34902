import type { ErrorObject } from "ajv";
import type { JsonSchema } from "../json-schema.ts";
import { escapePointer } from "../schema-structure.ts";
import type { DialectRules } from "./dialect.ts";
import type { Resource } from "./schema-resources.ts";
import type { Seen } from "./seen.ts";

/** One evaluation of a value. */
export interface Run {
  /** Null where only the verdict is asked for: then the first refusal ends it. */
  errors: ErrorObject[] | null;
  /** The resources through which it came here, the newest first. */
  scope: Scope;
}

export interface Scope {
  readonly resource: Resource;
  readonly outer: Scope | null;
}

/**
 * Whether a value passes.
 * @param path The value's place, as a JSON pointer; empty where nobody collects errors.
 * @param seen Takes what of the value was looked at; null where nobody asks. It means nothing when the value does not pass.
 */
export type Check = (value: unknown, path: string, run: Run, seen: Seen | null) => boolean;

export interface Evaluable {
  readonly schema: JsonSchema | boolean;
  evaluate(value: unknown, path: string, run: Run, seen: Seen | null): boolean;
}

/** What the makers of checks are given. */
export interface Building {
  readonly schema: JsonSchema;
  readonly rules: DialectRules;
  /** A schema inside of this one. */
  inner(schema: unknown): Evaluable;
}

export const pathTo = (run: Run, path: string, segment: string | number): string =>
  run.errors === null ? "" : `${path}/${typeof segment === "number" ? segment : escapePointer(segment)}`;

/** Refuses a value in the words of Ajv, which `explainErrors` knows. */
export function refused(
  run: Run,
  { schema }: Pick<Building, "schema">,
  keyword: string,
  value: unknown,
  path: string,
  params: Record<string, unknown>,
  message: string,
): false {
  run.errors?.push({
    keyword,
    instancePath: path,
    schemaPath: "",
    params,
    message,
    schema: schema[keyword],
    parentSchema: schema,
    data: value,
  } as ErrorObject);
  return false;
}

/** Whether a value passes, without a word about why not. */
export function passes(each: Evaluable, value: unknown, run: Run, seen: Seen | null): boolean {
  const { errors } = run;
  run.errors = null;
  const passed = each.evaluate(value, "", run, seen);
  run.errors = errors;
  return passed;
}

/** The members of an object as JSON writes them: its own, and none that is undefined. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function has(value: Readonly<Record<string, unknown>>, name: string): boolean {
  return Object.hasOwn(value, name) && value[name] !== undefined;
}
