import { escapePointer, pointerSegments } from "./schema-structure.ts";

/** The names along a path of a property: `customer.email`, or `/customer/email` for names with dots. */
export function pathSegments(path: string): string[] {
  return path.startsWith("/") ? pointerSegments(path) : path.split(".");
}

/** What an error may say of a place in an event's data. */
export interface Disclosure {
  /** The place, no deeper than where it becomes personal: what is below may be a name that was made of personal data. */
  readonly pointer: string;
  /** Whether the value there may be shown: no part of it is personal. */
  readonly isPublic: boolean;
}

/** @param segments The place, array indices included. */
export function disclose(segments: readonly string[], personal: readonly string[]): Disclosure {
  const pointerTo = (length: number): string =>
    segments
      .slice(0, length)
      .map((segment) => `/${escapePointer(segment)}`)
      .join("");
  let isPublic = true;
  for (const path of personal) {
    const names = pathSegments(path);
    let matched = 0;
    let at = 0;
    for (; at < segments.length && matched < names.length; at++) {
      // A path goes through arrays: an index is no name of it.
      if (segments[at] === names[matched]) matched++;
      else if (!/^\d+$/.test(segments[at] as string)) break;
    }
    if (matched === names.length) return { pointer: pointerTo(at), isPublic: false };
    if (at === segments.length) isPublic = false;
  }
  return { pointer: pointerTo(segments.length), isPublic };
}
