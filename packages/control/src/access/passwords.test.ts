import assert from "node:assert/strict";
import { test } from "node:test";
import { passwordCost, passwordProblem, Passwords } from "./passwords.ts";

const cheap = { n: 64, r: 8, p: 1 };

test("a password is verified by its hash, which holds its own parameters and a salt of its own", async () => {
  const passwords = new Passwords(cheap);
  const [one, two] = [await passwords.hash("correct horse battery"), await passwords.hash("correct horse battery")];
  assert.notEqual(one, two);
  assert.ok(await passwords.verify("correct horse battery", one));
  assert.ok(!(await passwords.verify("correct horse batterz", one)));
  const dearer = new Passwords({ n: 128, r: 8, p: 1 });
  assert.ok(await dearer.verify("correct horse battery", one));
  assert.ok(dearer.isDated(one));
  assert.ok(!passwords.isDated(one));
});

test("the default cost is what OWASP asks for: N=2^15, r=8, p=3 or dearer", async () => {
  assert.ok(passwordCost.n * passwordCost.r * passwordCost.p >= 2 ** 15 * 8 * 3);
  assert.match(await new Passwords().hash("correct horse battery"), /^scrypt\$n=32768,r=8,p=3\$/);
});

test("a password counts however its letters were typed", async () => {
  const passwords = new Passwords(cheap);
  const hash = await passwords.hash("Zürich im Regen".normalize("NFD"));
  assert.ok(await passwords.verify("Zürich im Regen".normalize("NFC"), hash));
});

test("nobody gets in by a hash that is none, or by a user who is not there", async () => {
  const passwords = new Passwords(cheap);
  for (const hash of [null, "", "scrypt$", "scrypt$n=64,r=8,p=1$$", "plain"])
    assert.equal(await passwords.verify("", hash), false, String(hash));
});

test("a user who is not there takes as long as a wrong password", async () => {
  const passwords = new Passwords({ n: 4_096, r: 8, p: 1 });
  const hash = await passwords.hash("correct horse battery");
  await passwords.verify("warm", null);
  const times: Record<"there" | "away", number[]> = { there: [], away: [] };
  for (let round = 0; round < 15; round++)
    for (const [kind, kept] of [
      ["there", hash],
      ["away", null],
    ] as const) {
      const from = performance.now();
      await passwords.verify("wrong horse battery", kept);
      times[kind].push(performance.now() - from);
    }
  const median = (all: number[]): number => all.toSorted((a, b) => a - b)[7]!;
  const ratio = median(times.there) / median(times.away);
  assert.ok(ratio > 0.5 && ratio < 2, `ratio ${ratio.toFixed(2)}`);
});

test("hashes are made two at a time, and beyond thirty that wait the next is refused", async () => {
  const passwords = new Passwords(cheap);
  const results = await Promise.allSettled(Array.from({ length: 40 }, () => passwords.hash("correct horse battery")));
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 32);
  const codes = results.map((result) => (result.status === "rejected" ? (result.reason as { code?: string }).code : ""));
  assert.equal(codes.filter((code) => code === "ACCESS_BUSY").length, 8);
  assert.match(await passwords.hash("correct horse battery"), /^scrypt/);
});

test("a password that is short, repeats itself or names its user will not do", () => {
  assert.equal(passwordProblem("correct horse battery", "ada"), null);
  assert.match(passwordProblem("short", "ada")!, /fewer than 12/);
  assert.match(passwordProblem("a".repeat(300), "ada")!, /more than 256/);
  assert.match(passwordProblem("abababababab", "ada")!, /repeats/);
  assert.match(passwordProblem("Lovelace-1815", "lovelace")!, /user's name/);
});
