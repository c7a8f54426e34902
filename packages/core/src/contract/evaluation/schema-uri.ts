/** The base of a schema that has no `$id`. */
export const NO_BASE = "schema:/root";

/** What a reference or an identifier means where this base holds. One that is no URI stays as it is. */
export function resolveUri(reference: string, base: string): string {
  if (reference.startsWith("#") && !URL.canParse(reference, base)) return `${splitUri(base).base}${reference}`;
  return URL.canParse(reference, base) ? new URL(reference, base).href : reference;
}

/** A URI without and of its fragment, which is decoded. */
export function splitUri(uri: string): { readonly base: string; readonly fragment: string } {
  const hash = uri.indexOf("#");
  return hash < 0 ? { base: uri, fragment: "" } : { base: uri.slice(0, hash), fragment: decoded(uri.slice(hash + 1)) };
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
