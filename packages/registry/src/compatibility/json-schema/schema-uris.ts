import { madeNode, type SchemaNode } from "./schema-node.ts";

/** Schemas of schemas, which nobody brings along. */
export const ofDrafts = /^https?:\/\/json-schema\.org\/draft(?:-0\d|\/20\d\d-\d\d)\/(?:schema|meta\/)/;

/** Of what it takes nothing is concluded, but that it is the same. */
export function schemaOfDrafts(uri: string): SchemaNode {
  const name = madeNode({ texts: new Map([["$ref", uri.replace(/#$/, "")]]) });
  return madeNode({ opaque: new Map([["$ref", name]]) });
}

export function splitUri(uri: string): [string, string] {
  const hash = uri.indexOf("#");
  return hash < 0 ? [uri, ""] : [uri.slice(0, hash), uri.slice(hash + 1)];
}

/** Where the base is no URI, as file names are, they are one beside the other. */
export function resolved(base: string, reference: string): string {
  if (reference.startsWith("#")) return `${splitUri(base)[0]}${reference}`;
  try {
    return new URL(reference, base === "" ? undefined : base).href;
  } catch {
    return reference;
  }
}

export function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
