import { type JsonNode, memberOf, parseJsonTree, pointerNames } from "./json-tree.ts";

/** A change of one value of a JSON text. */
export interface JsonChange {
  /** Where: a JSON pointer, and "-" for behind the last item of an array. */
  readonly pointer: string;
  /** What is to stand there, as JSON, whose characters are taken as they are; null removes what stands there. */
  readonly json: string | null;
}

/**
 * Changes values of a JSON text and leaves every other character as it is: spaces, digits beyond 2^53, escapes, names that occur twice.
 * Throws a SyntaxError that names the change that cannot be made.
 */
export function changeJson(text: string, changes: readonly JsonChange[]): string {
  return changes.reduce(changeOne, text);
}

function changeOne(text: string, { pointer, json }: JsonChange): string {
  const names = pointerNames(pointer);
  const refuse = (why: string): never => {
    throw new SyntaxError(`"${pointer}" ${why}`);
  };
  if (names === null) return refuse("is no JSON pointer");
  if (json !== null) parseJsonTree(json);
  const root = parseJsonTree(text);
  if (names.length === 0) return json === null ? refuse("is the whole, and cannot be removed") : replaced(text, root, json);
  const name = names.at(-1)!;
  let holder: JsonNode = root;
  for (const step of names.slice(0, -1)) holder = childOf(holder, step) ?? refuse("leads nowhere in the payload");
  const child = childOf(holder, name);
  if (child === null) return json === null ? refuse("leads nowhere in the payload") : added(text, holder, name, json, refuse);
  if (json !== null) return replaced(text, child, json);
  const rest = removed(text, holder, child);
  // Of a name that occurs twice the one before would come to light.
  const isTwice = holder.kind === "object" && holder.members.filter((member) => member.name === name).length > 1;
  return isTwice ? changeOne(rest, { pointer, json }) : rest;
}

function childOf(node: JsonNode, name: string): JsonNode | null {
  if (node.kind === "object") return memberOf(node, name)?.value ?? null;
  if (node.kind === "array" && /^(?:0|[1-9]\d*)$/.test(name)) return node.items[Number(name)] ?? null;
  return null;
}

const replaced = (text: string, { start, end }: JsonNode, json: string): string =>
  `${text.slice(0, start)}${json.trim()}${text.slice(end)}`;

function added(text: string, holder: JsonNode, name: string, json: string, refuse: (why: string) => never): string {
  if (holder.kind === "object")
    return behindLast(text, holder, holder.members.at(-1)?.value, `${JSON.stringify(name)}: ${json.trim()}`);
  if (holder.kind !== "array") return refuse("leads into what is neither an object nor an array");
  if (name !== "-" && Number(name) !== holder.items.length) return refuse("leads beyond the end of the array");
  return behindLast(text, holder, holder.items.at(-1), json.trim());
}

function behindLast(text: string, holder: JsonNode, last: JsonNode | undefined, part: string): string {
  const at = last === undefined ? holder.start + 1 : last.end;
  return `${text.slice(0, at)}${last === undefined ? "" : ", "}${part}${text.slice(at)}`;
}

/** With the comma behind it, or before it where it is the last. */
function removed(text: string, holder: JsonNode, child: JsonNode): string {
  const parts =
    holder.kind === "object"
      ? holder.members.map(({ nameStart, value }) => ({ node: value, start: nameStart }))
      : holder.kind === "array"
        ? holder.items.map((node) => ({ node, start: node.start }))
        : [];
  const at = parts.findIndex(({ node }) => node === child);
  const [before, part, after] = [parts[at - 1], parts[at]!, parts[at + 1]];
  const [from, to] = after === undefined ? [before?.node.end ?? part.start, part.node.end] : [part.start, after.start];
  return text.slice(0, from) + text.slice(to);
}
