import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { JsonSchema } from "../json-schema.ts";

let byUri: ReadonlyMap<string, JsonSchema> | undefined;

/** A schema of the drafts themselves, which any contract may refer to: Ajv brings them. */
export function metaschema(uri: string): JsonSchema | undefined {
  byUri ??= new Map(
    [new Ajv(), new Ajv2020()].flatMap((ajv) =>
      Object.entries(ajv.schemas).flatMap(([name, known]) =>
        known === undefined || typeof known.schema === "boolean" ? [] : [[name, known.schema as JsonSchema] as const],
      ),
    ),
  );
  return byUri.get(uri);
}
