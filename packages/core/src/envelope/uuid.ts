const length = 36;
const dashesAt: ReadonlySet<number> = new Set([8, 13, 18, 23]);

/** By character code: what may stand for a digit, and whether it is a capital. */
const no = 0;
const digit = 1;
const capital = 2;
const kinds = new Uint8Array(128);
for (const character of "0123456789abcdef") kinds[character.charCodeAt(0)] = digit;
for (const character of "ABCDEF") kinds[character.charCodeAt(0)] = capital;

/** By place in a UUID. */
const isDash = Array.from({ length }, (_, at) => dashesAt.has(at));

/** A UUID in lower case; null for any other text. No pattern, which takes twice as long: this runs for each event. */
export function uuidOf(text: string): string | null {
  if (text.length !== length) return null;
  let hasCapitals = false;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (isDash[at] === true) {
      if (code !== 45) return null;
      continue;
    }
    const kind = kinds[code] ?? no;
    if (kind === no) return null;
    if (kind === capital) hasCapitals = true;
  }
  return hasCapitals ? text.toLowerCase() : text;
}
