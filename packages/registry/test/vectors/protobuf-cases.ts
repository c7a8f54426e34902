/**
 * What Confluent's Schema Registry accepts and refuses under BACKWARD, case by case: read in its tests of the comparison
 * (`confluentinc/schema-registry`, master of November 2026, `protobuf-provider/src/test/resources/diff-schema-examples.json`, and what
 * `SchemaDiffTest` checks beside them), and written anew in the words of a shop. `kinds` are its kinds of what is not compatible; none is
 * a change that it accepts.
 */
export interface ProtobufCase {
  readonly what: string;
  readonly old: string;
  readonly new: string;
  readonly kinds: readonly string[];
  /** What they import, by name. */
  readonly oldFiles?: Readonly<Record<string, string>>;
  readonly newFiles?: Readonly<Record<string, string>>;
}

const p3 = (body: string): string => `syntax = "proto3"; ${body}`;
const p2 = (body: string): string => `syntax = "proto2"; ${body}`;
const order = (body: string): string => p3(`message Order { ${body} }`);

const nested = "message Note { string text = 1; }";
const sku = (file: string, type: string, pack: string, around = (body: string) => body): Record<string, string> => ({
  [file]: p3(`package ${pack}; ${around(`message Sku { ${type} number = 1; bool on_sale = 2; }`)}`),
});
const importing = (file: string, type: string): string => p3(`import "${file}"; message Order { .${type} sku = 1; }`);
const inShelf = (body: string): string => `message shelf { ${body} }`;

