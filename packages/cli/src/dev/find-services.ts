import { readdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { cliError } from "../cli-errors.ts";

/** A service that `dev` can run. */
export interface ServiceFile {
  readonly name: string;
  readonly file: string;
  /** The folder whose files are this service's own; null for a single file. */
  readonly folder: string | null;
}

/** The rule, in words: `findServices` follows it. */
export const serviceRule =
  "a folder with a main.ts, main.js or main.mjs in it, or a file that ends in .service.ts, .service.js or .service.mjs";

const mains = ["main.ts", "main.js", "main.mjs"];
const serviceFile = /^(.+)\.service\.(ts|js|mjs)$/;

/**
 * Finds the services directly in a folder, by name; a folder that is itself one service is that service. `node_modules` and names that begin with a dot are passed over.
 * Throws `CLI_NO_SERVICES` and `CLI_SERVICE_TWICE`.
 */
export async function findServices(folder: string): Promise<ServiceFile[]> {
  const found: ServiceFile[] = [];
  for (const entry of await entriesOf(folder)) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    const single = entry.isFile() ? serviceFile.exec(entry.name) : null;
    if (single !== null) found.push({ name: single[1]!, file: path, folder: null });
    if (!entry.isDirectory()) continue;
    const inside = new Set((await readdir(path)).values());
    const main = mains.find((name) => inside.has(name));
    if (main !== undefined) found.push({ name: basename(path), file: join(path, main), folder: path });
  }
  // The folder of one service, given itself.
  const main = mains.find((name) => existsSync(join(folder, name)));
  if (found.length === 0 && main !== undefined) return [{ name: basename(resolve(folder)), file: join(folder, main), folder }];
  if (found.length === 0) throw cliError("CLI_NO_SERVICES", { folder, rule: serviceRule });
  for (const { name } of found) {
    const files = found.filter((service) => service.name === name).map(({ file }) => file);
    if (files.length > 1) throw cliError("CLI_SERVICE_TWICE", { service: name, files });
  }
  return found.toSorted((a, b) => a.name.localeCompare(b.name));
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    throw cliError("CLI_NO_SERVICES", { folder, rule: serviceRule });
  }
}
