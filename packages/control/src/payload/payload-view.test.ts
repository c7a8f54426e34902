import assert from "node:assert/strict";
import { test } from "node:test";
import { payloadView } from "./payload-view.ts";
import type { ReadData } from "./written-data.ts";

const record = { value: Uint8Array.of(0, 0, 0, 0, 7, 1), headers: [] };
const read = (text: string): ReadData => ({
  schemaId: 7,
  schemaType: "AVRO",
  writer: { schemaType: "AVRO", schema: "{}", imports: {} },
  payload: Uint8Array.of(1),
  text,
});
const view = (text: string, personal: readonly string[] | null, more: { unmasked?: boolean; isAnnounced?: boolean } = {}) =>
  payloadView(record, { personal, unmasked: false, written: read(text), ...more });

test("data in Avro is masked by its fields' names where its schema was announced, or each of them is found", () => {
  const text = '{"id":9007199254740993,"customer":{"email":"ada@example.org"}}';
  for (const isAnnounced of [true, false]) {
    const { kind, masked, text: shown } = view(text, ["customer.email"], { isAnnounced });
    assert.deepEqual([kind, masked], ["json", ["/customer/email"]]);
    assert.match(shown!, /9007199254740993/);
    assert.doesNotMatch(shown!, /ada/);
  }
  const inLists = view('{"lines":[{"name":"Ada"},{"name":"Bob"}]}', ["/lines/name"]);
  assert.deepEqual([inLists.kind, inLists.masked], ["json", ["/lines/0/name", "/lines/1/name"]]);
});

test("data of a schema that nobody announced is hidden where a personal field is not found: it may have been called otherwise", () => {
  const text = '{"customer":{"mail":"ada@example.org"}}';
  const { kind, text: shown, hex, note } = view(text, ["customer.email"]);
  assert.deepEqual([kind, shown, hex], ["hidden", null, null]);
  assert.match(note!, /schema 7, which nobody announced/);
  // By the announced schema it is an optional field that was left out.
  assert.equal(view('{"customer":{}}', ["customer.email"], { isAnnounced: true }).kind, "json");
  assert.equal(view(text, null).kind, "hidden");
  assert.equal(view(text, []).text, text);
  assert.equal(view(text, ["customer.email"], { unmasked: true }).text, text);
});

test("data that could not be read is shown as bytes only to who may see all of it, with why", () => {
  const written = { schemaId: 7, why: "the registry does not have it" };
  const seen = payloadView(record, { personal: [], unmasked: false, written });
  assert.deepEqual([seen.kind, seen.base64, seen.writtenAs], ["binary", "AAAAAAcB", { schemaType: null, schemaId: 7 }]);
  assert.match(seen.note!, /shown as bytes: the registry does not have it/);
  assert.equal(payloadView(record, { personal: ["email"], unmasked: false, written }).kind, "hidden");
});
