import { deadline, type Difference, listed, type Sides, Wording } from "../difference.ts";
import { ofArray } from "./array-rules.ts";
import { ofChoices } from "./choice-rules.ts";
import { type Choice, Known } from "./facts.ts";
import { ofObject } from "./object-rules.ts";
import type { Prover } from "./prover.ts";
import { Sameness } from "./sameness.ts";
import { type JsonType, ofType, type SchemaNode } from "./schema-node.ts";
import { ofEnum, ofNumber, ofString, ofType as ofTypes, ofValues } from "./value-rules.ts";

/** So much work, and no more: a schema that needs more is not judged compatible. */
const mostSteps = 50_000;

class TooComplex extends Error {}

interface Hypothesis {
  readonly key: string;
  /** How deep inside the value. */
  readonly depth: number;
}

/**
 * Why some value that `writer` accepts is not accepted by `reader`; empty when none is: proven, keyword by keyword. What cannot be
 * proven counts as a difference, so nothing is let through that a reader would refuse; a difference need not be one where schemas
 * say the same in ways that are not recognised here.
 *
 * A schema that refers to itself is proven by induction over the depth of the value: while a pair of schemas is being compared, it is
 * taken for proven deeper inside the value, and never at the same depth.
 * @param endsAt What is not told by then is too complex.
 */
export function differencesBetween(
  writer: SchemaNode,
  reader: SchemaNode,
  sides: Sides,
  endsAt = deadline(),
): readonly Difference[] {
  try {
    return new Containment(sides, endsAt).differences(new Known([writer]), reader, "", 0);
  } catch (error) {
    // So deep that the stack ends is too complex, too.
    if (!(error instanceof TooComplex) && !(error instanceof RangeError)) throw error;
    const message = `${sides.reader} and ${sides.writer} combine so many choices that it cannot be told whether all is accepted: say it with fewer anyOf, oneOf, not or if`;
    return [{ kind: "too_complex", path: "", pointer: "", message }];
  }
}

class Containment implements Prover {
  readonly say: Wording;
  readonly #hypotheses: Hypothesis[] = [];
  readonly #proven = new Set<string>();
  /** What could not be proven, at a place in the data. That it might be under other hypotheses is not looked at: nothing is let through. */
  readonly #unproven = new Map<string, readonly Difference[]>();
  readonly #endsAt: number;
  readonly #sameness = new Sameness(() => this.#checkTime());
  #steps = 0;
  /** The outermost hypothesis that what was proven last rests on. */
  #restsOn = Number.POSITIVE_INFINITY;

  constructor(sides: Sides, endsAt: number) {
    this.say = new Wording(sides);
    this.#endsAt = endsAt;
  }

  differences(known: Known, reader: SchemaNode, path: string, depth: number): readonly Difference[] {
    if (reader.always === true || this.#holds(known, reader)) return [];
    const key = `${known.key}<${reader.id}`;
    if (this.#proven.has(key)) return [];
    const before = this.#hypotheses.findIndex((each) => each.key === key);
    if (before >= 0) {
      if ((this.#hypotheses[before] as Hypothesis).depth >= depth)
        return [this.say.difference("refused", path, reader, "refers to itself and to nothing else")];
      this.#restsOn = Math.min(this.#restsOn, before);
      return [];
    }
    const place = `${key}@${path}`;
    const remembered = this.#unproven.get(place);
    if (remembered !== undefined) return remembered;
    const found = this.#underHypothesis(key, depth, () => this.#split(known, reader, path, depth));
    if (found.length > 0) this.#unproven.set(place, found);
    return found;
  }

  /** What rests on nothing but itself is proven for good. */
  #underHypothesis(key: string, depth: number, prove: () => readonly Difference[]): readonly Difference[] {
    this.#step();
    const outer = this.#restsOn;
    this.#restsOn = Number.POSITIVE_INFINITY;
    const index = this.#hypotheses.push({ key, depth }) - 1;
    const found = prove();
    this.#hypotheses.pop();
    if (found.length === 0 && this.#restsOn >= index) {
      this.#proven.add(key);
      this.#restsOn = Number.POSITIVE_INFINITY;
    }
    this.#restsOn = Math.min(outer, this.#restsOn);
    return found;
  }

  #step(): void {
    this.#steps += 1;
    if (this.#steps > mostSteps) throw new TooComplex();
    this.#checkTime();
  }

  #checkTime(): void {
    if (performance.now() > this.#endsAt) throw new TooComplex();
  }

  /** Where it cannot be told what a schema refers to, that may be another thing each time. */
  #holds(known: Known, reader: SchemaNode): boolean {
    return known.holds.has(reader) && this.#sameness.isSame(reader, reader);
  }

  /** As it is; else case by case, where what is known offers a choice. */
  #split(known: Known, reader: SchemaNode, path: string, depth: number): readonly Difference[] {
    const direct = this.#direct(known, reader, path, depth);
    if (direct.length === 0 || this.isEmpty(known, depth)) return [];
    const choice = this.#nextChoice(known, reader);
    if (choice === null) return direct;
    const found = choice.cases.flatMap((each) => this.differences(known.in(choice, each), reader, path, depth));
    if (found.length === 0) return [];
    // One that is more to the point than that none of the reader's choices fits all of the writer's.
    return distinct(direct.some(({ kind }) => kind === "choice_narrowed") ? found : direct);
  }

  /** A choice of the writer's; or the types, where the reader has choices. */
  #nextChoice(known: Known, reader: SchemaNode): Choice | null {
    const { choices, types } = known.facts;
    const [choice] = choices;
    if (choice !== undefined) return choice;
    if (types.size < 2 || !hasChoices(reader)) return null;
    return { id: `types ${[...types].join()}`, cases: [...types].map((type) => ({ holds: [ofType(type)], fails: [] })) };
  }

