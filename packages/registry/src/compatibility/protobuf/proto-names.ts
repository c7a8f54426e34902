import { FieldDescriptorProto_Type as Type } from "@bufbuild/protobuf/wkt";

/** The highest number that a field may have. */
export const largestNumber = 536_870_911;

const scalars = new Map<string, Type>([
  ["double", Type.DOUBLE],
  ["float", Type.FLOAT],
  ["int64", Type.INT64],
  ["uint64", Type.UINT64],
  ["int32", Type.INT32],
  ["fixed64", Type.FIXED64],
  ["fixed32", Type.FIXED32],
  ["bool", Type.BOOL],
  ["string", Type.STRING],
  ["bytes", Type.BYTES],
  ["uint32", Type.UINT32],
  ["sfixed32", Type.SFIXED32],
  ["sfixed64", Type.SFIXED64],
  ["sint32", Type.SINT32],
  ["sint64", Type.SINT64],
]);
const names = new Map<number, string>([...scalars].map(([name, type]) => [type, name]));

/** What the file of a schema itself is called: clients name it as they asked for it. */
export const schemaFile = "default";

export const scalarNamed = (name: string): Type | undefined => scalars.get(name);
/** What a scalar type is called in a text; undefined for the others. */
export const nameOfScalar = (type: number): string | undefined => names.get(type);

/** What a field is called in JSON if nobody says anything else. */
export function jsonNameOf(name: string): string {
  return name.replace(/_+(.)?/g, (_all, next: string | undefined) => (next ?? "").toUpperCase());
}

/** What the compiler calls the type of a map's entries. */
export function mapEntryName(field: string): string {
  const camel = field.replace(/_+(.)?/g, (_all, next: string | undefined) => (next ?? "").toUpperCase());
  return `${camel.slice(0, 1).toUpperCase()}${camel.slice(1)}Entry`;
}

export function inPackage({ package: of }: { readonly package: string }, name: string): string {
  return of === "" ? name : `${of}.${name}`;
}
