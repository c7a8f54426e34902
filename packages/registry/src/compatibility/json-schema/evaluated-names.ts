import type { SchemaNode } from "./schema-node.ts";

/**
 * The only names that properties may have by `unevaluatedProperties: false`: those that a schema speaks of which looks at the same
 * value. Some of these schemas may not hold for a value, so it is at most these. Null where they cannot be counted.
 * @param fails Schemas that are known not to hold: what they speak of does not count.
 */
export function evaluatedNames(closed: SchemaNode, fails: ReadonlySet<SchemaNode>): ReadonlySet<string> | null {
  const names = new Set<string>();
  const seen = new Set<SchemaNode>();
  const isCounted = (node: SchemaNode): boolean => {
    if (seen.has(node) || fails.has(node)) return true;
    seen.add(node);
    for (const name of node.properties.keys()) names.add(name);
    if (node.patternProperties.size > 0) return false;
    if (node.additionalProperties !== null && node.additionalProperties.always !== false) return false;
    // One inside evaluates all properties where it takes them.
    if (node.unevaluatedProperties === "taken" || [...node.opaque.keys()].some((keyword) => !keyword.startsWith("unevaluated")))
      return false;
    return inPlace(node).every(isCounted);
  };
  return isCounted(closed) ? names : null;
}

/** The schemas that say something of the same value, whether they hold or not. */
function inPlace(node: SchemaNode): SchemaNode[] {
  const { allOf, anyOf, oneOf, not, conditional, dependentSchemas, reference } = node;
  return [
    ...allOf,
    ...(anyOf ?? []),
    ...(oneOf ?? []),
    ...(not === null ? [] : [not]),
    ...(conditional === null ? [] : [conditional.if, conditional.then, conditional.else]),
    ...dependentSchemas.values(),
    ...(reference === null ? [] : [reference()]),
  ];
}