export const confluentCases: readonly ProtobufCase[] = [
  {
    what: "a field more",
    old: p3(`package shop; message Order { string id = 1; .shop.Order.Note note = 2; ${nested} }`),
    new: p3(`package shop; message Order { string id = 1; .shop.Order.Note note = 2; float weight = 3; ${nested} }`),
    kinds: [],
  },
  {
    what: "another package",
    old: p3(`package shop; message Order { string id = 1; .shop.Order.Note note = 2; ${nested} }`),
    new: p3(`package store; message Order { string id = 1; .store.Order.Note note = 2; ${nested} }`),
    kinds: ["package_changed"],
  },
  { what: "a name in full", old: order(`Note note = 2; ${nested}`), new: order(`.Order.Note note = 2; ${nested}`), kinds: [] },
  {
    what: "a name in full, with its package",
    old: p3(`package shop; message Order { Note note = 2; ${nested} }`),
    new: p3(`package shop; message Order { .shop.Order.Note note = 2; ${nested} }`),
    kinds: [],
  },
  { what: "a text more", old: order("string id = 1;"), new: order("string id = 1; string note = 2;"), kinds: [] },
  {
    what: "a required field more",
    old: p2("message Order { optional string id = 1; }"),
    new: p2("message Order { optional string id = 1; required string note = 2; }"),
    kinds: ["required_field_added"],
  },
  {
    what: "a field more in a message inside",
    old: order("int32 total = 1; message Line { string sku = 1; }"),
    new: order("int32 total = 1; message Line { string sku = 1; string note = 2; }"),
    kinds: [],
  },
  { what: "a field less", old: order("string id = 1; string note = 2;"), new: order("string id = 1;"), kinds: [] },
  {
    what: "a required field less",
    old: p2("message Order { optional string id = 1; required string note = 2; }"),
    new: p2("message Order { optional string id = 1; }"),
    kinds: ["required_field_removed"],
  },
  { what: "another number", old: order("string id = 1;"), new: order("string id = 2;"), kinds: [] },
  {
    what: "a wider number",
    old: order("string id = 1; int32 total = 2;"),
    new: order("string id = 1; int64 total = 2;"),
    kinds: [],
  },
  {
    what: "bytes for a text",
    old: order("string id = 1; string note = 2;"),
    new: order("string id = 1; bytes note = 2;"),
    kinds: [],
  },
  {
    what: "an enum for a number",
    old: order("string id = 1; int32 state = 2;"),
    new: p3("message Order { string id = 1; State state = 2; } enum State { OPEN = 0; PAID = 1; }"),
    kinds: [],
  },
  {
    what: "a number for an enum",
    old: p3("message Order { string id = 1; State state = 2; } enum State { OPEN = 0; PAID = 1; }"),
    new: order("string id = 1; int32 state = 2;"),
    kinds: [],
  },
  {
    what: "a message for a number, called as an enum is",
    old: order("string id = 1; int32 state = 2;"),
    new: p3(
      "message Order { string id = 1; .Order.State state = 2; message State { string id = 1; } } enum State { OPEN = 0; PAID = 1; }",
    ),
    kinds: ["field_kind_changed"],
  },
  {
    what: "a number for a message that is called as an enum is",
    old: p3(
      "message Order { string id = 1; .Order.State state = 2; message State { string id = 1; } } enum State { OPEN = 0; PAID = 1; }",
    ),
    new: order("string id = 1; int32 state = 2;"),
    kinds: ["field_kind_changed", "message_removed"],
  },
  {
    what: "another name of an enum's value",
    old: p3("message Order { State state = 2; } enum State { OPEN = 0; PAID = 1; }"),
    new: p3("message Order { State state = 2; } enum State { OPEN = 0; SETTLED = 1; }"),
    kinds: [],
  },
  {
    what: "one field in a new oneof, with a new one",
    old: order("string id = 1; string mail = 2;"),
    new: order("string id = 1; oneof contact { string mail = 2; int32 phone = 3; }"),
    kinds: [],
  },
  {
    what: "two fields in a new oneof",
    old: order("string id = 1; string mail = 2;"),
    new: order("oneof contact { string id = 1; string mail = 2; int32 phone = 3; }"),
    kinds: ["multiple_fields_moved_to_oneof"],
  },
  {
    what: "one more in a oneof",
    old: order("oneof contact { string mail = 1; string fax = 2; }"),
    new: order("oneof contact { string mail = 1; string fax = 2; int32 phone = 3; }"),
    kinds: [],
  },
  {
    what: "one less in a oneof",
    old: order("oneof contact { string mail = 1; string fax = 2; int32 phone = 3; }"),
    new: order("oneof contact { string mail = 1; string fax = 2; }"),
    kinds: ["oneof_field_removed"],
  },
  {
    what: "one field alone in a new oneof",
    old: order("string id = 1; string mail = 2;"),
    new: order("string id = 1; oneof contact { string mail = 2; }"),
    kinds: [],
  },
  {
    what: "a field in a oneof that was there",
    old: order("string mail = 1; oneof contact { string fax = 2; string phone = 3; }"),
    new: order("oneof contact { string mail = 1; string fax = 2; string phone = 3; }"),
    kinds: ["field_moved_to_existing_oneof"],
  },
  {
    what: "a field in a oneof that was there and has another name",
    old: order("string mail = 1; oneof contact { string fax = 2; string phone = 3; }"),
    new: order("oneof reach { string mail = 1; string fax = 2; string phone = 3; }"),
    kinds: ["field_moved_to_existing_oneof"],
  },
  {
    what: "a message for a number",
    old: order("string id = 1; int32 total = 2;"),
    new: p3("message Order { string id = 1; Money total = 2; } message Money { string text = 1; }"),
    kinds: ["field_kind_changed"],
  },
  {
    what: "a text for a number, under another name",
    old: order("string id = 1; int32 total = 2;"),
    new: order("string id = 1; string note = 2;"),
    kinds: ["field_scalar_kind_changed"],
  },
  {
    what: "another message, which has the same fields",
    old: p3("message Order { string id = 1; Money total = 2; } message Money { string text = 1; }"),
    new: p3("message Order { string id = 1; Amount total = 2; } message Amount { string text = 1; }"),
    kinds: ["message_removed", "field_named_type_changed"],
  },
  {
    what: "a map of something else",
    old: order("string id = 1; map<string, int32> counts = 2;"),
    new: order("string id = 1; map<string, string> notes = 2;"),
    kinds: ["field_scalar_kind_changed"],
  },
  {
    what: "a name in full, in a map",
    old: order(`map<string, Note> notes = 2; ${nested}`),
    new: order(`map<string, Order.Note> notes = 2; ${nested}`),
    kinds: [],
  },
  {
    what: "several messages for one",
    old: order(`optional Note note = 2; ${nested}`),
    new: order(`repeated Note note = 2; ${nested}`),
    kinds: [],
  },
  { what: "several texts for one", old: order("optional string id = 1;"), new: order("repeated string id = 1;"), kinds: [] },
  { what: "several bytes for one", old: order("optional bytes id = 1;"), new: order("repeated bytes id = 1;"), kinds: [] },
  {
    what: "several numbers for one",
    old: order("optional int32 total = 1;"),
    new: order("repeated int32 total = 1;"),
    kinds: ["field_numeric_label_changed"],
  },
  {
    what: "a message more",
    old: order("string id = 1;"),
    new: p3("message Order { string id = 1; } message Bill { string id = 1; }"),
    kinds: [],
  },
  {
    what: "a message more before it",
    old: order("string id = 1;"),
    new: p3("message Bill { string id = 1; } message Order { string id = 1; }"),
    kinds: [],
  },
  {
    what: "messages in another order",
    old: p3("message Order { string id = 1; } message Bill { string id = 1; }"),
    new: p3("message Bill { string id = 1; } message Order { string id = 1; }"),
    kinds: [],
  },
  {
    what: "another file, in which a field is another one",
    old: importing("sku.proto", "goods.Sku"),
    new: importing("sku2.proto", "goods.Sku"),
    oldFiles: sku("sku.proto", "int32", "goods"),
    newFiles: sku("sku2.proto", "string", "goods"),
    kinds: ["field_scalar_kind_changed"],
  },
  {
    what: "a message that moved to a file",
    old: p3("message Order { Sku sku = 1; } message Sku { int32 number = 1; bool on_sale = 2; }"),
    new: importing("sku.proto", "goods.Sku"),
    newFiles: sku("sku.proto", "int32", "goods"),
    kinds: ["message_removed"],
  },
  {
    what: "a message that moved here from a file",
    old: importing("sku.proto", "goods.Sku"),
    new: p3("message Order { Sku sku = 1; } message Sku { int32 number = 1; bool on_sale = 2; }"),
    oldFiles: sku("sku.proto", "int32", "goods"),
    kinds: [],
  },
  {
    what: "another package of a file",
    old: importing("sku.proto", "goods.Sku"),
    new: importing("sku2.proto", "wares.Sku"),
    oldFiles: sku("sku.proto", "int32", "goods"),
    newFiles: sku("sku2.proto", "int32", "wares"),
    kinds: [],
  },
  {
    what: "another package of a file, and a message in a message",
    old: importing("sku.proto", "goods.shelf.Sku"),
    new: importing("sku2.proto", "wares.shelf.Sku"),
    oldFiles: sku("sku.proto", "int32", "goods", inShelf),
    newFiles: sku("sku2.proto", "int32", "wares", inShelf),
    kinds: [],
  },
  {
    what: "another package of a file, and another field of a message in a message",
    old: importing("sku.proto", "goods.shelf.Sku"),
    new: importing("sku2.proto", "wares.shelf.Sku"),
    oldFiles: sku("sku.proto", "int32", "goods", inShelf),
    newFiles: sku("sku2.proto", "string", "wares", inShelf),
    kinds: ["field_scalar_kind_changed"],
  },
  {
    what: "another version of a file",
    old: importing("sku.proto", "goods.shelf.Sku"),
    new: importing("sku.proto", "wares.shelf.Sku"),
    oldFiles: sku("sku.proto", "int32", "goods", inShelf),
    newFiles: sku("sku.proto", "string", "wares", inShelf),
    kinds: ["field_scalar_kind_changed"],
  },
  {
    what: "a oneof with another name, and a text in it for a number",
    old: order("oneof pay { float cash = 1; int32 card = 2; }"),
    new: order("oneof paid { float cash = 1; string card = 2; }"),
    kinds: ["field_scalar_kind_changed"],
  },
  {
    what: "a oneof that is gone, and another number in its place",
    old: order("oneof pay { float cash = 1; int32 card = 2; }"),
    new: order("float cash = 1; sint64 card = 2;"),
    kinds: ["field_scalar_kind_changed"],
  },
  {
    what: "a field in a new oneof, and another number",
    old: order("float cash = 1; int32 card = 2;"),
    new: order("float cash = 1; oneof pay { sint64 card = 2; }"),
    kinds: ["field_scalar_kind_changed"],
  },
  {
    what: "another name of a oneof",
    old: order("oneof pay { float cash = 1; int32 card = 2; }"),
    new: order("oneof paid { float cash = 1; int32 card = 2; }"),
    kinds: [],
  },
  {
    what: "from one oneof to another",
    old: order("oneof pay { int32 cash = 1; int32 card = 2; } oneof ship { int32 post = 3; }"),
    new: order("oneof pay { int32 cash = 1; } oneof ship { int32 post = 3; int32 card = 2; }"),
    kinds: ["field_moved_to_existing_oneof"],
  },
  {
    what: "from a oneof that is gone to another",
    old: order("oneof pay { int32 cash = 1; } oneof ship { int32 post = 3; }"),
    new: order("oneof ship { int32 post = 3; int32 cash = 1; }"),
    kinds: ["field_moved_to_existing_oneof"],
  },
  {
    what: "two oneofs that are one",
    old: order("oneof pay { int32 cash = 1; } oneof ship { int32 post = 2; }"),
    new: order("oneof both { int32 cash = 1; int32 post = 2; }"),
    kinds: ["field_moved_to_existing_oneof"],
  },
  {
    what: "from a oneof to a new one, alone",
    old: order("oneof pay { int32 cash = 1; int32 card = 2; }"),
    new: order("oneof pay { int32 card = 2; } oneof later { int32 cash = 1; }"),
    kinds: [],
  },
  {
    what: "one less in a oneof that has another name",
    old: order("oneof pay { int32 cash = 1; int32 card = 2; }"),
    new: order("oneof paid { int32 cash = 1; }"),
    kinds: ["oneof_field_removed"],
  },
  {
    what: "out of a oneof",
    old: order("oneof pay { int32 cash = 1; int32 card = 2; }"),
    new: order("oneof pay { int32 cash = 1; } int32 card = 2;"),
    kinds: [],
  },
  {
    what: "out of a oneof, as a text",
    old: order("oneof pay { int32 cash = 1; int32 card = 2; }"),
    new: order("oneof pay { int32 cash = 1; } string card = 2;"),
    kinds: ["field_scalar_kind_changed"],
  },
  {
    what: "a text for a number under another name, among other messages",
    old: p2(
      "package shop; message Order { required string id = 1; required int32 total = 2; enum State { OPEN = 0; } message Line { optional State state = 1; } }",
    ),
    new: p2(
      "package shop; message Order { required string id = 1; required string note = 2; enum State { OPEN = 0; } message Line { optional State state = 1; } }",
    ),
    kinds: ["field_scalar_kind_changed"],
  },
];

