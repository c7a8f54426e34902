import { readdirSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { ServiceFile } from "./find-services.ts";

const everyMs = 400;
const passedOver = new Set(["node_modules", "dist", "data"]);
const source = /\.(ts|mts|js|mjs|cjs|json|sql)$/;

/**
 * Watches a folder of services and says which of them changed files belong to: a file in a service's folder to that service,
 * any other (shared code) to all. Data, builds and dependencies are passed over. It looks at the files' times, every 400 ms:
 * the system's own notices lose a file that an editor saves by renaming another one over it.
 */
export function watchFiles(
  folder: string,
  services: readonly ServiceFile[],
  onChange: (changed: readonly ServiceFile[], file: string) => void,
): { close(): void } {
  let seen = fileTimes(folder);
  const timer = setInterval(() => {
    const now = fileTimes(folder);
    const changed = [...new Set([...seen.keys(), ...now.keys()])].filter((name) => seen.get(name) !== now.get(name));
    seen = now;
    const first = changed[0];
    if (first !== undefined) onChange([...new Set(changed.flatMap((name) => ownersOf(folder, name, services)))], first);
  }, everyMs);
  return { close: () => clearInterval(timer) };
}

/** When each source file in a folder was last written, by its name relative to the folder. */
function fileTimes(folder: string, inside = "", times = new Map<string, number>()): Map<string, number> {
  for (const entry of entriesOf(join(folder, inside))) {
    if (entry.name.startsWith(".") || passedOver.has(entry.name)) continue;
    const name = join(inside, entry.name);
    if (entry.isDirectory()) fileTimes(folder, name, times);
    else if (source.test(entry.name)) times.set(name, statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0);
  }
  return times;
}

/** What is gone between two looks has no entries. */
function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** The services that a changed file, given relative to the folder, belongs to. */
export function ownersOf(folder: string, name: string, services: readonly ServiceFile[]): readonly ServiceFile[] {
  const path = resolve(folder, name);
  const own = services.filter((service) =>
    service.folder === null ? path === resolve(service.file) : !relative(resolve(service.folder), path).startsWith(".."),
  );
  return own.length > 0 ? own : services;
}
