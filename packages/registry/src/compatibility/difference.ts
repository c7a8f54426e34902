/** One reason why a reader refuses what a writer may write. */
export interface Difference {
  /** What kind of change it is, for machines: `required_added`, `type_narrowed`, … */
  readonly kind: DifferenceKind;
  /** Where in the data: `/lines/[]/price`; `[]` is any item, `{}` any other property, and empty the whole. */
  readonly path: string;
  /** JSON pointer of what refuses, in the reader's schema. */
  readonly pointer: string;
  /** A sentence with what the reader asks and what the writer may write. */
  readonly message: string;
}

export type DifferenceKind =
  | "type_narrowed"
  | "values_narrowed"
  | "minimum_raised"
  | "maximum_lowered"
  | "multiple_of_narrowed"
  | "min_length_raised"
  | "max_length_lowered"
  | "pattern_changed"
  | "format_changed"
  | "content_encoding_changed"
  | "content_media_type_changed"
  | "required_added"
  | "min_properties_raised"
  | "max_properties_lowered"
  | "property_refused"
  | "property_names_narrowed"
  | "dependency_added"
  | "min_items_raised"
  | "max_items_lowered"
  | "unique_items_added"
  | "contains_narrowed"
  | "choice_narrowed"
  | "choice_ambiguous"
  | "not_widened"
  | "refused"
  | "name_changed"
  | "size_changed"
  | "scale_changed"
  | "logical_type_changed"
  | "field_taken_twice"
  // Of Protobuf, as Confluent's registry names them.
  | "package_changed"
  | "message_removed"
  | "field_kind_changed"
  | "field_scalar_kind_changed"
  | "field_named_type_changed"
  | "field_numeric_label_changed"
  | "required_field_added"
  | "required_field_removed"
  | "oneof_field_removed"
  | "multiple_fields_moved_to_oneof"
  | "field_moved_to_existing_oneof"
  | "not_understood"
  | "too_complex";

/** Who asks and who writes, as sentences name them. */
export interface Sides {
  readonly reader: string;
  readonly writer: string;
}

export function inWords(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}

export function listed(values: Iterable<string>): string {
  const all = [...values];
  if (all.length === 0) return "nothing";
  return all.length === 1 ? (all[0] as string) : `${all.slice(0, -1).join(", ")} or ${all.at(-1)}`;
}

const counted = (count: number, what: string): string =>
  `${count} ${count === 1 ? what : what === "property" ? "properties" : `${what}s`} long`;

const atLeast = (count: number, what: string): string => `at least ${counted(count, what)}`;
const atMost = (count: number, what: string): string =>
  count === Number.POSITIVE_INFINITY ? "any length" : `at most ${counted(count, what)}`;

/** Puts differences into words. */
export class Wording {
  readonly sides: Sides;

  constructor(sides: Sides) {
    this.sides = sides;
  }

  /** @param what Goes on after what it is about: `is refused`. */
  difference(
    kind: DifferenceKind,
    path: string,
    { pointer }: { readonly pointer: string },
    what: string,
    keyword?: string,
  ): Difference {
    const place = keyword === undefined ? pointer : `${pointer}/${keyword}`;
    return { kind, path, pointer: place, message: `${path === "" ? "the data" : `"${path}"`} ${what}` };
  }

  /** What the reader asks for and what the writer allows. */
  change(
    kind: DifferenceKind,
    path: string,
    node: { readonly pointer: string },
    keyword: string | undefined,
    wanted: string,
    written: string,
  ): Difference {
    const { reader, writer } = this.sides;
    return this.difference(kind, path, node, `must be ${wanted} in ${reader}; ${writer} allows ${written}`, keyword);
  }
  /** The least count that `keyword` of the reader asks for, above the one that the writer keeps. */
  raised<Keyword extends string>(
    kind: DifferenceKind,
    path: string,
    node: { readonly pointer: string } & Readonly<Record<Keyword, number>>,
    keyword: Keyword,
    what: string,
    written: number,
  ): Difference {
    return this.change(kind, path, node, keyword, atLeast(node[keyword], what), atLeast(written, what));
  }

  /** The largest count, below the one that the writer keeps. */
  lowered<Keyword extends string>(
    kind: DifferenceKind,
    path: string,
    node: { readonly pointer: string } & Readonly<Record<Keyword, number>>,
    keyword: Keyword,
    what: string,
    written: number,
  ): Difference {
    return this.change(kind, path, node, keyword, atMost(node[keyword], what), atMost(written, what));
  }
}

/** For people: the sentence, its kind, and where it stands. */
export function inOneLine({ kind, pointer, message }: Difference): string {
  return `${message} (${kind} at ${pointer === "" ? "/" : pointer})`;
}

/** A check may take as long, with all versions and in both directions. */
const longestMs = 2_000;

export const deadline = (): number => performance.now() + longestMs;
