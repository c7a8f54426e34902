import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { plannedPoints, pointsOf } from "../../e2e/crash-points/points.ts";
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

  // What is the same on another log or store has the same name there: the driver kills services on either.
  const namesIn = (...packages: string[]): string[] =>
    sources
      .filter(({ file }) => packages.some((name) => file.startsWith(`packages/${name}/`)))
      .flatMap(({ text }) => crashPointsIn(text));
  const onSqlite = namesIn("core", "sqlite");
  const onKafka = namesIn("core", "kafka", "postgres");
  const names = [...new Set([...onSqlite, ...onKafka])];

  it("have a name of their own each", () => {
    assert.ok(names.length >= 40, `${names.length} crash points`);
    for (const place of [onSqlite, onKafka])
      assert.deepEqual(
        place.filter((name, index) => place.indexOf(name) !== index),
        [],
      );
  });

  it("are all hit by the crash driver, which knows no others", () => {
    const planned = (place: "sqlite" | "kafka"): string[] => pointsOf(place).map(({ name }) => name);
    assert.deepEqual(planned("sqlite").toSorted(), onSqlite.toSorted());
    assert.deepEqual(planned("kafka").toSorted(), onKafka.toSorted());
    assert.equal(new Set(plannedPoints.map(({ name }) => name)).size, plannedPoints.length);
  });

  it("each have their reason in the decision record", () => {
    const record = filesMatching(["docs/decisions/*-crash-points.md"]).map((file) => readFileSync(join(root, file), "utf8"));
    const rows = [...record.join().matchAll(/^\| `([a-z.-]+)` +\| \S/gm)].map(([, name]) => name);
    assert.deepEqual(rows.toSorted(), names.toSorted());
  });
});
