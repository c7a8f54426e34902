import { type AST, RegExpParser } from "@eslint-community/regexpp";
import { regexOf } from "../json-values.ts";

/** A pattern that asks for more, by its size and that of the text, is not tried. */
const mostSteps = 2_000;
const mostWork = 1_000_000;

/** What a match goes through. Those that take a character are at one place in the text at a time, whatever ways led to them. */
interface Step {
  readonly takes?: (character: string) => boolean;
  readonly holds?: (characters: readonly string[], index: number) => boolean;
  next: readonly number[];
}

const matched = 0;

class NotTried extends Error {}

/**
 * Whether a text matches a regular expression, in time that its length and that of the expression bound: no way is tried twice, as
 * engines do that go back. Null where it is not tried: for backreferences and lookaround, and where it is too large.
 */
export function matcherOf(pattern: string): (text: string) => boolean | null {
  const expression = regexOf(pattern);
  if (expression === null) return () => null;
  const { source, unicode } = expression;
  try {
    const program = new Program(new RegExpParser().parsePattern(source, undefined, undefined, { unicode }), unicode ? "u" : "");
    return (text) => program.matches(text);
  } catch {
    // What the parser does not know, or is too deep for it, is not tried either.
    return () => null;
  }
}

class Program {
  readonly #steps: Step[] = [{ next: [] }];
  readonly #flags: "u" | "";
  readonly #start: number;

  constructor(pattern: AST.Pattern, flags: "u" | "") {
    this.#flags = flags;
    this.#start = this.#oneOf(pattern.alternatives, matched);
  }

  matches(text: string): boolean | null {
    const characters = this.#flags === "u" ? [...text] : text.split("");
    if (this.#steps.length * (characters.length + 1) > mostWork) return null;
    let places: Iterable<number> = [];
    for (let index = 0; index <= characters.length; index += 1) {
      const reached = this.#reached([...places, this.#start], characters, index);
      if (reached.has(matched)) return true;
      const character = characters[index] as string;
      places = [...reached]
        .map((place) => this.#steps[place] as Step)
        .flatMap((step) => (index < characters.length && step.takes?.(character) === true ? step.next : []));
    }
    return false;
  }

  /** Without taking a character. */
  #reached(from: readonly number[], characters: readonly string[], index: number): ReadonlySet<number> {
    const reached = new Set(from);
    for (const place of reached) {
      const { takes, holds, next } = this.#steps[place] as Step;
      if (takes === undefined && holds?.(characters, index) !== false) for (const each of next) reached.add(each);
    }
    return reached;
  }

  #add(step: Step): number {
    if (this.#steps.length >= mostSteps) throw new NotTried();
    return this.#steps.push(step) - 1;
  }

  #oneOf(alternatives: readonly AST.Alternative[], next: number): number {
    const starts = alternatives.map(({ elements }) =>
      elements.reduceRight((after, element) => this.#element(element, after), next),
    );
    return starts.length === 1 ? (starts[0] as number) : this.#add({ next: starts });
  }

  #element(element: AST.Element, next: number): number {
    switch (element.type) {
      case "Group":
        if (element.modifiers !== null) throw new NotTried();
        return this.#oneOf(element.alternatives, next);
      case "CapturingGroup":
        return this.#oneOf(element.alternatives, next);
      case "Quantifier":
        return this.#repeated(element, next);
      case "Character":
      case "CharacterClass":
      case "CharacterSet": {
        const one = new RegExp(`^(?:${element.raw})$`, this.#flags);
        return this.#add({ takes: (character) => one.test(character), next: [next] });
      }
      case "Assertion":
        return this.#add({ holds: assertion(element), next: [next] });
      default:
        throw new NotTried();
    }
  }

  #repeated({ element, min, max }: AST.Quantifier, next: number): number {
    let start = next;
    if (max === Number.POSITIVE_INFINITY) {
      const loop: Step = { next: [] };
      start = this.#add(loop);
      loop.next = [this.#element(element, start), next];
    } else for (let count = min; count < max; count += 1) start = this.#add({ next: [this.#element(element, start), next] });
    for (let count = 0; count < min; count += 1) {
      const before = this.#steps.length;
      start = this.#element(element, start);
      // What takes nothing takes nothing however often.
      if (this.#steps.length === before) break;
    }
    return start;
  }
}

function assertion(element: AST.Assertion): NonNullable<Step["holds"]> {
  switch (element.kind) {
    case "start":
      return (_, index) => index === 0;
    case "end":
      return (characters, index) => index === characters.length;
    case "word":
      // Engines differ in what is no boundary inside of characters of two units.
      if (element.negate) throw new NotTried();
      return (characters, index) => isWord(characters[index - 1]) !== isWord(characters[index]);
    default:
      throw new NotTried();
  }
}

const isWord = (character: string | undefined): boolean => character !== undefined && /^\w$/.test(character);
