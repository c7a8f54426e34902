import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mirrorOfCentral } from "./maven-jars.ts";

const settings = (...mirrors: string[]): string => `<settings><mirrors>${mirrors.join("\n")}</mirrors></settings>`;
const mirror = (of: string, url: string): string => `<mirror><id>m</id><mirrorOf>${of}</mirrorOf><url> ${url} </url></mirror>`;

describe("mirrorOfCentral", () => {
  for (const whose of ["central", "*", "external:*", "other, central"])
    it(`takes a mirror of ${whose}`, () =>
      assert.equal(mirrorOfCentral(settings(mirror(whose, "https://m.test/"))), "https://m.test/"));

  for (const whose of ["other", "external:http:*", "*,!central"])
    it(`leaves a mirror of ${whose}`, () => assert.equal(mirrorOfCentral(settings(mirror(whose, "https://m.test/"))), null));

  it("leaves what is commented out", () => {
    assert.equal(
      mirrorOfCentral(settings(`<!-- ${mirror("*", "https://a.test")} -->`, mirror("*", "https://b.test"))),
      "https://b.test",
    );
  });

  it("knows none in no settings", () => assert.equal(mirrorOfCentral(""), null));
});
