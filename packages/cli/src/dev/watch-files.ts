import { readdirSync, watch } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import type { ServiceFile } from "./find-services.ts";

const quietMs = 200;
const passedOver = new Set(["node_modules", "dist", "data"]);
const source = /\.(ts|mts|js|mjs|cjs|json|sql)$/;

/**
 * Watches a folder of services and says which of them changed files belong to: a file in a service's folder to that service,
 * any other (shared code) to all. Changes within 200 ms are told together. Data, builds and dependencies are passed over.
 */
export function watchFiles(
  folder: string,
  services: readonly ServiceFile[],
  onChange: (changed: readonly ServiceFile[], file: string) => void,
): { close(): void } {
  const waiting = new Set<ServiceFile>();
  let timer: NodeJS.Timeout | null = null;
  const onEvent = (name: string): void => {
    if (!source.test(name) || name.split(sep).some(isPassedOver)) return;
    for (const service of ownersOf(folder, name, services)) waiting.add(service);
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => {
      const changed = [...waiting];
      waiting.clear();
      onChange(changed, name);
    }, quietMs);
  };
  // Each folder by itself, for a recursive watch of all would follow every write to the databases and dependencies, too.
  const watchers = [watch(folder, (_, name) => name !== null && onEvent(name))];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || isPassedOver(entry.name)) continue;
    const inside = join(folder, entry.name);
    watchers.push(watch(inside, { recursive: true }, (_, name) => name !== null && onEvent(join(entry.name, name))));
  }
  return {
    close() {
      if (timer !== null) clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

const isPassedOver = (name: string): boolean => name.startsWith(".") || passedOver.has(name);

/** The services that a changed file, given relative to the folder, belongs to. */
export function ownersOf(folder: string, name: string, services: readonly ServiceFile[]): readonly ServiceFile[] {
  const path = resolve(folder, name);
  const own = services.filter((service) =>
    service.folder === null ? path === resolve(service.file) : !relative(resolve(service.folder), path).startsWith(".."),
  );
  return own.length > 0 ? own : services;
}
