import type { DescField, DescMessage, DescOneof } from "@bufbuild/protobuf";
import { type Difference, type DifferenceKind, listed, type Sides, Wording } from "../difference.ts";
import {
  described,
  groupOf,
  inside,
  isRequired,
  keyOf,
  labelOf,
  localName,
  pathOf,
  type Place,
  pointerOf,
  shapeOf,
  typeOf,
} from "./proto-places.ts";
import type { ProtoSchema } from "./read-proto-schema.ts";

/** More than anybody reads. */
const mostDifferences = 1_000;

/**
 * Why what is written with `writer` cannot all be read with `reader`, by the rules of Confluent's registry, whose kinds of difference these
 * are. Messages are compared by their names and fields by their numbers; each pair of messages once, so it takes no longer than reading them.
 */
export function protoDifferences(writer: ProtoSchema, reader: ProtoSchema, sides: Sides): readonly Difference[] {
  return new WireRules(sides).ofFiles(writer, reader);
}

interface Pair {
  readonly writer: DescMessage;
  readonly reader: DescMessage;
  readonly place: Place | null;
}

class WireRules {
  readonly #say: Wording;
  readonly #found: Difference[] = [];
  /** Messages that were compared, or are about to be: they may hold themselves. */
  readonly #known = new Map<DescMessage, Set<DescMessage>>();
  /** Where something is in the data begins with a message that no other one holds: those, and what they hold, come first. */
  readonly #first = new Line<Pair>();
  readonly #later = new Line<Pair>();

  constructor(sides: Sides) {
    this.#say = new Wording(sides);
  }

  ofFiles({ descriptor: writer }: ProtoSchema, { descriptor: reader }: ProtoSchema): readonly Difference[] {
    const { reader: here, writer: there } = this.#say.sides;
    const [before, after] = [writer.proto.package, reader.proto.package].map((name) =>
      name === "" ? "no package" : `the package ${name}`,
    );
    if (before !== after) this.#is("package_changed", null, "", `is of ${before} in ${there}, and of ${after} in ${here}`);
    const held = heldMessages(writer.messages);
    this.#ofTypes(writer.messages, reader.messages, (message) => !held.has(message));
    for (let pair = this.#next(); pair !== undefined; pair = this.#next()) this.#ofMessages(pair);
    return this.#found;
  }

  #next(): Pair | undefined {
    while (this.#found.length < mostDifferences) {
      const pair = this.#first.take() ?? this.#later.take();
      if (pair === undefined) return undefined;
      const known = this.#known.get(pair.writer) ?? new Set();
      if (known.has(pair.reader)) continue;
      this.#known.set(pair.writer, known.add(pair.reader));
      return pair;
    }
    return undefined;
  }

  /** Messages of one scope, by their names. */
  #ofTypes(writer: readonly DescMessage[], reader: readonly DescMessage[], isFirst: (message: DescMessage) => boolean): void {
    const there = new Map(reader.map((message) => [message.name, message]));
    for (const message of writer) {
      const other = there.get(message.name);
      if (other !== undefined)
        (isFirst(message) ? this.#first : this.#later).add({ writer: message, reader: other, place: null });
      else {
        const what = `may be a message ${localName(message)} in ${this.#say.sides.writer}, which ${this.#say.sides.reader} does not have`;
        this.#is("message_removed", null, pointerOf(message), what);
      }
    }
  }

