/** The keywords under which schemas stand: one, a list of them, or some by their names. */
export const inOne = new Set([
  "items",
  "additionalItems",
  "contains",
  "additionalProperties",
  "propertyNames",
  "not",
  "if",
  "then",
  "else",
  "unevaluatedItems",
  "unevaluatedProperties",
  "contentSchema",
]);
export const inList = new Set(["allOf", "anyOf", "oneOf", "prefixItems", "items"]);
export const inMap = new Set(["properties", "patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions"]);
