import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { changeJson } from "./change-json.ts";
import { jsonDifferences } from "./json-diff.ts";
import { parseJsonTree } from "./json-tree.ts";

test("a change leaves every other character as it is", () => {
  const text =
    '{ "id" : 12345678901234567890,\t"huge":1e400, "a":1, "a": 2,\n "name":"\\u00fc", "lines":[ {"n":1} , {"n":2.0} ] }';
  assert.equal(changeJson(text, [{ pointer: "/name", json: '"b"' }]), text.replace('"\\u00fc"', '"b"'));
  assert.equal(changeJson(text, [{ pointer: "/lines/1/n", json: "9007199254740993" }]), text.replace("2.0", "9007199254740993"));
  assert.equal(changeJson(text, [{ pointer: "/lines/-", json: "{}" }]), text.replace('{"n":2.0}', '{"n":2.0}, {}'));
  assert.equal(changeJson(text, [{ pointer: "/new~1one", json: "null" }]), text.replace("] }", '], "new/one": null }'));
  assert.equal(changeJson(text, [{ pointer: "/huge", json: null }]), text.replace('"huge":1e400, ', ""));
  assert.equal(changeJson(text, [{ pointer: "/lines/1", json: null }]), text.replace(' , {"n":2.0}', ""));
  // Of a name that occurs twice the last one counts, and is changed.
  assert.equal(changeJson(text, [{ pointer: "/a", json: "3" }]), text.replace('"a": 2', '"a": 3'));
});

test("a name that occurs twice is removed for good, and the last of anything", () => {
  for (const [text, expected] of [
    ['{"a":1,"b":2,"a":3}', '{"b":2}'],
    ['{"b":2, "a":1, "a":3}', '{"b":2}'],
    ['{"a":1,"a":2}', "{}"],
    ['{ "a" : 1 }', "{ }"],
    ['{"a":1,"c":1,"a":2,"a":3,"d":4}', '{"c":1,"d":4}'],
  ] as const) {
    assert.deepEqual(JSON.parse(changeJson(text, [{ pointer: "/a", json: null }])), JSON.parse(expected), text);
  }
});

test("what leads nowhere, and what is no JSON, is refused with its place", () => {
  const refused = (pointer: string, json: string | null, message: RegExp) =>
    assert.throws(() => changeJson('{"a":[1]}', [{ pointer, json }]), message);
  refused("/b/c", "1", /"\/b\/c" leads nowhere/);
  refused("/b", null, /leads nowhere/);
  refused("/a/3", "1", /beyond the end/);
  refused("/a/0/x", "1", /neither an object nor an array/);
  refused("a", "1", /no JSON pointer/);
  refused("/a", "{x}", /is not JSON: at character 2 it should have a name in quotes, and has "x"/);
  refused("", null, /cannot be removed/);
});

test("a difference is told by its place, with every digit", () => {
  const before = '{"id": 9007199254740993, "keep": 1.0, "lines": [1, 2], "gone": true, "text": "\\u00fc"}';
  const after = '{"text":"ü","keep":1.0,"id":9007199254740992,"lines":[1,3,{"a":[]}],"new":null}';
  assert.deepEqual(jsonDifferences(before, after), [
    { pointer: "/id", kind: "changed", before: "9007199254740993", after: "9007199254740992" },
    { pointer: "/lines/1", kind: "changed", before: "2", after: "3" },
    { pointer: "/lines/2", kind: "added", before: null, after: '{"a":[]}' },
    { pointer: "/gone", kind: "removed", before: "true", after: null },
    { pointer: "/new", kind: "added", before: null, after: "null" },
  ]);
  assert.deepEqual(jsonDifferences('{"a": 1}', '{"a":1}'), []);
  assert.equal(jsonDifferences("1.0", "1.00").length, 1);
});

test("every text that JSON.parse takes is read, and no other", () => {
  const takes = (parse: (text: string) => unknown, text: string): boolean => {
    try {
      parse(text);
      return true;
    } catch {
      return false;
    }
  };
  const odd = fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:0123456789.eE+-\\u tfalsrn')), maxLength: 12 });
  fc.assert(
    fc.property(fc.oneof(odd, fc.json()), (text) => takes(parseJsonTree, text) === takes(JSON.parse, text)),
    {
      numRuns: 20_000,
    },
  );
});

test("a random change makes of the data what the same change of the parsed data makes", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.jsonValue(), fc.nat(), (data, value, n) => {
      const names = Object.keys(data).filter((name) => name !== "__proto__");
      fc.pre(names.length > 0);
      const name = names[n % names.length]!;
      const pointer = `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const text = JSON.stringify(data, null, 1);
      const set = JSON.parse(changeJson(text, [{ pointer, json: JSON.stringify(value) }])) as Record<string, unknown>;
      assert.deepEqual(set[name], JSON.parse(JSON.stringify(value)));
      const { [name]: _, ...rest } = JSON.parse(text) as Record<string, unknown>;
      assert.deepEqual(JSON.parse(changeJson(text, [{ pointer, json: null }])), rest);
    }),
    { numRuns: 1_000 },
  );
});
