import { Ajv2020 } from "ajv/dist/2020.js";

/** A query and a path are texts, and mean numbers and booleans; a body says what it means. */
const texts = new Ajv2020({ coerceTypes: "array", useDefaults: true, allErrors: true, strict: false });
const bodies = new Ajv2020({ useDefaults: true, allErrors: false, strict: false });

export const validatorFor = (schema: object, httpPart: string | undefined) =>
  (httpPart === "body" ? bodies : texts).compile(schema);
