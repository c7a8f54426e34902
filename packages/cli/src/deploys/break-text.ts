import { type ConsumerBreak, placeText } from "@throughline/registry";
import type { Paint } from "../output/colours.ts";

/**
 * Breaks for people: under each handler and event what breaks it, and for each reason its kind and place.
 * @param bullet Before each handler: `- ` makes a list of Markdown.
 */
export function breaksAsText(
  breaks: readonly ConsumerBreak[],
  paint: Paint,
  hintFor: (found: ConsumerBreak) => string | null,
  bullet = "  ",
): string[] {
  const byPlace = Map.groupBy(breaks, ({ consumer, type, version }) => JSON.stringify([consumer, type, version]));
  const indent = `  ${bullet}`;
  return [...byPlace.values()].flatMap((found) => {
    const [first] = found as [ConsumerBreak, ...ConsumerBreak[]];
    const event = `${first.type}${first.version === null ? "" : ` version ${first.version}`}`;
    const hints = new Set(found.map(hintFor).filter((hint) => hint !== null));
    return [
      `${bullet}${paint(first.isCertain ? "red" : "yellow", placeText(first.consumer))} reads ${event}:`,
      ...found.map((each) => `${indent}${each.message} ${paint("dim", `(${whereOf(each)})`)}`),
      ...[...hints].map((hint) => `${indent}${paint("dim", hint)}`),
    ];
  });
}

function whereOf({ kind, path, pointer }: ConsumerBreak): string {
  return [`${kind}${path === "" ? "" : ` of ${path}`}`, ...(pointer === "" ? [] : [`at ${pointer} of its schema`])].join(", ");
}

export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