  /** Without looking at the choices of what is known. */
  #direct(known: Known, reader: SchemaNode, path: string, depth: number): readonly Difference[] {
    const { facts } = known;
    if (facts.types.size === 0) return [];
    if (reader.always === false) return [this.say.difference("refused", path, reader, "is refused")];
    if (facts.values !== null) return ofValues(this, facts.values, reader, path);
    if (facts.schemas.some((each) => this.#sameness.isSame(each, reader))) return [];
    return [
      ...ofTypes(this, facts, reader, path),
      ...(reader.values === null ? [] : [ofEnum(this, facts, reader, path)]),
      ...(facts.types.has("number") ? ofNumber(this, facts, reader, path) : []),
      ...(facts.types.has("string") ? ofString(this, facts, reader, path) : []),
      ...(facts.types.has("array") ? ofArray(this, known, reader, path, depth) : []),
      ...(facts.types.has("object") ? ofObject(this, known, reader, path, depth) : []),
      ...(reader.reference === null ? [] : this.differences(known, reader.reference(), path, depth)),
      ...reader.allOf.flatMap((each) => this.differences(known, each, path, depth)),
      ...ofChoices(this, known, reader, path, depth),
      ...(reader.opaque.size === 0
        ? []
        : [
            this.say.difference(
              "not_understood",
              path,
              reader,
              `is restricted by ${listed(reader.opaque.keys())}, of which it cannot be told what it refuses: keep it as it is, or say it in other words`,
            ),
          ]),
    ];
  }

  /** Whether no value satisfies what is known. */
  isEmpty(known: Known, depth: number): boolean {
    const { facts } = known;
    if (facts.types.size === 0) return true;
    const key = `${known.key}<nothing`;
    if (this.#proven.has(key)) return true;
    const before = this.#hypotheses.findIndex((each) => each.key === key);
    if (before >= 0) {
      if ((this.#hypotheses[before] as Hypothesis).depth >= depth) return false;
      this.#restsOn = Math.min(this.#restsOn, before);
      return true;
    }
    if (this.#unproven.has(key)) return false;
    const reason = this.#underHypothesis(key, depth, () => (this.#hasNoValue(known, depth) ? [] : [stillPossible]));
    if (reason.length > 0) this.#unproven.set(key, reason);
    return reason.length === 0;
  }

  #hasNoValue(known: Known, depth: number): boolean {
    const { facts } = known;
    const isImpossible: Partial<Record<JsonType, () => boolean>> = {
      object: () => [...facts.required].some((name) => this.isEmpty(new Known(facts.property(name)), depth + 1)),
      array: () =>
        Array.from({ length: Math.min(facts.minItems, facts.prefixLength + 1) }, (_, index) => index).some((index) =>
          this.isEmpty(new Known(facts.item(index)), depth + 1),
        ),
    };
    const possible = [...facts.types].filter((type) => isImpossible[type]?.() !== true);
    if (possible.length === 0) return true;
    // All that holds is what one of those that fail accepts. That several do together is not looked at: there are too many ways.
    const holding = possible.length === 1 ? known.holding.and([ofType(possible[0] as JsonType)]) : known.holding;
    for (const failing of facts.fails) if (this.differences(holding, failing, "", depth).length === 0) return true;
    const [choice] = facts.choices;
    return choice !== undefined && choice.cases.every((each) => this.isEmpty(known.in(choice, each), depth));
  }
}

const stillPossible: Difference = { kind: "refused", path: "", pointer: "", message: "" };

function hasChoices(reader: SchemaNode, seen = new Set<SchemaNode>()): boolean {
  if (seen.has(reader)) return false;
  seen.add(reader);
  if (reader.anyOf !== null || reader.oneOf !== null || reader.not !== null || reader.conditional !== null) return true;
  return [...reader.allOf, ...(reader.reference === null ? [] : [reader.reference()])].some((each) => hasChoices(each, seen));
}

function distinct(found: readonly Difference[]): readonly Difference[] {
  return [...new Map(found.map((each) => [`${each.kind} ${each.path} ${each.pointer}`, each])).values()];
}
