import assert from "node:assert/strict";
import { test } from "node:test";
import { inBuildOrder } from "./build-package.ts";

const workspace = (name: string, ...dependencies: string[]) => ({
  folder: `packages/${name}`,
  name,
  dependencies,
  devDependencies: [],
});

test("a package is built after those it depends on", () => {
  const order = inBuildOrder([workspace("cli", "sqlite", "core"), workspace("sqlite", "core", "elsewhere"), workspace("core")]);
  assert.deepEqual(
    order.map(({ name }) => name),
    ["core", "sqlite", "cli"],
  );
});

test("packages that need each other are refused", () => {
  assert.throws(() => inBuildOrder([workspace("a", "b"), workspace("b", "a")]), /a → b → a/);
});
