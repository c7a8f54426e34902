import { escapePointer } from "./schema-structure.ts";

/** Stands in a converted schema, with the reason, where the library has something that JSON Schema cannot express. */
export const MARK = "x-throughline-cannot";

/** Converts a schema of a library to JSON Schema, with marks. Throws the library's own error where it has no mark. */
export type Converter = (source: unknown, standard: StandardConverter) => unknown;

/** `~standard.jsonSchema` of the Standard JSON Schema interface. */
export interface StandardConverter {
  input(options: { readonly target: string; readonly libraryOptions?: Readonly<Record<string, unknown>> }): unknown;
  output(options: { readonly target: string }): unknown;
}

const TRANSFORMED =
  "is changed on the way (a transform, pipe, codec or coercion); an event's data is the same for its publisher and its readers";
const CHECKED =
  "has a check of its own in code, which JSON Schema cannot hold; make it a constraint of the schema, or check before publishing";
const NOT_JSON = "is of a type that JSON does not have";

const target = "draft-2020-12";

/** What stands on the wire is a library's *input*; the libraries differ in how they tell what of it JSON Schema cannot say. */
const converters: Readonly<Record<string, Converter>> = {
  zod: (_, { input }) => input({ target, libraryOptions: { unrepresentable: "any", override: markZod } }),

  // "ignore" reads a pipeline from end to end, where "input" would stop before a transform and say nothing.
  valibot: (_, { input }) =>
    input({
      target,
      libraryOptions: { typeMode: "ignore", errorMode: "ignore", overrideSchema: markValibot, overrideAction: markValibot },
    }),

  // Its Standard JSON Schema takes the morphs off first; its own method shows them.
  arktype: (source) => {
    const mark = (reason: string) => (context: { readonly base: object }) => ({ ...context.base, [MARK]: reason });
    const fallback = {
      default: mark(NOT_JSON),
      morph: mark(TRANSFORMED),
      predicate: mark(CHECKED),
      defaultValue: () => undefined,
    };
    return (source as { toJsonSchema(options: unknown): unknown }).toJsonSchema({ target, fallback });
  },
};

export function converterFor(library: string): Converter {
  return (Object.hasOwn(converters, library) ? converters[library] : undefined) ?? convertByComparison;
}

/** For a library that nothing is known of: where input and output differ, there is a transform. */
function convertByComparison(_: unknown, { input, output }: StandardConverter): unknown {
  const written = input({ target });
  const changed = differences(written, output({ target }));
  return changed.length === 0 ? written : { ...(written as object), [MARK]: `${TRANSFORMED}: ${changed.join(", ")}` };
}

/** What a default makes different is not a difference. */
const BESIDE_THE_POINT = new Set(["required", "default", "additionalProperties", "$schema", "$id"]);

function differences(left: unknown, right: unknown, pointer = ""): string[] {
  if (left === right) return [];
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return [pointer];
  const keys = new Set([...Object.keys(left), ...Object.keys(right)].filter((key) => !BESIDE_THE_POINT.has(key)));
  return [...keys].flatMap((key) =>
    differences(
      (left as Record<string, unknown>)[key],
      (right as Record<string, unknown>)[key],
      `${pointer}/${escapePointer(key)}`,
    ),
  );
}

interface ZodDefinition {
  readonly type: string;
  readonly coerce?: boolean;
  readonly checks?: readonly { readonly _zod: { readonly def: { readonly check: string } } }[];
}

const ZOD_TRANSFORMS = new Set(["transform", "pipe", "catch"]);
const ZOD_NOT_JSON = new Set([
  "bigint",
  "date",
  "file",
  "function",
  "map",
  "nan",
  "promise",
  "set",
  "symbol",
  "undefined",
  "void",
]);

function markZod(context: {
  readonly zodSchema: { readonly _zod: { readonly def: ZodDefinition } };
  readonly jsonSchema: Record<string, unknown>;
}): void {
  const { type, coerce, checks } = context.zodSchema._zod.def;
  const kinds = new Set(checks?.map((check) => check._zod.def.check));
  const reason =
    ZOD_TRANSFORMS.has(type) || coerce === true || kinds.has("overwrite")
      ? TRANSFORMED
      : ZOD_NOT_JSON.has(type)
        ? NOT_JSON
        : type === "custom" || kinds.has("custom")
          ? CHECKED
          : null;
  if (reason !== null) context.jsonSchema[MARK] = reason;
}

interface ValibotContext {
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  readonly errors?: readonly string[];
  readonly valibotSchema?: { readonly type: string };
  readonly valibotAction?: { readonly kind: string; readonly type: string };
}

const VALIBOT_CHECKS = new Set(["check", "check_items", "custom", "partial_check", "raw_check"]);

function markValibot({ jsonSchema, errors, valibotSchema, valibotAction }: ValibotContext): object | undefined {
  if (errors !== undefined && errors.length > 0) {
    const type = valibotSchema?.type ?? valibotAction?.type ?? "";
    const reason = valibotAction?.kind === "transformation" ? TRANSFORMED : VALIBOT_CHECKS.has(type) ? CHECKED : NOT_JSON;
    return { ...jsonSchema, [MARK]: valibotSchema === undefined && reason === NOT_JSON ? errors.join(" ") : reason };
  }
  // Valibot writes an object that takes other properties like one that drops them.
  return valibotSchema?.type === "loose_object" ? { ...jsonSchema, additionalProperties: true } : undefined;
}

/** Why a schema of TypeBox, which is JSON Schema already, is not all of what it checks. */
export function typeBoxProblem(schema: object): string | null {
  if ("~codec" in schema) return TRANSFORMED;
  return "~refine" in schema || "~guard" in schema ? CHECKED : null;
}
