import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { reflect, type ReflectList, type ReflectMap, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import { FeatureSet_FieldPresence as Presence, isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { type Int64, isObject, kindOf, NestedTooDeeply, type ProblemList } from "../problem-list.ts";
import { isWide, scalarOf } from "./scalars.ts";
import { deepestMessages, isWellKnown, mostMessages, wellKnownMessage } from "./well-known-messages.ts";

/** Makes a message of data, whose properties are named as the fields are in the `.proto` file. What it cannot hold is a problem. */
export class MessagesOfData {
  readonly #int64: Int64;
  readonly #problems: ProblemList;
  /** How many messages what is made now stands in. */
  #messages = 0;

  constructor(int64: Int64, problems: ProblemList) {
    this.#int64 = int64;
    this.#problems = problems;
  }

  of(desc: DescMessage, data: unknown): ReflectMessage | undefined {
    const deepest = mostMessages - this.#messages;
    if (deepest <= 0) return this.#refuse(`is nested deeper than ${deepestMessages}`);
    if (isWellKnown(desc)) return this.#wellKnown(desc, data, deepest);
    this.#messages += 1;
    const message = this.#plain(desc, data);
    this.#messages -= 1;
    return message;
  }

  #wellKnown(desc: DescMessage, data: unknown, deepest: number): ReflectMessage | undefined {
    try {
      return wellKnownMessage(desc, data, deepest) ?? this.#refuse(`is no ${desc.typeName} as JSON has it, but ${kindOf(data)}`);
    } catch (error) {
      if (error instanceof NestedTooDeeply) return this.#refuse(error.message);
      throw error;
    }
  }

  #plain(desc: DescMessage, data: unknown): ReflectMessage | undefined {
    if (isWrapperDesc(desc)) return this.#wrapped(desc, data);
    if (!isObject(data)) return this.#refuse(`must be an object, for the message ${desc.typeName}, but is ${kindOf(data)}`);
    const message = reflect(desc);
    const names = new Set<string>();
    for (const field of desc.fields) {
      names.add(field.name);
      const value = Object.hasOwn(data, field.name) ? data[field.name] : undefined;
      this.#problems.within(field.name, () => {
        if (value === undefined) this.#absent(field);
        else this.#set(message, field, value);
      });
    }
    for (const name of Object.keys(data))
      if (!names.has(name) && data[name] !== undefined)
        this.#problems.within(name, () => this.#refuse(`has no field in the message ${desc.typeName}, and would be lost`));
    return message;
  }

  /** In the data a wrapper is the value in it, by the rules of a field that holds one. */
  #wrapped(desc: DescMessage, value: unknown): ReflectMessage | undefined {
    const [field] = desc.fields as [DescField];
    const made = this.#one(field, value);
    if (made === undefined) return undefined;
    const message = reflect(desc);
    message.set(field, made);
    return message;
  }

  /** A field that cannot be left out would be read as a value that nobody published. */
  #absent({ fieldKind, presence }: DescField): void {
    if (presence === Presence.LEGACY_REQUIRED) this.#refuse("is missing, and the field is required");
    else if (presence === Presence.IMPLICIT && (fieldKind === "scalar" || fieldKind === "enum"))
      this.#refuse("is missing, and would be read as 0, false or empty text; mark the field as optional");
  }

  #set(message: ReflectMessage, field: DescField, value: unknown): void {
    if (value === null) return this.#refuse("is null, which Protobuf does not have; leave it out");
    if (field.oneof !== undefined && message.oneofCase(field.oneof) !== undefined)
      return this.#refuse(`belongs to the oneof ${field.oneof.name}, of which another one is there, too`);
    switch (field.fieldKind) {
      case "list":
        return this.#fill(message.get(field), value);
      case "map":
        return this.#put(message.get(field), value);
      default: {
        const made = this.#one(field, value);
        if (made !== undefined) message.set(field, made);
      }
    }
  }

  /** A value of a field that holds one, or an item, or what is mapped to. */
  #one(field: DescField, value: unknown): unknown {
    const kind = field.fieldKind === "list" ? field.listKind : field.fieldKind === "map" ? field.mapKind : field.fieldKind;
    if (kind === "message") return this.of(field.message as DescMessage, value);
    if (kind === "enum") return this.#number(field.enum as DescEnum, value);
    return scalarOf(field.scalar as NonNullable<typeof field.scalar>, value, this.#int64, this.#problems);
  }

  #fill(list: ReflectList, value: unknown): void {
    if (!Array.isArray(value)) return this.#refuse(`must be a list, but is ${kindOf(value)}`);
    const field = list.field();
    for (const [index, item] of value.entries())
      this.#problems.within(index, () => {
        const made = this.#one(field, item);
        if (made !== undefined) list.add(made);
      });
  }

  #put(map: ReflectMap, value: unknown): void {
    if (!isObject(value)) return this.#refuse(`must be an object, but is ${kindOf(value)}`);
    const field = map.field();
    for (const [name, each] of Object.entries(value)) {
      if (each === undefined) continue;
      this.#problems.within(name, () => {
        const key = scalarOf(field.mapKey, keyOf(name, field.mapKey, this.#int64), this.#int64, this.#problems);
        const made = this.#one(field, each);
        if (key !== undefined && made !== undefined) map.set(key, made);
      });
    }
  }

  #number(desc: DescEnum, value: unknown): number | undefined {
    const known = desc.values.find(({ name }) => name === value);
    return (
      known?.number ??
      this.#refuse(`must be one of the values of ${desc.typeName}: ${desc.values.map(({ name }) => name).join(", ")}`)
    );
  }

  #refuse(message: string): undefined {
    this.#problems.add(message);
  }
}

/** The name of a property as the key that it stands for; one that is none stays text, and is refused. */
function keyOf(name: string, type: ScalarType, int64: Int64): unknown {
  if (type === ScalarType.STRING) return name;
  if (type === ScalarType.BOOL) return name === "true" ? true : name === "false" ? false : name;
  const number = Number(name);
  if (int64 === "exact" && isWide(type)) return /^-?\d{1,20}$/.test(name) ? BigInt(name) : name;
  return String(number) === name && (int64 === "number" || !isWide(type)) ? number : name;
}
