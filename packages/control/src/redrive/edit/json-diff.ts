import { escapePointer, type JsonNode, type JsonObject, memberOf, parseJsonTree } from "./json-tree.ts";

/** One place where two JSON texts differ: what stood there, and what stands there now, as they are written. */
export interface JsonDifference {
  /** A JSON pointer; empty for the whole. */
  readonly pointer: string;
  readonly kind: "added" | "removed" | "changed";
  readonly before: string | null;
  readonly after: string | null;
}

/** More are not told, so that a page can show them. */
export const mostDifferences = 1_000;

/**
 * What an edit changes, by structure: spaces and the order of names say nothing. Numbers are compared as they are written, so that no
 * digit is lost; texts by what they say. Throws a SyntaxError for what is no JSON.
 */
export function jsonDifferences(before: string, after: string): JsonDifference[] {
  const found: JsonDifference[] = [];
  const text = (of: string, node: JsonNode): string => of.slice(node.start, node.end);
  const tell = (pointer: string, a: JsonNode | null, b: JsonNode | null): void => {
    if (found.length >= mostDifferences) return;
    found.push({
      pointer,
      kind: a === null ? "added" : b === null ? "removed" : "changed",
      before: a === null ? null : text(before, a),
      after: b === null ? null : text(after, b),
    });
  };

  function compare(pointer: string, a: JsonNode, b: JsonNode): void {
    if (a.kind === "object" && b.kind === "object") return objects(pointer, a, b);
    if (a.kind === "array" && b.kind === "array") {
      for (let n = 0; n < Math.max(a.items.length, b.items.length); n++) {
        const [one, other] = [a.items[n], b.items[n]];
        if (one !== undefined && other !== undefined) compare(`${pointer}/${n}`, one, other);
        else tell(`${pointer}/${n}`, one ?? null, other ?? null);
      }
      return;
    }
    const isSame =
      a.kind === b.kind &&
      (a.kind === "string" ? JSON.parse(text(before, a)) === JSON.parse(text(after, b)) : text(before, a) === text(after, b));
    if (!isSame) tell(pointer, a, b);
  }

  function objects(pointer: string, a: JsonObject, b: JsonObject): void {
    for (const name of new Set([...a.members, ...b.members].map((member) => member.name))) {
      const [one, other] = [memberOf(a, name)?.value, memberOf(b, name)?.value];
      const at = `${pointer}/${escapePointer(name)}`;
      if (one !== undefined && other !== undefined) compare(at, one, other);
      else tell(at, one ?? null, other ?? null);
    }
  }

  compare("", parseJsonTree(before), parseJsonTree(after));
  return found;
}
