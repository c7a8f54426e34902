import type { Address, Secret } from "./config-schema.ts";

/** Where a configuration's secrets come from. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a text; rejects where there is none. */
  readonly readFile: (path: string) => Promise<string>;
}

/** Looks up what stands elsewhere, and notes what is not there. No problem of it names a value. */
export class Secrets {
  readonly #sources: SecretSources;
  readonly #problem: (pointer: string, what: string) => void;

  constructor(sources: SecretSources, problem: (pointer: string, what: string) => void) {
    this.#sources = sources;
    this.#problem = problem;
  }

  /** Null where it is not there, which is noted. */
  async resolve(pointer: string, place: Secret | Address): Promise<string | null> {
    if (typeof place === "string") return place;
    if ("file" in place) return this.#file(pointer, place.file, `the file ${place.file}`);
    const value = this.#sources.env[place.env];
    if (value !== undefined && value !== "") return value;
    const file = this.#sources.env[`${place.env}_FILE`];
    if (file !== undefined && file !== "") return this.#file(pointer, file, `the file that ${place.env}_FILE names (${file})`);
    this.#problem(pointer, `neither ${place.env} nor ${place.env}_FILE is set`);
    return null;
  }

  refuse(pointer: string, what: string): void {
    this.#problem(pointer, what);
  }

  async #file(pointer: string, path: string, named: string): Promise<string | null> {
    try {
      // A file that an editor or `echo` wrote ends with a line break.
      const text = (await this.#sources.readFile(path)).trim();
      if (text !== "") return text;
      this.#problem(pointer, `${named} is empty`);
    } catch (error) {
      this.#problem(pointer, `${named} cannot be read: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`);
    }
    return null;
  }
}

/** Whether an address has a password in it where everybody reads it. */
export const holdsPassword = (address: Address): boolean =>
  typeof address === "string" && URL.canParse(address) && new URL(address).password !== "";

export const passwordElsewhere = 'it holds a password, which belongs elsewhere: give {"env": "NAME"} or {"file": "path"}';
