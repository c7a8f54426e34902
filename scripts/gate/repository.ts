import { globSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The files that match any of the patterns, relative to `from` with forward slashes, sorted; never those of dependencies or builds. */
export function filesMatching(patterns: readonly string[], from: string = root): string[] {
  const isForeign = (name: string): boolean => name === "node_modules" || name === "dist" || name === ".data";
  const found = globSync([...patterns], { cwd: from, exclude: isForeign });
  return [...new Set(found.map((file) => file.split(sep).join("/")))].sort();
}

/** A tool of node_modules/.bin. */
export function tool(name: string): string {
  return join(root, "node_modules", ".bin", name);
}