/**
 * Where we refuse what Confluent's registry does not compare: labels that stand there on one side only (proto3 without `optional`), and
 * labels of texts and messages that become `required`. A reader would drop what is written, or refuse it.
 */
export const strictCases: readonly ProtobufCase[] = [
  {
    what: "several numbers for one that has no label",
    old: order("int32 total = 1;"),
    new: order("repeated int32 total = 1;"),
    kinds: ["field_numeric_label_changed"],
  },
  {
    what: "one number for several",
    old: order("repeated int32 total = 1;"),
    new: order("int32 total = 1;"),
    kinds: ["field_numeric_label_changed"],
  },
  {
    what: "a text that becomes required",
    old: p2("message Order { optional string id = 1; }"),
    new: p2("message Order { required string id = 1; }"),
    kinds: ["required_field_added"],
  },
  {
    what: "a message that becomes required",
    old: p2("message Order { optional Note note = 1; message Note { optional string text = 1; } }"),
    new: p2("message Order { required Note note = 1; message Note { optional string text = 1; } }"),
    kinds: ["required_field_added"],
  },
  {
    what: "a group for a message",
    old: p2("message Order { optional Note note = 1; message Note { optional string text = 1; } }"),
    new: p2("message Order { optional group Note = 1 { optional string text = 1; } }"),
    kinds: ["field_kind_changed"],
  },
];
