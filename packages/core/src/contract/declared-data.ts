import { branchesInPlace } from "./branches-in-place.ts";
import { type DeclaredPart, declaredShape, type InPlace } from "./declared-shape.ts";
import type { JsonSchema } from "./json-schema.ts";
import { reachesProperties } from "./reaches-properties.ts";
import { saysWhatIsInside } from "./says-what-is-inside.ts";
import type { SchemaDocument } from "./schema-document.ts";
import type { SchemaValidator } from "./schema-validator.ts";

const asItIs: DeclaredPart = (value) => value;

/**
 * What takes out of data whatever the schema does not name: a property stays when a schema that holds for its object names it, or
 * takes others beside those that it names. Objects of which no property is
 * named stay whole, and so do those that an alternative takes whole.
 * What is decided once stays decided: for data of one form the work is a walk over the names.
 *
 * @param document The reader's schema.
 * @param validator The same, compiled.
 */
export function declaredPart(document: SchemaDocument, validator: SchemaValidator): DeclaredPart {
  const ids = new Map([...document.pointers.keys()].map((schema, index) => [schema, index]));
  const namesBelow = reachesProperties(document);
  const inPlace = branchesInPlace(document, validator);
  const parts = new Map<string, DeclaredPart>();
  const shapes = new Map<string, DeclaredPart>();
  const keyOf = (schemas: InPlace): string => schemas.map((schema) => ids.get(schema)).join();

  /** What these schemas, which all hold for one value, leave of it. */
  const partOf = (schemas: readonly JsonSchema[]): DeclaredPart => {
    if (!schemas.some((schema) => namesBelow.has(schema))) return asItIs;
    const key = keyOf(schemas);
    const known = parts.get(key);
    if (known !== undefined) return known;
    const says = (kind: "object" | "array"): boolean => schemas.some((schema) => saysWhatIsInside(document, schema, kind));
    const [isOfObjects, isOfLists] = [says("object"), says("array")];
    const isTouched = (value: unknown): value is object =>
      typeof value === "object" && value !== null && (Array.isArray(value) ? isOfLists : isOfObjects);
    const { isFixed, of } = inPlace(schemas);
    let fixed: DeclaredPart | undefined;
    const part: DeclaredPart = isFixed
      ? (value) => (isTouched(value) ? (fixed ??= shapeOf(of(value)))(value) : value)
      : (value) => (isTouched(value) ? shapeOf(of(value))(value) : value);
    parts.set(key, part);
    return part;
  };
  const shapeOf = (schemas: InPlace): DeclaredPart => {
    const key = keyOf(schemas);
    let shape = shapes.get(key);
    if (shape === undefined) shapes.set(key, (shape = declaredShape(schemas, partOf)));
    return shape;
  };
  return partOf([document.root]);
}
