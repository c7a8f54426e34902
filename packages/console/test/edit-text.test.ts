import assert from "node:assert/strict";
import { test } from "node:test";
import { editText } from "../page/pages/redrive/edit-text.ts";

const odd = `{"id":9007199254740993,"big":1e400,"small":-0.10,"twice":1,"twice":2,"text":"a, b: {\\"c\\"} \\u00e9","none":{},"list":[1,[],null]}`;

test("one line of JSON is laid out to be edited, with every digit and every name that stands twice", () => {
  const { shown } = editText(odd);
  assert.deepEqual(shown.split("\n"), [
    "{",
    '  "id": 9007199254740993,',
    '  "big": 1e400,',
    '  "small": -0.10,',
    '  "twice": 1,',
    '  "twice": 2,',
    '  "text": "a, b: {\\"c\\"} \\u00e9",',
    '  "none": {},',
    '  "list": [',
    "    1,",
    "    [],",
    "    null",
    "  ]",
    "}",
  ]);
});

test("what nobody edited is sent byte for byte, however it was written", () => {
  for (const before of [
    odd,
    '{"a": 1, "b": [2, 3]}',
    '{"a":  1}',
    '{\r\n\t"a" : 1\r\n}',
    '{\r\n"a": 1,\n"b": 2\r\n}',
    " 7 ",
    "",
    "no JSON\r\nat all",
    '{"a":01}',
    '"x"',
    "[]",
  ]) {
    const { shown, sent } = editText(before);
    assert.equal(sent(shown), before, JSON.stringify(before));
    // As a text field gives it back.
    assert.equal(sent(shown.replaceAll("\r\n", "\n")), before, JSON.stringify(before));
  }
});

test("an edit is sent in one line, spaced as it was, and a text with lines of its own keeps them", () => {
  const edited = (before: string, change: (shown: string) => string) => {
    const { shown, sent } = editText(before);
    return sent(change(shown));
  };
  assert.equal(
    edited(odd, (shown) => shown.replace("1e400", "2E+400")),
    odd.replace("1e400", "2E+400"),
  );
  assert.equal(
    edited('{"a": 1, "b": ": , "}', (shown) => shown.replace("1", "12")),
    '{"a": 12, "b": ": , "}',
  );
  assert.equal(
    edited('{\r\n  "a": 1\r\n}', () => '{\n  "a": 2\n}'),
    '{\r\n  "a": 2\r\n}',
  );
  assert.equal(
    edited("plain", () => "plain text"),
    "plain text",
  );
  // What is no JSON cannot be made one line; the check says where it is wrong.
  assert.equal(
    edited('{"a":1}', () => '{\n"a": }'),
    '{\n"a": }',
  );
});

test("a fault has its line, its column and what is wanted there", () => {
  const { fault } = editText('{"a":1}');
  const said = (text: string) => {
    const found = fault(text);
    return found === null ? null : `${found.line}:${found.column} ${found.what}`;
  };
  assert.equal(said('{\n  "a": 1,\n}'), "3:1 a name in quotes is wanted, and “}” stands there");
  assert.equal(said('{\n  "a" 1\n}'), "2:7 “:” is wanted, and “1” stands there");
  assert.equal(said('{"a": 01}'), "1:8 “,” or “}” is wanted, and “1” stands there");
  assert.equal(said('{"a": [1 2]}'), "1:10 “,” or “]” is wanted, and “2” stands there");
  assert.equal(said('{"a": "x\ny"}'), "1:9 the line ends inside a string: a line break is written \\n");
  assert.equal(said('{"a": "\\q"}'), "1:8 “\\q” is no escape: a backslash is written \\\\");
  assert.equal(said('{"a": "x}'), "1:7 this string has no end");
  assert.equal(said('{"a": 1'), "1:8 it ends, and “,” or “}” is missing");
  assert.equal(said('{"a": 1} x'), "1:10 the end is wanted, and “x” stands there");
  assert.equal(said("{'a': 1}"), "1:2 a name in quotes or “}” is wanted, and “'” stands there");
  assert.equal(said(""), "1:1 it ends, and a value is missing");
  for (const good of ["null", "[[],{}]", ' {"a" : [ -0.5e-7 , "\\u00e9" ] } ', "[".repeat(50_000) + "]".repeat(50_000)])
    assert.equal(said(good), null);
  // A text that never was JSON is nobody's fault.
  assert.equal(editText("plain").fault("plain text"), null);
});

test("faults are those that JSON.parse finds", () => {
  const pieces = ["{", "}", "[", "]", ",", ":", '"a"', "1", "-", "0", ".5", "e3", "true", "nul", " ", "\n", "\\", '"'];
  let seed = 7;
  const next = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const { fault } = editText("{}");
  let valid = 0;
  for (let n = 0; n < 4_000; n++) {
    const text = Array.from({ length: 1 + next(6) }, () => pieces[next(pieces.length)]).join("");
    let isJson = true;
    try {
      JSON.parse(text);
    } catch {
      isJson = false;
    }
    valid += Number(isJson);
    assert.equal(fault(text) === null, isJson, JSON.stringify(text));
  }
  assert.ok(valid > 100, `${valid} were JSON`);
});
