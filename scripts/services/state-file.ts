import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { root } from "../gate/repository.ts";

/** What runs, by the part's name. Whoever wants to use it reads it here; `npm run services -- status` shows it. */
export const stateFile = join(root, ".data", "services.json");

export type ServicesState = Readonly<Record<string, unknown>>;

/** Empty when nothing was brought up. */
export async function readState(): Promise<ServicesState> {
  const text = await readFile(stateFile, "utf8").catch(() => "{}");
  return JSON.parse(text) as ServicesState;
}

export async function writeState(state: ServicesState): Promise<void> {
  if (Object.keys(state).length === 0) return rm(stateFile, { force: true });
  await mkdir(dirname(stateFile), { recursive: true });
  await writeFile(stateFile, `${JSON.stringify(state, null, 2)}\n`);
}
