import assert from "node:assert/strict";
import { test } from "node:test";
import { personalValues } from "./personal-values.ts";

test("a value is masked wherever it stands verbatim in a text", () => {
  const personal = personalValues({ customer: { email: "ada@example.org" } }, ["customer.email"]);
  assert.equal(personal.maskText("<ada@example.org> and mailto:ada@example.org"), "<[personal]> and mailto:[personal]");
});

test("paths are JSON pointers or dotted, and go through every item of an array", () => {
  const data = { "a/b": "slash-value", lines: [{ name: "first-name" }, { name: "second-name" }] };
  const personal = personalValues(data, ["/a~1b", "lines.name"]);
  assert.equal(personal.maskText("slash-value first-name second-name"), "[personal] [personal] [personal]");
});

test("a field that holds an object makes everything in it personal", () => {
  const personal = personalValues({ address: { street: "Long Lane", rooms: ["attic"] } }, ["address"]);
  assert.equal(personal.maskText("Long Lane, attic"), "[personal], [personal]");
});

test("short values and numbers are masked only where they stand alone", () => {
  const personal = personalValues({ initials: "al", age: 36 }, ["initials", "age"]);
  assert.equal(personal.maskText("al is 36, total 1369, also"), "[personal] is [personal], total 1369, also");
  assert.deepEqual(personal.maskJson({ years: 36, total: 1369 }), { years: "[personal]", total: 1369 });
});

test("a value that contains another is masked whole", () => {
  const personal = personalValues({ first: "Anna", full: "Anna Bell" }, ["first", "full"]);
  assert.equal(personal.maskText("Anna Bell, Anna"), "[personal], [personal]");
});

test("signs that mean something in an expression are taken literally", () => {
  const personal = personalValues({ note: "a.b*(c)[d]$|\\/{1}" }, ["note"]);
  assert.equal(personal.maskText("x a.b*(c)[d]$|\\/{1} y aXbb"), "x [personal] y aXbb");
});

test("whatever stands under the name of a personal field is masked, also where a value cannot be searched for", () => {
  const personal = personalValues({ vip: true }, ["vip"]);
  assert.deepEqual(personal.maskJson({ order: { vip: true, paid: true } }), { order: { vip: "[personal]", paid: true } });
});

test("a contract without personal fields has nothing to mask", () => {
  assert.equal(personalValues({ a: 1 }, []).isEmpty, true);
});

test("data without the field, or that is no object, has nothing to find", () => {
  for (const data of [{}, null, "text", 7]) assert.equal(personalValues(data, ["email"]).maskText("text 7"), "text 7");
});
