import type { DescEnum, DescField, DescMessage, DescOneof } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import { nameOfScalar, schemaFile } from "./proto-names.ts";

/** Where in the data: the place of the message that it is in, and its own name. */
export interface Place {
  readonly outer: Place | null;
  readonly name: string;
}

/** Longer ones are cut at their beginning. */
const deepestPath = 20;

/** `/lines/[]/sku` */
export function pathOf(place: Place | null): string {
  const names: string[] = [];
  for (let at = place; at !== null; at = at.outer) {
    names.unshift(names.length === deepestPath ? "…" : at.name);
    if (names.length > deepestPath) break;
  }
  return names.map((name) => `/${name}`).join("");
}

/** What a field holds: itself, one of its items, or one of a map's values. */
export function inside(field: DescField, place: Place): Place {
  if (field.fieldKind === "list") return { outer: place, name: "[]" };
  return field.fieldKind === "map" ? { outer: place, name: "{}" } : place;
}

/** In the file: `/Order/Line/sku`, and `money.proto#/Money/cents` in one that is imported. */
export function pointerOf(of: DescMessage | DescField | DescOneof): string {
  if (of.kind !== "message") return `${pointerOf(of.parent)}/${of.name}`;
  const file = of.file.proto.name === schemaFile ? "" : `${of.file.proto.name}#`;
  return `${file}/${localName(of).replaceAll(".", "/")}`;
}

/** Without its package. */
export function localName({ typeName, file }: DescMessage | DescEnum): string {
  return file.proto.package === "" ? typeName : typeName.slice(file.proto.package.length + 1);
}

/** How something stands on the wire: what differs in it cannot be read as one another. */
export function shapeOf(field: DescField): "map" | "message" | "group" | "scalar" {
  if (field.fieldKind === "map") return "map";
  if (field.message === undefined) return "scalar";
  return "delimitedEncoding" in field && field.delimitedEncoding ? "group" : "message";
}

/** Scalars that Protocol Buffers reads as one another ("Updating A Message Type"). */
const groups: Readonly<Record<string, string>> = {
  int32: "number",
  int64: "number",
  uint32: "number",
  uint64: "number",
  bool: "number",
  sint32: "zigzag",
  sint64: "zigzag",
  string: "text",
  bytes: "text",
  fixed32: "fixed32",
  sfixed32: "fixed32",
  fixed64: "fixed64",
  sfixed64: "fixed64",
};

/** @param name Of a scalar, as `typeOf` names it. */
export function groupOf(name: string): string {
  return name.startsWith("enum ") ? "number" : (groups[name] ?? name);
}

export function typeOf({ message, enum: ofEnum, scalar }: DescField): string {
  if (message !== undefined) return `message ${localName(message)}`;
  return ofEnum === undefined ? nameOfType(scalar) : `enum ${localName(ofEnum)}`;
}

export function keyOf(field: DescField & { readonly fieldKind: "map" }): string {
  return nameOfType(field.mapKey);
}

/** As a sentence names it: `repeated int32`. */
export function described(field: DescField): string {
  if (field.fieldKind === "map") return `map<${keyOf(field)}, ${typeOf(field)}>`;
  const label = labelOf(field);
  const isGroup = shapeOf(field) === "group";
  return `${label === "optional" ? "" : `${label} `}${isGroup ? "group, " : ""}${typeOf(field)}`;
}

export function isRequired(field: DescField): boolean {
  return field.presence === Presence.LEGACY_REQUIRED;
}

export function labelOf(field: DescField): "repeated" | "required" | "optional" {
  if (field.fieldKind === "list") return "repeated";
  return isRequired(field) ? "required" : "optional";
}

const nameOfType = (type: number | undefined): string => nameOfScalar(type ?? 0) ?? "nothing";
