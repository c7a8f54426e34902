import { jsonFault, type JsonFault } from "../../parts/json-fault.ts";
import { jsonTokens, spacedJson } from "../../parts/json-text.ts";

/** A payload as it is edited, and what is sent of it. */
export interface EditText {
  /** What stands in the editor at first. */
  readonly shown: string;
  /** The text that is sent for one that was edited; what nobody edited is sent as it came, byte for byte. */
  sent(edited: string): string;
  /** Where it is no JSON any more; null where it is, and where it never was. */
  fault(edited: string): JsonFault | null;
}

/** How writers of JSON space a text in one line: JSON.stringify, Python, Ruby's inspect. */
const spacings = [
  { comma: ",", colon: ":" },
  { comma: ", ", colon: ": " },
  { comma: ",", colon: ": " },
] as const;

/**
 * JSON in one line is laid out to be edited, and is one line again when it is sent, spaced as it was. What has lines of its own keeps
 * them. No number is read: each keeps its digits, and a name that stands twice stands twice.
 */
export function editText(before: string): EditText {
  const isJson = jsonFault(before) === null;
  const spacing = isJson ? spacings.find((one) => spacedJson(before, one) === before) : undefined;
  const shown = spacing === undefined ? before : (jsonTokens(before) ?? []).map(({ text }) => text).join("");
  const isShown = (text: string): boolean => text === shown || asTyped(text) === asTyped(shown);
  return {
    shown,
    sent: (edited) => {
      if (isShown(edited)) return before;
      if (spacing !== undefined && jsonFault(edited) === null) return spacedJson(edited, spacing) ?? edited;
      return withLineEnds(edited, before);
    },
    fault: (edited) => (isJson ? jsonFault(edited) : null),
  };
}

/** A text field knows one end of a line. */
const asTyped = (text: string): string => text.replaceAll(/\r\n?/g, "\n");

const withLineEnds = (text: string, before: string): string =>
  /\r\n/.test(before) && !/(?:^|[^\r])\n/.test(before) ? asTyped(text).replaceAll("\n", "\r\n") : text;
