import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesMatching, root, tool } from "./repository.ts";

const consoleFolder = "packages/console";

/** Whether a package has a page for browsers beside what Node loads. */
export const hasPage = (folder: string): boolean => existsSync(join(root, folder, "page", "index.html"));

/**
 * Bundles a package's page into `dist/page`.
 * @returns What Vite complains of; empty when all is well.
 */
export function buildPage(folder: string): string {
  const page = join(root, folder, "dist", "page");
  // Beside it, so that whoever serves the page never finds half of one.
  const made = `${page}-${process.pid}`;
  const args = ["build", "--logLevel", "error", "--outDir", made, "--emptyOutDir"];
  const built = spawnSync(tool("vite"), args, { cwd: join(root, folder), encoding: "utf8" });
  if (built.status !== 0) return `${built.stdout}${built.stderr}`.trim() || String(built.error);
  rmSync(page, { recursive: true, force: true });
  renameSync(made, page);
  writeFileSync(stampOf(folder), sourcesOf(folder));
  return "";
}

/**
 * Builds the console's page unless it is built from what stands there now.
 * @throws when it does not build.
 */
export function ensurePage(): void {
  const stamp = stampOf(consoleFolder);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sourcesOf(consoleFolder)) return;
  mkdirSync(join(root, consoleFolder, "dist"), { recursive: true });
  rmSync(stamp, { force: true });
  const complaints = buildPage(consoleFolder);
  if (complaints !== "") throw new Error(`the console's page does not build:\n${complaints}`);
}

const stampOf = (folder: string): string => join(root, folder, "dist", "page-sources");

/** A hash of all that the page is built from: its files, and the versions of what it imports. */
function sourcesOf(folder: string): string {
  const hash = createHash("sha256");
  const files = filesMatching(["page/**/*.*", "vite.config.ts", "package.json"], join(root, folder)).toSorted();
  for (const file of [...files.map((name) => join(folder, name)), "package-lock.json"])
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  return hash.digest("hex");
}