  #ofMessages({ writer, reader, place }: Pair): void {
    const { reader: here, writer: there } = this.#say.sides;
    const written = new Map(writer.fields.map((field) => [field.number, field]));
    const read = new Map(reader.fields.map((field) => [field.number, field]));
    for (const field of reader.fields) {
      const before = written.get(field.number);
      const at = { outer: place, name: field.name };
      if (before !== undefined) this.#ofFields(before, field, at);
      else if (isRequired(field))
        this.#is("required_field_added", at, pointerOf(field), `is required in ${here}; ${there} does not have it`);
    }
    for (const field of writer.fields)
      if (isRequired(field) && !read.has(field.number)) {
        const what = `is required in ${there}; ${here} does not have it`;
        this.#is("required_field_removed", { outer: place, name: field.name }, pointerOf(reader), what);
      }
    for (const oneof of reader.oneofs) this.#ofMembers(oneof, written, place);
    for (const oneof of writer.oneofs) this.#ofDropped(oneof, read, reader, place);
    this.#ofTypes(writer.nestedMessages, reader.nestedMessages, () => false);
  }

  /** Fields that could be there together, and exclude one another now: all but the last would be lost. */
  #ofMembers(oneof: DescOneof, written: ReadonlyMap<number, DescField>, place: Place | null): void {
    const known = oneof.fields.flatMap(({ number }) => written.get(number) ?? []);
    const together = new Set(known.map((field) => field.oneof ?? field));
    if (together.size < 2) return;
    const free = known.filter((field) => field.oneof === undefined);
    const kind = free.length > 1 ? "multiple_fields_moved_to_oneof" : "field_moved_to_existing_oneof";
    const wanted = `only one of ${listed(known.map(({ name }) => name))}`;
    this.#change(kind, { outer: place, name: oneof.name }, pointerOf(oneof), wanted, "several of them");
  }

  /** What a choice may be, and is not known any more. That the whole choice is gone is like a field that is gone. */
  #ofDropped(oneof: DescOneof, read: ReadonlyMap<number, DescField>, reader: DescMessage, place: Place | null): void {
    const gone = oneof.fields.filter(({ number }) => !read.has(number));
    const isWhole = gone.length === oneof.fields.length && !reader.oneofs.some(({ name }) => name === oneof.name);
    if (isWhole) return;
    for (const field of gone) {
      const what = `is one that ${oneof.name} may be in ${this.#say.sides.writer}; ${this.#say.sides.reader} does not have it`;
      this.#is("oneof_field_removed", { outer: place, name: field.name }, pointerOf(reader), what);
    }
  }

  #ofFields(writer: DescField, reader: DescField, place: Place): void {
    const isNowRequired = isRequired(reader) && !isRequired(writer);
    if (isNowRequired) this.#change("required_field_added", place, pointerOf(reader), "there", "it to be absent");
    if (shapeOf(writer) !== shapeOf(reader)) this.#ofKinds("field_kind_changed", writer, reader, place);
    else if (writer.fieldKind === "map" && reader.fieldKind === "map") {
      if (groupOf(keyOf(writer)) !== groupOf(keyOf(reader))) this.#ofKinds("field_scalar_kind_changed", writer, reader, place);
      else this.#ofValues(writer, reader, place);
    } else if (writer.message !== undefined) this.#ofValues(writer, reader, place);
    else if (groupOf(typeOf(writer)) !== groupOf(typeOf(reader)))
      this.#ofKinds("field_scalar_kind_changed", writer, reader, place);
    // Of several texts the last is read where one is expected; several numbers are packed.
    else if (labelOf(writer) !== labelOf(reader) && groupOf(typeOf(writer)) !== "text" && !isNowRequired)
      this.#ofKinds("field_numeric_label_changed", writer, reader, place);
  }

  /** Messages, or what maps hold. */
  #ofValues(writer: DescField, reader: DescField, place: Place): void {
    const [before, after] = [writer.message, reader.message];
    if (before !== undefined && after !== undefined) {
      if (localName(before) === localName(after))
        this.#first.add({ writer: before, reader: after, place: inside(reader, place) });
      else this.#ofKinds("field_named_type_changed", writer, reader, place);
    } else if (before !== after) this.#ofKinds("field_kind_changed", writer, reader, place);
    else if (groupOf(typeOf(writer)) !== groupOf(typeOf(reader)))
      this.#ofKinds("field_scalar_kind_changed", writer, reader, place);
  }

  #ofKinds(kind: DifferenceKind, writer: DescField, reader: DescField, place: Place): void {
    this.#change(kind, place, pointerOf(reader), described(reader), described(writer));
  }

  #change(kind: DifferenceKind, place: Place, pointer: string, wanted: string, written: string): void {
    this.#add(this.#say.change(kind, pathOf(place), { pointer }, undefined, wanted, written));
  }

  #is(kind: DifferenceKind, place: Place | null, pointer: string, what: string): void {
    this.#add(this.#say.difference(kind, pathOf(place), { pointer }, what));
  }

  #add(difference: Difference): void {
    if (this.#found.length < mostDifferences) this.#found.push(difference);
  }
}

/** First in, first out. */
class Line<T> {
  readonly #all: T[] = [];
  #taken = 0;

  add(each: T): void {
    this.#all.push(each);
  }

  take(): T | undefined {
    return this.#taken < this.#all.length ? this.#all[this.#taken++] : undefined;
  }
}

/** Those that a field of another message holds. */
function heldMessages(messages: readonly DescMessage[]): Set<DescMessage> {
  const found = new Set<DescMessage>();
  const look = (message: DescMessage): void => {
    for (const { message: of } of message.fields) if (of !== undefined && of !== message) found.add(of);
    message.nestedMessages.forEach(look);
  };
  messages.forEach(look);
  return found;
}
