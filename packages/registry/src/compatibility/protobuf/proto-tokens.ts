import { SchemaInvalid } from "../schema-invalid.ts";

export interface ProtoToken {
  readonly kind: "word" | "number" | "string" | "symbol" | "end";
  /** As it stands in the file; of a string with its quotes. */
  readonly text: string;
  readonly offset: number;
}

const word = /[A-Za-z_]\w*/y;
const number = /(?:0[xX][0-9A-Fa-f]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[A-Za-z_]*/y;

/** The words of a `.proto` file, one after the other, without white space and comments. */
export class ProtoTokens {
  readonly #text: string;
  #at = 0;
  #next: ProtoToken;

  constructor(text: string) {
    this.#text = text.startsWith("\u{feff}") ? ` ${text.slice(1)}` : text;
    this.#next = this.#read();
  }

  /** What comes next, without taking it. */
  get next(): ProtoToken {
    return this.#next;
  }

  take(): ProtoToken {
    const taken = this.#next;
    if (taken.kind !== "end") this.#next = this.#read();
    return taken;
  }

  is(text: string): boolean {
    return this.#next.text === text && (this.#next.kind === "symbol" || this.#next.kind === "word");
  }

  takeIf(text: string): boolean {
    if (!this.is(text)) return false;
    this.take();
    return true;
  }

  expect(text: string): void {
    if (!this.takeIf(text)) this.unexpected(`"${text}"`);
  }

  /** @param what Which name: `a name for the message`. */
  name(what: string): string {
    if (this.#next.kind !== "word") this.unexpected(what);
    return this.take().text;
  }

  /** `shop.Order`, and with a dot before it where that is allowed. */
  fullName(what: string, { mayBeAbsolute = false } = {}): string {
    let name = mayBeAbsolute && this.takeIf(".") ? "." : "";
    do name += `${name === "" || name === "." ? "" : "."}${this.name(what)}`;
    while (this.takeIf("."));
    return name;
  }

  integer(what: string): number {
    const isNegative = this.takeIf("-");
    const { kind, text } = this.#next;
    const isInteger = kind === "number" && /^(?:0[xX][0-9A-Fa-f]+|0[0-7]*|[1-9]\d*)$/.test(text);
    if (!isInteger) this.unexpected(what);
    this.take();
    const value = Number(/^0\d/.test(text) ? `0o${text.slice(1)}` : text);
    return isNegative ? -value : value;
  }

  /** Strings that follow one another are one. As they stand in the file, with their quotes. */
  strings(what: string): string[] {
    const found: string[] = [];
    while (this.#next.kind === "string") found.push(this.take().text);
    if (found.length === 0) this.unexpected(what);
    return found;
  }

  /** @param what What should come instead. */
  unexpected(what: string): never {
    return this.fail(`has ${this.#said()} where ${what} is expected`);
  }

  fail(what: string, offset = this.#next.offset): never {
    const before = this.#text.slice(0, offset).split("\n");
    throw new SchemaInvalid("", `is no .proto file: line ${before.length}, column ${(before.at(-1) ?? "").length + 1} ${what}`);
  }

  #said(): string {
    const { kind, text } = this.#next;
    if (kind === "end") return "its end";
    return text.length > 40 ? `${text.slice(0, 37)}…` : text.startsWith('"') ? text : `"${text}"`;
  }

  #read(): ProtoToken {
    this.#skip();
    const offset = this.#at;
    if (offset >= this.#text.length) return { kind: "end", text: "", offset };
    for (const [kind, rule] of [
      ["word", word],
      ["number", number],
    ] as const) {
      rule.lastIndex = offset;
      const found = rule.exec(this.#text);
      if (found === null) continue;
      this.#at = rule.lastIndex;
      return { kind, text: found[0], offset };
    }
    const first = this.#text[offset] ?? "";
    if (first === '"' || first === "'") return { kind: "string", text: this.#string(first), offset };
    this.#at += 1;
    return { kind: "symbol", text: first, offset };
  }

  // White space and strings are read by hand: an expression would remember each of five million characters.
  #skip(): void {
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) return;
      if (/\s/.test(character)) this.#at += 1;
      else if (this.#text.startsWith("//", this.#at)) {
        const end = this.#text.indexOf("\n", this.#at);
        this.#at = end === -1 ? this.#text.length : end;
      } else if (this.#text.startsWith("/*", this.#at)) {
        const end = this.#text.indexOf("*/", this.#at + 2);
        if (end === -1) this.fail("begins a comment that does not end", this.#at);
        this.#at = end + 2;
      } else return;
    }
  }

  #string(quote: string): string {
    const start = this.#at;
    for (let at = start + 1; at < this.#text.length && this.#text[at] !== "\n"; at += 1) {
      if (this.#text[at] === "\\") at += 1;
      else if (this.#text[at] === quote) {
        this.#at = at + 1;
        return this.#text.slice(start, at + 1);
      }
    }
    return this.fail("begins a string that does not end on its line", start);
  }
}
