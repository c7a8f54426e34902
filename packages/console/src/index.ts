import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * The folder of the built page, for whoever serves it; null when it is not built, which happens only in the repository
 * (`npm run build` builds it).
 */
export function pageFolder(): string | null {
  // Beside this module where it is published; in dist where it runs from source.
  const folders = [join(import.meta.dirname, "page"), join(import.meta.dirname, "..", "dist", "page")];
  return folders.find((folder) => existsSync(join(folder, "index.html"))) ?? null;
}
