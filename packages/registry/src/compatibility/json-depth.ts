/** Deeper than any schema that is written by people, and not so deep that reading it ends the stack. */
export const deepestText = 1_000;

/** How deep brackets are nested in a text of JSON. */
export function depthOf(text: string): number {
  let [depth, deepest, isInString] = [0, 0, false];
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (isInString) {
      if (character === "\\") index += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "{" || character === "[") deepest = Math.max(deepest, (depth += 1));
    else if (character === "}" || character === "]") depth -= 1;
  }
  return deepest;
}
