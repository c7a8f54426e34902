import { textOfLiterals } from "./proto-strings.ts";
import type { ProtoTokens } from "./proto-tokens.ts";

/** `1, 4 to 6, 9 to max`: the first and the last of each. @param least Of the numbers that may be there. */
export function rangesOf(tokens: ProtoTokens, least: number, largest: number): [first: number, last: number][] {
  const found: [number, number][] = [];
  do {
    const first = tokens.integer("a number");
    const last = !tokens.takeIf("to") ? first : tokens.takeIf("max") ? largest : tokens.integer("a number");
    if (first < least || last < first || last > largest)
      tokens.fail(`has a range from ${first} to ${last}; it may be from ${least} to ${largest}`);
    found.push([first, last]);
  } while (tokens.takeIf(","));
  return found;
}

/** Names or numbers that must not be used, after the word `reserved`. */
export function reservedIn(
  tokens: ProtoTokens,
  names: string[],
  least: number,
  largest: number,
  addRange: (range: [first: number, last: number]) => void,
): void {
  if (tokens.next.kind === "string")
    do names.push(textOfLiterals(tokens.strings("a name")));
    while (tokens.takeIf(","));
  // Editions write them without quotes.
  else if (tokens.next.kind === "word")
    do names.push(tokens.name("a name"));
    while (tokens.takeIf(","));
  else for (const range of rangesOf(tokens, least, largest)) addRange(range);
  tokens.expect(";");
}
