import type { DescMessage } from "@bufbuild/protobuf";
import type { ProtoTokens } from "./proto-tokens.ts";

/** What an option says, until it is known what it means: an extension that it names may be defined in another file. */
export interface OptionText {
  /** Of what it is an option. */
  readonly holder: { options?: unknown };
  /** Of the message that holds such options. */
  readonly schema: DescMessage;
  readonly path: readonly { readonly name: string; readonly isExtension: boolean }[];
  /** In the text format of Protocol Buffers. */
  readonly value: string;
  readonly isMessage: boolean;
  readonly place: string;
}

interface Reading {
  readonly tokens: ProtoTokens;
  readonly options: OptionText[];
}

const deepestValue = 64;

/** `name = value;`, after the word `option`. */
export function optionOf(reading: Reading, holder: { options?: unknown }, schema: DescMessage, place: string): void {
  reading.options.push({ holder, schema, ...nameAndValue(reading, place) });
  reading.tokens.expect(";");
}

/** `[name = value, …]`, where it stands. @param own Takes what looks like an option and is none; true when it did. */
export function optionsOf(
  reading: Reading,
  holder: { options?: unknown },
  schema: DescMessage,
  place: string,
  own: (name: string) => boolean = () => false,
): void {
  const { tokens } = reading;
  if (!tokens.takeIf("[")) return;
  do {
    const isOwn = tokens.next.kind === "word" && own(tokens.next.text);
    if (!isOwn) reading.options.push({ holder, schema, ...nameAndValue(reading, place) });
  } while (tokens.takeIf(","));
  tokens.expect("]");
}

function nameAndValue({ tokens }: Reading, place: string): Omit<OptionText, "holder" | "schema"> {
  const path: { name: string; isExtension: boolean }[] = [];
  do {
    const isExtension = tokens.takeIf("(");
    const name = isExtension
      ? tokens.fullName("the name of an extension", { mayBeAbsolute: true })
      : tokens.name("the name of an option");
    path.push({ name, isExtension });
    if (isExtension) tokens.expect(")");
    if (path.length > deepestValue) tokens.fail(`is nested deeper than ${deepestValue} values`);
  } while (tokens.takeIf("."));
  tokens.expect("=");
  const isMessage = tokens.is("{");
  return { path, isMessage, value: isMessage ? aggregate(tokens) : scalar(tokens), place };
}

function scalar(tokens: ProtoTokens): string {
  const { kind } = tokens.next;
  if (kind === "string") return tokens.strings("a value").join(" ");
  const sign = tokens.takeIf("-") ? "-" : "";
  if (tokens.next.kind !== "word" && tokens.next.kind !== "number") tokens.unexpected("a value");
  return `${sign}${tokens.take().text}`;
}

/** A message in the text format, from its brace to the one that ends it. */
function aggregate(tokens: ProtoTokens): string {
  const words: string[] = [];
  const open: string[] = [];
  const ends: Readonly<Record<string, string>> = { "{": "}", "[": "]", "<": ">" };
  do {
    const { kind, text } = tokens.next;
    if (kind === "end") tokens.unexpected(`"${open.at(-1)}"`);
    const isSymbol = kind === "symbol";
    if (isSymbol && ends[text] !== undefined) open.push(ends[text]);
    else if (isSymbol && text === open.at(-1)) open.pop();
    if (open.length > deepestValue) tokens.fail(`is nested deeper than ${deepestValue} values`);
    tokens.take();
    // A minus stands directly before its number or word.
    words.push(isSymbol && text === "-" ? text : `${text} `);
  } while (open.length > 0);
  return words.join("");
}
