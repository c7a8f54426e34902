import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";

/** A file of the page, as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  /** Null where it would not be smaller. */
  readonly zipped: Buffer | null;
  /** Its name changes with what is in it. */
  readonly isHashed: boolean;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
};

/**
 * A built page in memory, by the path that asks for each file. What is not in the map does not exist: no path that somebody thinks up
 * reaches the file system. Null when nothing is built there.
 */
export function readPageFiles(folder: string): ReadonlyMap<string, PageFile> | null {
  if (statSync(join(folder, "index.html"), { throwIfNoEntry: false }) === undefined) return null;
  const files = new Map<string, PageFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(folder, file).split(sep).join("/")}`;
    const body = readFileSync(file);
    const zipped = gzipSync(body, { level: 9 });
    files.set(path, {
      type,
      body,
      zipped: zipped.length < body.length ? zipped : null,
      isHashed: path.startsWith("/assets/"),
    });
  }
  return files;
}
