const mostLength = 400;

/** A word after which a quoted name is a part of the code or the schema, and tells causes apart. */
const namesCode =
  "reading|setting|property|properties|access|column|relation|table|constraint|index|function|field|attribute|key|type|module|sequence|role|schema";

/** What differs from event to event, and what stands for it; in this order, for each leaves less to the next. */
const steps: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>)\]]+/gi, "<url>"],
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, "<email>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<#>"],
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z| ?[+-]\d\d:?\d\d)?)?/g, "<time>"],
  [
    /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? (?:\d{1,2} )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[^,;"'()]*?\d{4}(?: \d\d:\d\d:\d\d)?(?: ?GMT(?:[+-]\d{4})?)?(?: \([^)]*\))?/g,
    "<time>",
  ],
  [/\b\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?\b/g, "<time>"],
  [/=\s*\((?:[^()]*)\)/g, "=(<value>)"],
];

/**
 * A message without what differs from event to event: addresses, ids, times, numbers, quoted values, and names of people and places.
 * A quoted name of a property, a column or a constraint stays. Lists of any length look alike.
 */
export function messagePattern(message: string): string {
  let text = message
    .slice(0, mostLength * 4)
    .replace(/\s+/g, " ")
    .trim();
  for (const [what, instead] of steps) text = text.replace(what, instead);
  return collapsed(words(quoted(text))).slice(0, mostLength);
}

const keptName = new RegExp(`\\b(?:${namesCode})s? ?$`, "i");

/** Quoted values, but not names of the code: `reading 'total'`, `column "tax_id"`, and no apostrophes as in "isn't". */
function quoted(text: string): string {
  return text.replace(
    /"((?:[^"\\]|\\.)*)"|`([^`]*)`|“([^”]*)”|(?<![\w'])'((?:[^'\\]|\\.|'(?=\w))*)'(?!\w)/g,
    (whole: string, ...rest: unknown[]) => {
      const value = rest.slice(0, 4).find((part) => typeof part === "string") as string;
      const before = text.slice(Math.max(0, (rest[4] as number) - 24), rest[4] as number);
      return /^[A-Za-z_$][\w$.]*$/.test(value) && !/\d{3,}/.test(value) && keptName.test(before) ? whole : "<value>";
    },
  );
}

/** Words with a digit are ids or numbers; short ones in capitals, and capitalised ones, within a sentence are codes and names. */
function words(text: string): string {
  return text
    .replace(/(?<![\w<])[+-]?[€$£¥]?(?=[\w$/.:-]*\d)[A-Za-z0-9_$](?:[\w$/.,:-]*[\w$])?/g, "<#>")
    .replace(/(?<=[a-z,>)] )(?:\p{Lu}{2,3}|\p{Lu}\p{Ll}+(?:[ -]\p{Lu}\p{Ll}+)*)(?![\w.(])/gu, "<name>");
}

function collapsed(text: string): string {
  return text
    .replace(/(<(?:#|value|name|time|url|email)>)(?:(?:, ?| and | or | )\1)+/g, "$1")
    .replace(/(<(?:#|value)>: ?<(?:#|value)>)(?:, ?\1)+/g, "$1");
}
