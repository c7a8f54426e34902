export {
  checkCompatibility,
  type CompatibilityCheck,
  type CompatibilityLevel,
  compatibilityLevels,
  type Incompatibility,
  type SchemaText,
  type SchemaType,
} from "./compatibility/check-compatibility.ts";
export type { Difference, DifferenceKind } from "./compatibility/difference.ts";
export { SchemaInvalid } from "./compatibility/schema-invalid.ts";
