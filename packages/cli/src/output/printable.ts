// Text from events must not steer the terminal of whoever reads it: control characters are shown, not sent.
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|\t|\n/gu;

const show = (character: string): string => `\\x${character.codePointAt(0)!.toString(16).padStart(2, "0")}`;

/** One line: line breaks and tabs become spaces, other control characters visible. */
export function printableLine(text: string): string {
  return text.replace(control, (character) =>
    character === "\n" || character === "\t" ? " " : character === "\r" ? "" : show(character),
  );
}

/** Several lines: line breaks and tabs stay. */
export function printableText(text: string): string {
  return text.replace(control, (character) =>
    character === "\n" || character === "\t" ? character : character === "\r" ? "" : show(character),
  );
}
