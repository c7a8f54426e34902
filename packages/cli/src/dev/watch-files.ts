import { watch } from "node:fs";
import { relative, resolve, sep } from "node:path";
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
  const watcher = watch(folder, { recursive: true }, (_, name) => {
    if (name === null || !source.test(name) || name.split(sep).some((part) => part.startsWith(".") || passedOver.has(part)))
      return;
    for (const service of ownersOf(folder, name, services)) waiting.add(service);
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => {
      const changed = [...waiting];
      waiting.clear();
      onChange(changed, name);
    }, quietMs);
  });
  return {
    close() {
      if (timer !== null) clearTimeout(timer);
      watcher.close();
    },
  };
}

/** The services that a changed file, given relative to the folder, belongs to. */
export function ownersOf(folder: string, name: string, services: readonly ServiceFile[]): readonly ServiceFile[] {
  const path = resolve(folder, name);
  const own = services.filter((service) =>
    service.folder === null ? path === resolve(service.file) : !relative(resolve(service.folder), path).startsWith(".."),
  );
  return own.length > 0 ? own : services;
}
