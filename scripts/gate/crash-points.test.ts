import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { plannedPoints } from "../../e2e/crash-points/points.ts";
import { crashPointsIn, holdsCrashPoints, withoutCrashPoints } from "./crash-points.ts";
import { filesMatching, root } from "./repository.ts";

const source = `import { crashPoint } from "../crash/index.ts";
import { coreError, crashPoint, type Store } from "throughline/seams";
export { coreError } from "./errors.ts";
await commit();
    crashPoint("lane.after-commit");
this.offset = to;
`;

describe("what is published", () => {
  it("holds no crash point, and each other line at its place", () => {
    assert.deepEqual(withoutCrashPoints(source).split("\n"), [
      "",
      'import { coreError, type Store } from "throughline/seams";',
      'export { coreError } from "./errors.ts";',
      "await commit();",
      "",
      "this.offset = to;",
      "",
    ]);
  });

  it("keeps a call that does not stand alone, and that is noticed", () => {
    assert.equal(holdsCrashPoints(withoutCrashPoints(source)), false);
    assert.equal(holdsCrashPoints(withoutCrashPoints('if (ok) crashPoint("lane.after-commit");\n')), true);
  });
});

describe("the crash points of the sources", () => {
  const files = filesMatching(["packages/*/src/**/*.ts"]).filter((file) => !file.startsWith("packages/core/src/crash/"));
  const sources = files.map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));

  it("stand alone on their lines, so that the build can remove them", () => {
    assert.deepEqual(
      sources.filter(({ text }) => holdsCrashPoints(withoutCrashPoints(text))).map(({ file }) => file),
      [],
    );
  });

  // A store on another database has the same places, under the same names: the driver kills services on either.
  const isOtherStore = (file: string): boolean => file.startsWith("packages/postgres/");
  const namesWhere = (isWanted: (file: string) => boolean): string[] =>
    sources.filter(({ file }) => isWanted(file)).flatMap(({ text }) => crashPointsIn(text));
  const names = namesWhere((file) => !isOtherStore(file));

  it("have a name of their own each", () => {
    assert.ok(names.length >= 40, `${names.length} crash points`);
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
    const ofStore = names.filter((name) => name.startsWith("store."));
    assert.deepEqual(namesWhere(isOtherStore).toSorted(), ofStore.toSorted());
  });

  it("are all hit by the crash driver, which knows no others", () => {
    assert.deepEqual(plannedPoints.map(({ name }) => name).toSorted(), names.toSorted());
  });

  it("each have their reason in the decision record", () => {
    const record = filesMatching(["docs/decisions/*-crash-points.md"]).map((file) => readFileSync(join(root, file), "utf8"));
    const rows = [...record.join().matchAll(/^\| `([a-z.-]+)` +\| \S/gm)].map(([, name]) => name);
    assert.deepEqual(rows.toSorted(), names.toSorted());
  });
});
