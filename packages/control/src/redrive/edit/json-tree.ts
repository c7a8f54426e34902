/** A value of a JSON text, with where it stands in it: what nobody edits keeps its very characters. */
export type JsonNode = JsonScalar | JsonArray | JsonObject;

interface Placed {
  /** Of its first character, and behind its last. */
  readonly start: number;
  readonly end: number;
}

export interface JsonScalar extends Placed {
  readonly kind: "string" | "number" | "true" | "false" | "null";
}

export interface JsonArray extends Placed {
  readonly kind: "array";
  readonly items: readonly JsonNode[];
}

export interface JsonObject extends Placed {
  readonly kind: "object";
  /** In their order; a name may occur twice, and then the last one counts. */
  readonly members: readonly JsonMember[];
}

export interface JsonMember {
  readonly name: string;
  readonly nameStart: number;
  readonly value: JsonNode;
}

const space = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const string = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const word = /true|false|null/y;
/** Nothing legitimate is deeper, and nobody should run out of stack by it. */
const deepest = 500;

/** Reads JSON (RFC 8259) as a tree of places. Throws a SyntaxError that says where the text is none. */
export function parseJsonTree(text: string): JsonNode {
  let at = 0;
  const fail = (wanted: string): never => {
    const found = at < text.length ? `"${text[at]}"` : "the end";
    throw new SyntaxError(`is not JSON: at character ${at + 1} it should have ${wanted}, and has ${found}`);
  };
  const match = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const skip = (): void => void match(space);
  const expect = (character: string): void => {
    if (text[at] !== character) fail(`"${character}"`);
    at += 1;
  };

  function value(depth: number): JsonNode {
    if (depth > deepest) throw new SyntaxError(`is nested deeper than ${deepest}`);
    const start = at;
    if (text[at] === "{") return object(start, depth);
    if (text[at] === "[") return array(start, depth);
    if (match(string)) return { kind: "string", start, end: at };
    if (match(number)) return { kind: "number", start, end: at };
    if (match(word)) return { kind: text.slice(start, at) as "true" | "false" | "null", start, end: at };
    return fail("a value");
  }

  function object(start: number, depth: number): JsonObject {
    const members: JsonMember[] = [];
    at += 1;
    skip();
    while (text[at] !== "}") {
      if (members.length > 0) {
        expect(",");
        skip();
      }
      const nameStart = at;
      if (!match(string)) fail("a name in quotes");
      const name = JSON.parse(text.slice(nameStart, at)) as string;
      skip();
      expect(":");
      skip();
      members.push({ name, nameStart, value: value(depth + 1) });
      skip();
    }
    at += 1;
    return { kind: "object", start, end: at, members };
  }

  function array(start: number, depth: number): JsonArray {
    const items: JsonNode[] = [];
    at += 1;
    skip();
    while (text[at] !== "]") {
      if (items.length > 0) {
        expect(",");
        skip();
      }
      items.push(value(depth + 1));
      skip();
    }
    at += 1;
    return { kind: "array", start, end: at, items };
  }

  skip();
  const root = value(0);
  skip();
  if (at < text.length) fail("its end");
  return root;
}

/** The member of a name that counts. */
export const memberOf = ({ members }: JsonObject, name: string): JsonMember | undefined =>
  members.findLast((member) => member.name === name);

export const escapePointer = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** The names that a JSON pointer (RFC 6901) goes along; null where it is none. */
export function pointerNames(pointer: string): string[] | null {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/.test(pointer)) return null;
  return pointer
    .slice(1)
    .split("/")
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
}
