import { cpSync, existsSync, mkdirSync, readdirSync, readlinkSync, lstatSync, symlinkSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** What is made, not written. */
const leftOut = new Set(["node_modules", "dist", ".git", ".data", "data", ".install-lock"]);

/** Copies a repository's sources, and links what is installed. Our own packages are those of the copy. */
export function copyRepository(root: string, copy: string): void {
  // "data" is left out at the top only: it is a good name for a folder of sources.
  const isSource = (path: string): boolean =>
    relative(root, path)
      .split(sep)
      .every((name, depth) => !leftOut.has(name) || (name === "data" && depth > 0));
  cpSync(root, copy, { recursive: true, filter: isSource });
  linkInstalled(join(root, "node_modules"), join(copy, "node_modules"));
}

function linkInstalled(from: string, to: string): void {
  if (!existsSync(from)) throw new Error(`${from} does not exist; run "npm run verify" once, which installs what is missing`);
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    const source = join(from, name);
    if (lstatSync(source).isSymbolicLink()) symlinkSync(readlinkSync(source), join(to, name));
    else if (name.startsWith("@")) linkInstalled(source, join(to, name));
    else symlinkSync(source, join(to, name));
  }
}
