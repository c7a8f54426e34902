import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// The guide's code needs a generated client, which only this package has.
test("what the guide shows for Prisma is the example that is compiled here", () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
  const shown = read("../../../docs/guide/orms.md").split("```typescript\n")[1]?.split("```")[0];
  assert.equal(shown, read("./prisma/example.ts"));
});
